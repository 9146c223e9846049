from itertools import permutations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.ground_truth import identify, read_ground_truth
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.tools.studies.matching.labelled_pairs import (
    PairParameters,
    cut_tracklets,
    pairs_by_gap,
    pooled_cosine,
    spread_crops,
    tracklet_pairs,
)

RATE = 10.0
ALL, NEAR = PairParameters(), PairParameters(near=True)


def people(*rows) -> tuple[Detections, np.ndarray]:
    """Detections 10 wide and 20 high from rows of person, frame and, where it matters, left edge."""
    table = np.array([(*row, 0)[:3] for row in rows], float).reshape(-1, 3)
    table = table[np.argsort(table[:, 1], kind="stable")]
    corners = np.column_stack([table[:, 2], 0 * table[:, 2], table[:, 2] + 10, 0 * table[:, 2] + 20])
    detections = Detections(table[:, 1], corners, np.ones(len(table)), np.zeros(len(table)))
    return detections, table[:, 0].astype(np.int64)


def span(person: int, first: int, last: int, *left) -> list[tuple]:
    return [(person, frame, *left) for frame in range(first, last + 1)]


def cut(detections, identity, parameters=ALL) -> tuple[list[int], list[list[int]]]:
    """Whose tracklets there are, and the frames of each."""
    tracklets = cut_tracklets(detections, identity, RATE, parameters)
    return tracklets.identity.tolist(), [detections.frame[rows].tolist() for rows in tracklets.rows]


def test_tracklets_end_where_a_person_is_lost_and_are_cut_evenly():
    persons, frames = cut(
        *people(*span(7, 1, 12), *span(7, 16, 17), *span(7, 20, 20), *span(3, 2, 4), (-1, 5), (-2, 6))
    )
    assert persons == [3, 7, 7, 7]
    assert frames == [[2, 3, 4], [1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12], [16, 17, 20]]


def test_without_identities_there_are_no_tracklets_and_no_pairs():
    for detections, identity in (people(), people((-1, 1), (-2, 9))):
        tracklets = cut_tracklets(detections, identity, RATE, ALL)
        assert len(tracklets) == 0
        for parameters in (ALL, NEAR):
            pairs, same = tracklet_pairs(detections, tracklets, RATE, parameters)
            assert (len(pairs), len(same)) == (0, 0)
            found = pairs_by_gap(detections, identity, RATE, parameters, 10, np.random.default_rng(0))
            assert all(len(each.pairs) == 0 for each in found)


seen = st.lists(
    st.tuples(st.integers(-2, 3), st.integers(1, 90), st.integers(0, 60)), max_size=60, unique_by=lambda r: r[:2]
)


@given(seen, st.sampled_from([7.0, 10.0, 29.97]))
def test_tracklets_share_out_what_is_known_of_each_person(rows, rate):
    detections, identity = people(*rows)
    tracklets = cut_tracklets(detections, identity, rate, ALL)
    members = np.concatenate([*tracklets.rows, np.zeros(0, np.int64)])
    assert sorted(members.tolist()) == np.flatnonzero(identity >= 0).tolist()
    for person, own in zip(tracklets.identity, tracklets.rows, strict=True):
        frame = detections.frame[own]
        assert (identity[own] == person).all()
        assert (np.diff(frame) > 0).all()
        assert (np.diff(frame) <= 0.3 * rate).all()
        assert frame[-1] - frame[0] + 1 <= rate


@example(rows=[(0, 15, 0), (0, 30, 56)], near=True)  # at the limit of the distance
@given(seen, st.booleans())
def test_all_tracklets_a_while_apart_are_compared(rows, near):
    detections, identity = people(*rows)
    parameters = PairParameters(near=near, max_gap_seconds=2.0)
    tracklets = cut_tracklets(detections, identity, RATE, parameters)
    pairs, same = tracklet_pairs(detections, tracklets, RATE, parameters)
    expected = set()
    for i, j in permutations(range(len(tracklets)), 2):
        end, begin = tracklets.rows[i][-1], tracklets.rows[j][0]
        gap = int(detections.frame[begin]) - int(detections.frame[end])
        distance = abs(float(detections.box[begin, 0] - detections.box[end, 0])) / 20
        if 3 <= gap <= 20 and (not near or distance < 0.4 + 1.6 * (gap / RATE)):
            expected.add((i, j))
    assert len(pairs) == len(expected)
    assert set(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True)) == expected
    assert (same == (tracklets.identity[pairs.earlier] == tracklets.identity[pairs.later])).all()


def test_no_tracklet_is_compared_with_itself_or_with_what_overlaps_it():
    detections, identity = people(*span(1, 1, 5), *span(2, 3, 9), *span(1, 6, 7, 900))
    parameters = PairParameters(length_seconds=0.5, min_gap_seconds=0)
    tracklets = cut_tracklets(detections, identity, RATE, parameters)
    pairs, _ = tracklet_pairs(detections, tracklets, RATE, parameters)
    frames = [(detections.frame[rows[0]], detections.frame[rows[-1]]) for rows in tracklets.rows]
    assert len(pairs) > 0
    assert all(frames[i][1] < frames[j][0] for i, j in zip(pairs.earlier, pairs.later, strict=True))
    assert len(tracklet_pairs(detections, tracklets, RATE, PairParameters(min_gap_seconds=9))[0]) == 0


