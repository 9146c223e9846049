import numpy as np

from siamlink.association.calibrated.interpolation import (
    NO_COUNTS,
    OcclusionCounts,
    count_occlusions,
    interpolated_steps,
)
from siamlink.association.calibrated.scene import make_scene
from siamlink.association.calibrated.smoothing import Gaps
from siamlink.detectors.detections import Detections


def interpolated(
    spread: float, later: int = 3, is_output: bool = True, past: OcclusionCounts = NO_COUNTS
) -> list[bool]:
    """Whether the single gap of a track is interpolated; the track has detections in frames 1 and `later`."""
    scene = make_scene(Detections([1, 1, 2, later], [[0, 0, 10, 10], [90, 90, 99, 99]] * 2, [1] * 4, [0] * 4))
    gaps = Gaps(
        earlier=np.array([0]),
        later=np.array([3]),
        part=np.array([0.5]),
        frame=np.array([2]),
        place=np.zeros((1, 4)),
        spread=np.array([spread]),
    )
    successor = np.array([3, -1, -1, -1])
    return interpolated_steps(scene, gaps, successor, np.full(4, is_output), 2.0, past).tolist()


def test_a_short_gap_with_a_certain_place_is_interpolated() -> None:
    assert interpolated(0.1) == [True]


def test_an_uncertain_place_a_long_gap_and_detections_without_a_track_are_not() -> None:
    assert interpolated(0.5) == [False]
    assert interpolated(0.1, later=40) == [False]
    assert interpolated(0.1, is_output=False) == [False]


def test_gaps_of_a_detector_that_missed_nothing_so_far_are_not_interpolated() -> None:
    assert interpolated(0.1, past=OcclusionCounts(detections=10_000, visible_gaps=0)) == [False]
    assert interpolated(0.1, past=OcclusionCounts(detections=10_000, visible_gaps=100)) == [True]


def test_gaps_and_occluded_detections_are_counted() -> None:
    box = [[0, 0, 10, 10], [90, 90, 99, 99], [91, 91, 99, 99], [50, 0, 60, 9], [0, 0, 10, 10]]
    scene = make_scene(Detections([1, 1, 1, 2, 4], box, [1] * 5, [0] * 5))
    successor = np.array([4, -1, -1, -1, -1])
    assert count_occlusions(scene, successor, 5) == OcclusionCounts(5, 2, 1, 0)
    assert count_occlusions(scene, successor, 0) == OcclusionCounts()
