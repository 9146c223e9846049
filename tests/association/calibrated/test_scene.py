import numpy as np
import pytest

from siamlink.association.calibrated.scene import end_rows, end_steps, make_scene, pairs_within, track_numbers
from siamlink.detectors.detections import Detections


def boxes(frames: list[int], box: list[list[float]] | None = None) -> Detections:
    count = len(frames)
    return Detections(frames, box or [[0, 0, 10, 10]] * count, np.ones(count), np.zeros(count, int))


@pytest.mark.parametrize(
    ("frames", "stride", "steps"), [([1, 6, 11, 26], 5, [0, 1, 2, 5]), ([3, 5, 6], 1, [0, 2, 3]), ([7, 7], 1, [0, 0])]
)
def test_the_step_is_the_common_divisor_of_frame_distances(frames: list[int], stride: int, steps: list[int]) -> None:
    scene = make_scene(boxes(frames))
    assert scene.stride == stride
    assert scene.step.tolist() == steps


def test_processed_frames_can_be_given() -> None:
    scene = make_scene(boxes([1, 9, 17]), processed_frames=np.arange(1, 20, 4))
    assert (scene.stride, scene.step.tolist()) == (4, [0, 2, 4])
    scene = make_scene(boxes([1, 9, 17]), processed_frames=np.array([1, 4, 9, 10, 17]))
    assert (scene.stride, scene.step.tolist()) == (1, [0, 8, 16])


def test_pairs_are_all_within_the_limits() -> None:
    rng = np.random.default_rng(0)
    earlier, later = np.sort(rng.integers(0, 20, 30)), np.sort(rng.integers(0, 20, 40))
    pairs = {*zip(*(column.tolist() for column in pairs_within(earlier, later, 2, 5)), strict=True)}
    gap = later[None] - earlier[:, None]
    assert pairs == {*zip(*(column.tolist() for column in np.nonzero((gap >= 2) & (gap <= 5))), strict=True)}


def test_cover_is_the_largest_part_under_another_box() -> None:
    scene = make_scene(boxes([1, 1, 1, 2], [[0, 0, 10, 10], [5, 0, 15, 10], [100, 0, 110, 10], [0, 0, 10, 10]]))
    assert scene.cover.tolist() == pytest.approx([0.5, 0.5, 0, 0])


def test_tracks_are_numbered_by_their_first_detections() -> None:
    assert track_numbers(np.array([-1, 3, -1, 4, -1])).tolist() == [0, 1, 2, 1, 1]


def test_ends_of_tracks() -> None:
    number, step = np.array([0, 1, 0, 1, 0]), np.array([0, 0, 2, 3, 7])
    first, last = end_rows(number)
    assert (first.tolist(), last.tolist()) == ([0, 1], [4, 3])
    begin, end = end_steps(number, step, 3)
    assert (begin[:2].tolist(), end.tolist()) == ([0, 0], [7, 3, -1])
    assert begin[2] > 7