def test_the_best_crops_are_sure_large_and_sharp_and_spread_over_time():
    detections, _ = people(*span(1, 1, 9))
    score, sharpness = np.array([1, 3, 2, 5, 5, 5, 7, 8, 9]), np.array([0, 0, 0, 4, 1, 2, 0, 0, 0.0])
    height = np.array([20, 20, 20, 20, 20, 20, 40, 60, 20])
    box = detections.box.copy()
    box[:, 3] = height
    detections = Detections(detections.frame, box, score, detections.label)
    rows = np.arange(9)
    assert spread_crops(detections, rows, 3).tolist() == [1, 3, 7]
    assert spread_crops(detections, rows, 3, sharpness).tolist() == [1, 3, 7]
    assert spread_crops(detections, rows, 3, sharpness[::-1]).tolist() == [1, 5, 7]
    assert spread_crops(detections, rows, 1).tolist() == [7]
    assert spread_crops(detections, rows[4:6], 3).tolist() == [4, 5]


@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 99))
def test_the_number_of_crops_is_met_and_they_are_in_order(length, count, seed):
    random = np.random.default_rng(seed)
    detections, _ = people(*span(1, 1, length))
    rows = np.arange(length)[random.random(length) < 0.8]
    chosen = spread_crops(detections, rows, count, random.random(length))
    assert len(chosen) == min(count, len(rows))
    assert (np.diff(chosen) > 0).all()
    assert np.isin(chosen, rows).all()


@given(st.integers(0, 99), st.sampled_from([np.float16, np.float32, np.float64]))
def test_pooled_cosine_compares_the_means_of_unit_descriptors(seed, dtype):
    random = np.random.default_rng(seed)
    descriptor = random.normal(size=(12, 5)).astype(dtype)
    crops = [np.array([0, 3, 7]), np.array([1]), np.array([10, 2])]
    unused = np.setdiff1d(np.arange(12), np.concatenate(crops))
    descriptor[unused] = np.nan
    pairs = Pairs(np.array([0, 0, 1, 2]), np.array([1, 2, 2, 2]))
    unit = descriptor / np.linalg.norm(descriptor.astype(float), axis=1, keepdims=True)
    mean = [unit[rows].mean(axis=0) for rows in crops]
    expected = [
        mean[i] @ mean[j] / np.linalg.norm(mean[i]) / np.linalg.norm(mean[j])
        for i, j in zip(pairs.earlier, pairs.later, strict=True)
    ]
    found = pooled_cosine(descriptor, crops, pairs)
    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-5 if dtype != np.float16 else 1e-2)


def test_blocks_of_pairs_change_nothing(monkeypatch):
    random = np.random.default_rng(1)
    descriptor, crops = random.normal(size=(40, 8)), np.split(np.arange(40), 20)
    pairs = Pairs(random.integers(0, 20, 500), random.integers(0, 20, 500))
    whole = pooled_cosine(descriptor, crops, pairs)
    monkeypatch.setattr("siamlink.tools.studies.matching.labelled_pairs.BLOCK", 7)
    assert (pooled_cosine(descriptor, crops, pairs) == whole).all()
    assert pooled_cosine(descriptor, crops, pairs[:0]).shape == (0,)


@given(seen, st.booleans(), st.integers(1, 1000))
def test_pairs_by_gap_are_those_of_brute_force(rows, near, count):
    detections, identity = people(*rows)
    parameters = PairParameters(near=near)
    found = list(pairs_by_gap(detections, identity, RATE, parameters, count, np.random.default_rng(0)))
    assert [(each.first_gap, each.last_gap) for each in found] == [(1, 1), (2, 3), (4, 7), (8, 15), (16, 31), (32, 50)]
    for each in found:
        expected = {True: set(), False: set()}
        for i, j in permutations(np.flatnonzero(identity >= 0).tolist(), 2):
            gap = int(detections.frame[j]) - int(detections.frame[i])
            distance = abs(float(detections.box[i, 0] - detections.box[j, 0])) / 20
            limit = 0.4 + 1.6 * gap / RATE
            assume(not near or abs(distance - limit) > 1e-6)
            if each.first_gap <= gap <= each.last_gap and (not near or distance < limit):
                expected[bool(identity[i] == identity[j])].add((i, j))
        for kind, possible in expected.items():
            pairs = each.pairs[each.same == kind]
            assert len(pairs) == min(count, len(possible))
            drawn = set(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True))
            assert len(drawn) == len(pairs)
            assert drawn <= possible


def test_pairs_by_gap_repeat_with_the_seed():
    detections, identity = people(*span(1, 1, 60), *span(2, 1, 60, 30))

    def draw(seed):
        return [
            np.column_stack([each.pairs.earlier, each.pairs.later, each.same]).tolist()
            for each in pairs_by_gap(detections, identity, RATE, ALL, 20, np.random.default_rng(seed))
        ]

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)


def test_a_real_sequence_has_pairs_of_both_kinds(data):
    sequence = open_sequence(data / "TUD-Campus")
    detections = sequence.read_detections()
    identity = identify(detections, read_ground_truth(sequence))
    tracklets = cut_tracklets(detections, identity, sequence.frame_rate, ALL)
    pairs, same = tracklet_pairs(detections, tracklets, sequence.frame_rate, ALL)
    near, same_near = tracklet_pairs(detections, tracklets, sequence.frame_rate, NEAR)
    assert 0 < same.sum() < len(pairs)
    assert len(near) < len(pairs)
    assert same_near.sum() == same.sum()
    assert (~same_near).sum() < (~same).sum()
