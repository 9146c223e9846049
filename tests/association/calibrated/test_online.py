"""Online tracks of clear scenes: each object has one number, from its first frame on."""

import numpy as np
import pytest

from siamlink.association.calibrated.online import WINDOW, OnlineFrame, OnlineLinker
from siamlink.detectors.detections import Detections


def crossing(frames: int = 60, step: int = 1) -> tuple[Detections, np.ndarray]:
    """Three objects, two of which pass each other, in every `step`-th frame, and their identities."""
    frame = np.repeat(np.arange(1, frames + 1, step), 3)
    identity = np.tile(np.arange(3), len(frame) // 3)
    x = np.array([100.0, 340.0, 700.0])[identity] + np.array([4.0, -4.0, 2.0])[identity] * (frame - 1)
    y = np.array([300.0, 320.0, 500.0])[identity]
    jitter = np.random.default_rng(0).normal(0, 0.4, (len(frame), 4))
    box = np.column_stack([x - 20, y - 55, x + 20, y + 55]) + jitter
    return Detections(frame, box, np.full(len(frame), 0.9), np.zeros(len(frame), int)), identity


def linked(detections: Detections, last: int, rate: float = 30.0) -> list[OnlineFrame]:
    """Every frame up to the last one."""
    linker = OnlineLinker(rate, (1280, 720))
    return [linker.update(detections.in_frame(number), number) for number in range(1, last + 1)]


@pytest.mark.parametrize("step", [1, 5])
def test_every_object_has_one_track_from_its_first_frame(step: int) -> None:
    detections, identity = crossing(60 * step if step > 1 else 60, step)
    linker = OnlineLinker(30.0, (1280, 720))
    track = np.concatenate([linker.update(new, frame).track for frame, new in detections.by_frame()])
    assert track[:3].min() > 0
    for each in range(3):
        names, counts = np.unique(track[identity == each], return_counts=True)
        assert counts.max() >= 0.97 * counts.sum(), (each, names, counts)


@pytest.mark.parametrize("rate", [1.0, 240.0])
def test_any_frame_rate(rate: float) -> None:
    detections, _ = crossing()
    track = np.concatenate([frame.track for frame in linked(detections, 60, rate)])
    assert set(track.tolist()) == {1, 2, 3}


def test_a_missed_object_is_predicted_and_found_again() -> None:
    detections, identity = crossing()
    missed = (identity == 2) & np.isin(detections.frame, (20, 28, 36, 44, 45))
    frames = linked(detections[~missed], 60)
    for number in (36, 44, 45):
        box = crossing()[0].in_frame(number).box[2]
        assert frames[number - 1].more_track.tolist() == [3]
        assert np.abs(frames[number - 1].more_box - box).max() < 6
    assert frames[45].track.tolist() == [1, 2, 3]


def test_an_object_that_has_left_is_not_predicted_for_long() -> None:
    detections, identity = crossing()
    gone = (identity == 2) & (detections.frame > 30)
    frames = linked(detections[~gone], 60)
    assert sum(len(frame.more_track) for frame in frames) <= 3


def test_boxes_are_predicted_in_frames_that_the_detector_leaves_out() -> None:
    detections, _ = crossing(90, step=3)
    frames = linked(detections, 90)
    predicted = np.array([len(frame.more_track) for frame in frames])
    processed = np.isin(np.arange(1, 91), detections.frame)
    assert not predicted[processed].any()
    assert (predicted[~processed][10:] == 3).mean() > 0.9
    assert frames[88].more_track.tolist() == [1, 2, 3]
    assert np.abs(frames[88].more_box - crossing(90)[0].in_frame(89).box).max() < 8


def test_frames_without_detections_are_no_error() -> None:
    linker = OnlineLinker(30.0)
    detections, _ = crossing(10)
    assert len(linker.update(Detections.empty(), 1).track) == 0
    for frame in range(2, 120):
        result = linker.update(detections.in_frame(frame), frame)
    assert (len(result.track), len(result.more_track), linker.has_open_tracks) == (0, 0, False)


def test_the_same_input_gives_the_same_tracks() -> None:
    detections, _ = crossing()
    first, second = (np.concatenate([frame.track for frame in linked(detections, 60)]) for _ in range(2))
    assert first.tolist() == second.tolist()


def test_memory_does_not_grow_with_the_number_of_frames() -> None:
    linker = OnlineLinker(30.0, (1280, 720))
    random = np.random.default_rng(0)
    for frame in range(1, 401):
        centre = random.uniform(0, 700, (4, 2))  # false alarms only
        box = np.hstack([centre, centre + 40])
        linker.update(Detections.from_boxes(frame, box, random.uniform(0, 0.3, 4)), frame)
    assert len(linker._window) <= WINDOW + 1
    assert len(linker._tracks) <= 4 * (WINDOW + 1)
