import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
from siamlink.detectors.detections import Detections

half = st.integers(-200, 200).map(lambda value: value / 2)
rows = st.tuples(st.integers(1, 7), half, half, st.integers(4, 60), st.integers(4, 60))
gates = st.builds(
    GateParameters,
    max_gap_seconds=st.sampled_from([0.1, 0.3, 1.0]),
    min_gap_frames=st.integers(1, 3),
    max_gap_frames=st.integers(1, 6),
    reach=st.sampled_from([0.0, 0.25, 1.0]),
    max_speed=st.sampled_from([0.1, 2.0, 20.0]),
    max_height_change=st.sampled_from([0.1, 0.4, 1.5]),
)


def as_detections(drawn) -> Detections:
    table = np.array(drawn, np.float32).reshape(-1, 5)
    box = np.hstack([table[:, 1:3], table[:, 1:3] + table[:, 3:5]])
    return Detections(table[:, 0], box, np.ones(len(table)), np.zeros(len(table)))


def brute_force(detections: Detections, frame_rate: float, gate: GateParameters) -> list[tuple[int, int]]:
    """Every pair that the definition of the gate lets through, ordered by gap, earlier and later detection."""
    found = []
    for i in range(len(detections)):
        for j in range(len(detections)):
            gap = int(detections.frame[j]) - int(detections.frame[i])
            if not 1 <= gap <= gate.gap_frames(frame_rate):
                continue
            one, other = float(detections.height[i]), float(detections.height[j])
            distance = math.dist(detections.centre[i].tolist(), detections.centre[j].tolist()) / ((one + other) / 2)
            allowed = gate.reach + gate.max_speed * gap / frame_rate
            if distance < allowed and abs(math.log(other / one)) < gate.max_height_change:
                found.append((gap, i, j))
    return [(i, j) for _, i, j in sorted(found)]


def listed(pairs: Pairs) -> list[tuple[int, int]]:
    return list(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True))


@pytest.mark.slow
@given(st.lists(rows, max_size=25), st.sampled_from([5.0, 10.0, 29.97]), gates)
@settings(max_examples=200)
def test_candidates_are_those_of_a_double_loop(drawn, frame_rate, gate):
    detections = as_detections(drawn)
    expected = brute_force(detections, frame_rate, gate)
    assert listed(candidate_pairs(detections, frame_rate, gate)) == expected
    for frame in range(9):
        into = [(i, j) for i, j in expected if detections.frame[j] >= frame]
        assert listed(candidate_pairs(detections, frame_rate, gate, since_frame=frame)) == into


@given(st.lists(rows, max_size=25), st.integers(-4000, 4000), st.sampled_from([0.25, 1.0, 16.0]))
def test_candidates_do_not_depend_on_place_scale_or_the_first_frame(drawn, shift, scale):
    one = as_detections(drawn)
    other = Detections(one.frame + 1_000_000, (one.box + shift) * np.float32(scale), one.score, one.label)
    gate = GateParameters()
    assert listed(candidate_pairs(other, 10, gate)) == listed(candidate_pairs(one, 10, gate))


@pytest.mark.parametrize(
    ("frame_rate", "frames"), [(1, 3), (2.4, 3), (7, 7), (10, 10), (14, 14), (25, 16), (30, 16), (120, 16)]
)
def test_the_longest_gap_is_in_seconds_within_limits_in_frames(frame_rate, frames):
    assert GateParameters().gap_frames(frame_rate) == frames


def test_the_longest_gap_is_rounded_to_whole_frames():
    assert GateParameters(max_gap_seconds=0.5).gap_frames(29.97) == 15


@pytest.mark.parametrize(("height", "found"), [(149, 1), (150, 0), (68, 1), (67, 0)])
def test_heights_may_differ_by_the_limit_of_their_log_ratio(height, found):
    box = [[0, 0, 40, 100], [0, 50 - height / 2, 40, 50 + height / 2]]
    pairs = candidate_pairs(Detections([1, 2], box, [1, 1], [0, 0]), 30, GateParameters(max_height_change=0.4))
    assert len(pairs) == found


@pytest.mark.parametrize(("x", "found"), [(31.6, 1), (31.7, 0), (-31.6, 1), (-31.7, 0)])
def test_the_reach_grows_with_the_gap(x, found):
    box = [[0, 0, 40, 100], [x, 0, x + 40, 100]]
    gate = GateParameters(reach=0.25, max_speed=2.0)
    assert len(candidate_pairs(Detections([1, 2], box, [1, 1], [0, 0]), 30, gate)) == found
    assert len(candidate_pairs(Detections([1, 3], box, [1, 1], [0, 0]), 30, gate)) == 1


def test_an_object_that_moves_on_is_a_candidate_up_to_the_longest_gap():
    frames = np.arange(1, 41)
    box = np.column_stack([frames * 2, frames * 0, frames * 2 + 20, frames * 0 + 50])
    detections = Detections(frames, box, np.ones(40), np.zeros(40))
    gaps = [j - i for i, j in listed(candidate_pairs(detections, 30, GateParameters()))]
    assert {gap: gaps.count(gap) for gap in gaps} == {gap: 40 - gap for gap in range(1, 17)}


def test_no_detections_have_no_pairs():
    for frame in (1, 5):
        pairs = candidate_pairs(Detections.empty(), 30, GateParameters(), since_frame=frame)
        assert len(pairs) == 0
        assert pairs.earlier.dtype == pairs.later.dtype == np.int64


def test_pairs_are_selected_by_mask_and_indices():
    pairs = Pairs(np.array([0, 1, 2]), np.array([3, 4, 5]))
    assert listed(pairs[np.array([True, False, True])]) == [(0, 3), (2, 5)]
    assert listed(pairs[np.array([1])]) == [(1, 4)]
