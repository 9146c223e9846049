"""A scene whose people are painted in grey values of their own, and a matcher that has learned to see them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.association.appearance.appearance import AppearanceGate, Appearances, ComparedPairs
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import Constraints
from siamlink.association.training.link_training import LinkExample, TrainingParameters, add_appearance
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import Scene, crossing
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

SIDE = 40
"""Grey values between two people."""


class Grey:
    """Describes a box by the grey in its middle; two boxes are alike if it is the same."""

    feature_names = ("likeness",)

    def __init__(self) -> None:
        self.described = 0

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        self.described += len(box)
        x, y = ((box[:, axis] + box[:, axis + 2]) / 2 for axis in (0, 1))
        rows = np.clip(y.astype(int), 0, image.shape[0] - 1)
        return image[rows, np.clip(x.astype(int), 0, image.shape[1] - 1), :1].astype(np.float32)

    def compare(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        return (np.abs(earlier - later) < SIDE / 2).astype(np.float32)


@dataclass(frozen=True)
class Painted:
    """The scene as a MOT sequence of images, with what there is to see in it.

    Attributes:
        scene: the people.
        folder: the sequence; `det/det.txt` lies in it.
        grey: the appearance that sees.
        matcher: trained with it.
    """

    scene: Scene
    folder: Path
    grey: Grey
    matcher: Matcher


@pytest.fixture(scope="session")
def seeing(matcher: Matcher, examples: list[LinkExample]) -> Callable[[Grey], Matcher]:
    """The matcher with an appearance that tells people apart nearly always."""
    random, shown = np.random.default_rng(0), []
    for example in examples:
        identity, pairs = example.identity, example.pairs
        same = (identity[pairs.earlier] == identity[pairs.later]) & (identity[pairs.earlier] >= 0)
        likeness = np.where(random.random(len(pairs)) < 0.02, ~same, same).astype(np.float32)[:, None]
        shown.append(replace(example, compared=ComparedPairs(np.arange(len(pairs)), (likeness,))))
    few = TrainingParameters(
        appearance_rounds=60, appearance_depth=5, learning_rate=0.1, column_share=0.8, min_leaf_weight=1
    )
    wide = AppearanceGate(low=0.001, high=0.999)
    named = Appearances([LoadedAppearance("grey", "grey", Grey())])
    trained = add_appearance(matcher, named, wide, shown, few)

    def made(grey: Grey) -> Matcher:
        return replace(trained, appearance=Appearances([LoadedAppearance("grey", "grey", grey)]))

    return made


@pytest.fixture
def painted(seeing: Callable[[Grey], Matcher], painted_folder: tuple[Scene, Path]) -> Painted:
    grey = Grey()
    return Painted(*painted_folder, grey, seeing(grey))


@pytest.fixture(scope="session")
def painted_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, Path]:
    from siamlink.detectors.mot.text import format_rows

    scene = crossing(frame_count=60)
    folder = tmp_path_factory.mktemp("painted") / "Painted"
    for part in ("img1", "det"):
        (folder / part).mkdir(parents=True)
    (folder / "seqinfo.ini").write_text("[Sequence]\nframeRate=30\nseqLength=60\n")
    (folder / "det" / "det.txt").write_text(format_rows(scene.detections()))
    truth = scene.truth()
    for frame in range(1, scene.frame_count + 1):
        image, people = np.zeros((scene.height, scene.width, 3), np.uint8), truth.in_frame(frame)
        for (x1, y1, x2, y2), person in zip(people.box.round().astype(int), people.track_id, strict=True):
            image[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)] = SIDE * person
        cv2.imwrite(str(folder / "img1" / f"{frame:06d}.png"), image)
    return scene, folder


@pytest.fixture(scope="session")
def link_detections() -> Callable[..., Tracks]:
    """Link the detections of a sequence offline, by geometry alone."""

    def linked(
        detections: Detections,
        frame_rate: float,
        matcher: Matcher,
        parameters: TrackerParameters,
        stopwatch: Stopwatch | None = None,
        constraints: Constraints = (),
    ) -> Tracks:
        setup = TrackerSetup(frame_rate, parameters, matcher, stopwatch=stopwatch or Stopwatch())
        tracker = LinearProgramTracker(setup, constraints=constraints)
        return Tracks.concatenate([*tracker.update_many(detections), tracker.finish()])

    return linked


@pytest.fixture(scope="session")
def two_levels() -> Matcher:
    """The models shipped with siamlink, without an appearance."""
    return Matcher.load(levels=2)
