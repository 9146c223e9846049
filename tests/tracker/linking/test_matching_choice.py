"""Which matching is chosen for which detections."""

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.matching_choice import choose_matching, first_frame, has_one_upright_shape
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters


def windows(ratio: float, noise: float = 0.0, count: int = 60) -> Detections:
    """Boxes of many sizes, with this height by width, and varying scores."""
    random = np.random.default_rng(0)
    width = random.uniform(20, 60, count)
    height = width * ratio * np.exp(random.normal(0, noise, count))
    left, top = random.uniform(0, 1000, count), random.uniform(0, 400, count)
    box = np.column_stack([left, top, left + width, top + height])
    return Detections(np.repeat(np.arange(1, count // 6 + 1), 6), box, random.uniform(0, 1, count), np.zeros(count))


def test_windows_of_one_upright_shape_are_recognised() -> None:
    assert has_one_upright_shape(windows(2.4))
    assert has_one_upright_shape(first_frame(windows(2.4)))


@pytest.mark.parametrize(
    "detections",
    [
        windows(2.4, noise=0.02),
        windows(0.5),
        windows(8.0),
        windows(2.4)[:2],
        Detections.empty(),
        Detections.from_boxes(1, windows(2.4).box),
    ],
    ids=["shapes differ", "wide", "thin", "too few", "none", "constant scores"],
)
def test_other_boxes_are_not(detections: Detections) -> None:
    assert not has_one_upright_shape(detections)


def test_the_first_frame_is_the_first_with_detections() -> None:
    later = windows(2.4)
    later = Detections(later.frame + 4, later.box, later.score, later.label)
    assert set(first_frame(later).frame.tolist()) == {5}
    assert len(first_frame(Detections.empty())) == 0


def choice(detections: Detections, matcher: Matcher, mode: str = "offline") -> str:
    return choose_matching(detections, TrackerSetup(30, TrackerParameters(mode=mode), matcher))  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", ["offline", "windowed", "online"])
def test_a_window_detector_is_for_trained_models(matcher: Matcher, mode: str) -> None:
    assert choice(windows(2.4), matcher, mode) == "learned"


@pytest.mark.parametrize("mode", ["offline", "windowed", "online"])
def test_exact_boxes_are_for_calibrated_costs(matcher: Matcher, mode: str) -> None:
    boxes = street(frame_count=60, seed=3).truth()
    assert choice(Detections(boxes.frame, boxes.box, boxes.score, boxes.label), matcher, mode) == "calibrated"


def test_offline_far_fewer_tracks_of_the_same_detections_decide(
    matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from siamlink.tracker.linking import matching_choice
    from siamlink.tracker.tracks import Tracks

    def tracks(count: int, length: int) -> Tracks:
        ids, frame = np.repeat(np.arange(1, count + 1), length), np.tile(np.arange(1, length + 1), count)
        boxes = Detections(frame, np.tile([0.0, 0, 10, 20], (len(ids), 1)), np.ones(len(ids)), np.zeros(len(ids)))
        return Tracks.from_detections(boxes, ids.astype(np.int32))

    results: list[Tracks] = []
    monkeypatch.setattr(matching_choice, "_tracked", lambda *_: results.pop(0))
    for learned, calibrated, expected in (
        (tracks(5, 39), tracks(10, 20), "learned"),  # 2.5 % of the detections less, half of the tracks
        (tracks(5, 30), tracks(10, 20), "calibrated"),  # a quarter of the detections less
        (tracks(9, 20), tracks(10, 20), "calibrated"),  # hardly fewer tracks
        (tracks(2, 50), tracks(4, 25), "calibrated"),  # two tracks are no evidence
    ):
        results[:] = [learned, calibrated]
        assert choice(windows(2.4, noise=0.1), matcher) == expected
