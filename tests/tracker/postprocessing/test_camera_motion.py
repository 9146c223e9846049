"""The camera's motion: what is seen of it in frames, and what becomes of boxes where it moves."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import format_rows
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.parameter_groups import GapParameters
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.postprocessing.camera_motion import CameraMotion, camera_for
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input

RATE, FRAMES, WIDTH, HEIGHT = 30, 60, 320, 240


@pytest.fixture(scope="module")
def world() -> np.ndarray:
    """Blobs of all sizes, larger than a frame by 100 pixels on each side."""
    noise = np.random.default_rng(0).random((HEIGHT + 200, WIDTH + 200)).astype(np.float32)
    blurred = sum(cv2.GaussianBlur(noise, None, sigma) * sigma for sigma in (1, 3, 9))
    return cv2.cvtColor(cv2.normalize(blurred, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def view(world: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """What is seen when the background stands `offset` x, y pixels right and down."""
    x, y = 100 - np.asarray(offset, int)
    return world[y : y + HEIGHT, x : x + WIDTH].copy()


def watched(world: np.ndarray, offsets: np.ndarray, rate: float = RATE) -> CameraMotion:
    camera = CameraMotion(rate, Stopwatch())
    for number, offset in enumerate(offsets, 1):
        camera.see(number, view(world, offset), np.zeros((0, 4), np.float32))
    return camera


def shifts(camera: CameraMotion, *frames: int) -> np.ndarray:
    return camera.shift(np.array(frames), np.full((len(frames), 2), 100.0))


def test_the_motion_of_a_slow_video_is_estimated_in_every_other_frame(world):
    camera = watched(world, np.array([[0, 0], [40, 40], [6, -2], [30, -30], [0, 2]]), rate=10)
    assert shifts(camera, 1, 2, 3, 4) == pytest.approx(np.array([[3, -1], [3, -1], [-3, 2], [-3, 2]]), abs=0.3)


def test_between_two_estimates_the_camera_moves_uniformly(world):
    camera = watched(world, np.array([[0, 0], [20, 20], [-9, 9], [6, -3], [0, 0]]))
    assert shifts(camera, 1, 2, 3) == pytest.approx(np.array([[2, -1]] * 3), abs=0.3)


def test_without_an_estimate_nothing_moves(world):
    camera = CameraMotion(RATE, Stopwatch())
    assert (shifts(camera, 1, 9) == 0).all()
    camera.see(10, view(world, [0, 0]), np.zeros((0, 4)))
    camera.see(13, view(world, [6, 0]), np.zeros((0, 4)))
    assert (shifts(camera, 1, 9, 13, 14) == 0).all()
    assert shifts(camera, 10, 12)[:, 0] == pytest.approx([2, 2], abs=0.2)


def test_what_is_detected_may_move_on_its_own(world):
    box = np.array([[100, 10, 220, 230]], np.float32)
    frames = [Frame(1 + 3 * step, 0.0, view(world, [step, 0])) for step in (0, 1)]
    frames[1].image[10:230, 100:220] = view(world, [9, 9])[10:230, 100:220]
    camera = CameraMotion(RATE, Stopwatch())  # looks at every third frame
    found = Detections(np.array([1, 4]), np.repeat(box, 2, axis=0), np.ones(2), np.zeros(2))
    assert [frame.number for frame in camera.following(frames, found)] == [1, 4]
    assert shifts(camera, 2) == pytest.approx(np.array([[1 / 3, 0]]), abs=0.1)


def test_forgetting_the_past_leaves_the_rest(world):
    offsets = np.cumsum(np.random.default_rng(1).integers(-6, 7, (12, 2)), axis=0)
    camera, whole = (watched(world, offsets, rate=10) for _ in range(2))
    camera.forget_before(7)
    np.testing.assert_array_equal(shifts(camera, 7, 8, 11), shifts(whole, 7, 8, 11))
    assert len(camera._frame) == len(camera._step) == 3
    camera.forget_before(1)
    camera.forget_before(99)
    assert len(camera._frame) == 1


class Blind:
    """Describes all boxes alike."""

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return np.ones((len(box), 4))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher.load(levels=2)


@pytest.fixture(scope="module")
def seeing(matcher: Matcher) -> Matcher:
    return replace(matcher, appearance=Appearances([LoadedAppearance("blind", "blind", Blind())]))


def test_the_camera_is_followed_only_with_an_appearance_and_smoothing(matcher, seeing):
    assert camera_for(seeing, GapParameters(), RATE, Stopwatch())
    assert camera_for(matcher, GapParameters(), RATE, Stopwatch()) is None
    for off in ("smooth", "camera"):
        assert camera_for(seeing, GapParameters(**{off: False}), RATE, Stopwatch()) is None


@pytest.fixture(scope="module")
def shaken(world, tmp_path_factory) -> tuple[Path, np.ndarray]:
    """A video by a camera that swings, of two people, one of them not detected for a while; and where they are."""
    folder = tmp_path_factory.mktemp("shaken") / "Shaken"
    for part in ("img1", "det"):
        (folder / part).mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nframeRate={RATE}\nseqLength={FRAMES}\n")
    number = np.arange(FRAMES)
    offset = np.column_stack([15 * np.sin(number / 3), 10 * np.cos(number / 3)]).round()
    for index in range(FRAMES):
        cv2.imwrite(str(folder / "img1" / f"{index + 1:06d}.png"), view(world, offset[index]))
    left = np.column_stack([60 + 2.0 * number, 240 - 2.0 * number])[..., None]
    corner = np.concatenate([left, np.broadcast_to([[[20.0], [130.0]]], left.shape)], axis=2) + offset[:, None]
    box = np.concatenate([corner, corner + (30, 80)], axis=2)
    frame, person = np.nonzero(np.stack([number >= 0, (number < 25) | (number > 40)], axis=1))
    found = Detections(frame + 1, box[frame, person], np.full(len(frame), 0.9), np.zeros(len(frame)))
    (folder / "det" / "det.txt").write_text(format_rows(found))
    return folder, box


@pytest.mark.slow
def test_gaps_are_filled_along_with_a_swinging_camera_offline_and_in_a_window(shaken, seeing):
    folder, box = shaken
    texts, errors = {}, {}
    for name, parameters in {
        "offline": TrackerParameters(matching="learned"),
        "windowed": TrackerParameters(matching="learned", mode="windowed", latency_seconds=60),
        "blind": TrackerParameters(matching="learned", gaps=GapParameters(camera=False)),
    }.items():
        result = track_input(open_input(folder), TrackingOptions(parameters, matcher=seeing))
        filled = result.tracks[result.tracks.interpolated]
        assert {*range(26, 42)} <= set(filled.frame.tolist())
        texts[name] = result.tracks.to_mot_text()
        errors[name] = np.abs(filled.box - box[filled.frame - 1, 1]).max()
        assert ("camera" in result.seconds) == (name != "blind")
    assert texts["windowed"] == texts["offline"]
    assert errors["offline"] < 3
    assert errors["blind"] > 10
