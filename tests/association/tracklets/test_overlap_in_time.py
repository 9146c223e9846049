import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.classes import NO_CLASSES, UNKNOWN_CLASSES
from siamlink.association.tracklets.overlap_in_time import TrimParameters, trim_overlaps
from siamlink.detectors.detections import Detections

RATE = 10.0
PARAMETERS = TrimParameters(max_seconds=0.2, min_iou=0.15)


def scene(*walks) -> tuple[Detections, np.ndarray]:
    """Detections of walks (first frame, last frame, x), boxes of 20 by 40 pixels, and which walk each belongs to."""
    rows = np.array(
        [(frame, x, k) for k, (begin, end, x) in enumerate(walks, 1) for frame in range(begin, end + 1)], float
    )
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    frame, x, number = rows.T
    box = np.column_stack([x, 0 * x, x + 20, 0 * x + 40])
    return Detections(frame, box, np.ones(len(rows)), np.zeros(len(rows))), number.astype(np.int32)


def share_out(walks, probability=None, fixed=None, parameters=PARAMETERS) -> list[list[int]]:
    """The frames that are left to each walk."""
    detections, number = scene(*walks)
    given_probability = np.full(len(number), 0.5) if probability is None else np.array(probability)[number - 1]
    kept_for_certain = np.zeros(len(number), bool) if fixed is None else np.isin(number, fixed)
    kept = trim_overlaps(detections, number, given_probability, RATE, kept_for_certain, parameters)
    assert kept[kept > 0].min(initial=1) == 1
    return [detections.frame[(number == k) & (kept > 0)].tolist() for k in range(1, len(walks) + 1)]


def test_common_frames_go_to_the_more_probable_tracklet():
    walks = [(1, 10, 0.0), (9, 20, 10.0)]
    assert share_out(walks, [0.9, 0.5]) == [list(range(1, 11)), list(range(11, 21))]
    assert share_out(walks, [0.5, 0.9]) == [list(range(1, 9)), list(range(9, 21))]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((9, 20, 18.0), id="they hardly overlap"),
        pytest.param((8, 20, 10.0), id="they share more time"),
        pytest.param((11, 20, 10.0), id="they share no time"),
        pytest.param((3, 10, 10.0), id="they end together"),
        pytest.param((1, 12, 10.0), id="they begin together"),
    ],
)
def test_other_tracklets_stay_as_they_are(other):
    begin, end, _ = other
    assert share_out([(1, 10, 0.0), other], [0.9, 0.5]) == [list(range(1, 11)), list(range(begin, end + 1))]


def test_without_allowed_overlap_nothing_is_trimmed():
    never = TrimParameters(max_seconds=0)
    assert share_out([(1, 10, 0.0), (10, 20, 10.0)], parameters=never) == [list(range(1, 11)), list(range(10, 21))]


def test_a_tracklet_is_never_removed_as_a_whole_and_fixed_detections_stay():
    assert share_out([(1, 10, 0.0), (9, 11, 10.0)], [0.9, 0.5])[1] == [11]
    assert share_out([(1, 10, 0.0), (9, 20, 10.0)], [0.9, 0.5], fixed=[2]) == [list(range(1, 9)), list(range(9, 21))]
    assert share_out([(1, 10, 0.0), (9, 20, 10.0)], fixed=[1, 2]) == [list(range(1, 11)), list(range(9, 21))]


def test_each_end_is_paired_with_the_beginning_that_overlaps_it_most():
    left = share_out([(1, 10, 0.0), (10, 20, 9.0), (10, 20, 3.0)], [0.9, 0.5, 0.5])
    assert left == [list(range(1, 11)), list(range(10, 21)), list(range(11, 21))]


@settings(max_examples=40, deadline=None)
@given(
    walks=st.lists(
        st.tuples(st.integers(1, 15), st.integers(0, 8), st.floats(0, 60), st.floats(0, 1)), min_size=0, max_size=8
    )
)
def test_tracklets_lose_only_ends_and_are_numbered_in_order(walks):
    if not walks:
        nothing = trim_overlaps(
            Detections.empty(), np.zeros(0, np.int32), np.zeros(0), RATE, np.zeros(0, bool), PARAMETERS
        )
        assert len(nothing) == 0
        return
    detections, number = scene(*((begin, begin + length, x) for begin, length, x, _ in walks))
    probability = np.array([each[3] for each in walks])[number - 1]
    kept = trim_overlaps(detections, number, probability, RATE, np.zeros(len(number), bool), PARAMETERS)
    names, first = np.unique(kept[kept > 0], return_index=True)
    assert names.tolist() == list(range(1, len(walks) + 1)), "none is lost"
    assert (np.diff(first) > 0).all()
    for k in range(1, len(walks) + 1):
        frames = detections.frame[(number == k) & (kept > 0)]
        assert (np.diff(frames) == 1).all(), "only ends are left out"
        assert len(np.unique(kept[(number == k) & (kept > 0)])) == 1


def test_tracklets_of_classes_that_are_not_confused_are_two_objects():
    detections, number = scene((1, 10, 0.0), (9, 20, 10.0))
    apart = detections.with_label((number - 1).astype(np.int16))
    probability, free = np.full(len(number), 0.5), np.zeros(len(number), bool)
    for found, classes, kept in (
        (detections, UNKNOWN_CLASSES, 20),
        (apart, UNKNOWN_CLASSES, 22),
        (apart, NO_CLASSES, 20),
    ):
        trimmed = trim_overlaps(found, number, probability, RATE, free, PARAMETERS, classes)
        assert np.count_nonzero(trimmed) == kept
