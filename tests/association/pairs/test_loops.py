"""The compiled loops give what NumPy gives, bit by bit."""

from contextlib import contextmanager

import numpy as np
import pytest

from siamlink.association.pairs import candidates, features, rivals
from siamlink.association.pairs.candidates import GateParameters, candidate_pairs
from siamlink.association.pairs.features import PAIR_FEATURES, pair_features, past_motion
from siamlink.association.pairs.rivals import rank_among_rivals
from siamlink.detectors import boxes
from siamlink.detectors.base import machine_code
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections

pytestmark = pytest.mark.usefixtures("compiled_at_once")

SCENES = [(1, 1, 0), (40, 10, 0), (150, 50, 20), (400, 50, 0), (600, 25, 5), (60, 60, 1)]
"""Detections, frames, and the grid of pixels on which boxes lie; 0 for none. On a grid many pairs are equal."""


@contextmanager
def without_numba():
    """NumPy is used, as where Numba is not installed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (candidates, features, rivals, boxes):
            patch.setattr(module, "compiled", lambda *_: None)
        yield


def scene(count: int, frames: int, grid: int) -> Detections:
    random = np.random.default_rng(count)
    frame = np.sort(random.integers(1, frames + 1, count)).astype(np.int32)
    place, size = random.random((count, 2)) * [400, 200] - 50, random.uniform(20, 60, (count, 2))
    if grid:
        place, size = (np.ceil(each / grid) * grid for each in (place, size))
    box, score = np.hstack([place, place + size]).astype(np.float32), np.round(random.random(count), 1)
    return Detections(frame, box, score.astype(np.float32), random.integers(0, 3, count).astype(np.int16))


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)


def test_numba_is_used():
    assert machine_code.load(candidates.LOOPS) is not None


@pytest.mark.parametrize("newest", [False, True])
@pytest.mark.parametrize("drawn", SCENES)
def test_pairs_motion_and_features_are_the_same(drawn, newest):
    detections, random = scene(*drawn), np.random.default_rng(1)
    gate, since = GateParameters(max_link_frames=5 if newest else 1000), int(detections.frame[-1]) if newest else 1
    rank = random.random(len(detections))

    def results():
        pairs = candidate_pairs(detections, 25.0, gate, since)
        motion = past_motion(detections, pairs)
        which = np.flatnonzero(np.arange(len(pairs)) % 3 > 0) if newest else None
        return pairs, motion, pair_features(detections, pairs, rank, 25.0, motion, which)

    pairs, motion, table = results()
    with without_numba():
        expected_pairs, expected_motion, expected_table = results()
    assert same(pairs.earlier, expected_pairs.earlier)
    assert same(pairs.later, expected_pairs.later)
    assert same(motion.velocity, expected_motion.velocity)
    assert same(motion.support, expected_motion.support)
    for column, name in enumerate(PAIR_FEATURES):
        assert same(table[:, column], expected_table[:, column]), name


def test_ranks_are_the_same_with_ties_and_unknown_values():
    random = np.random.default_rng(0)
    owner, gap, misfit = random.integers(0, 30, 500), random.integers(0, 4, 500), np.round(random.random(500), 1)
    misfit[::7] = np.nan
    for values in (misfit, -misfit, np.full(500, np.nan), np.zeros(500)):
        ranks = rank_among_rivals(values, owner, gap)
        with without_numba():
            assert same(ranks, rank_among_rivals(values, owner, gap))


@pytest.mark.parametrize("limit", [0.2, 0.45, 0.95])
@pytest.mark.parametrize("drawn", SCENES)
def test_suppression_is_the_same(drawn, limit):
    detections = scene(*drawn)
    for frame in (detections.frame, detections.frame.astype(np.int64)[::-1], None):
        for label in (detections.label, None):
            rows = suppress_non_maxima(detections.box, detections.score, limit, frame, label)
            with without_numba():
                assert same(rows, suppress_non_maxima(detections.box, detections.score, limit, frame, label))


def test_columns_that_are_not_in_order_in_memory_are_taken():
    detections = scene(150, 50, 0)
    strided = Detections(
        *(np.repeat(each, 2, axis=0)[::2] for each in (detections.frame, detections.box)),
        detections.score,
        detections.label,
    )
    pairs = candidate_pairs(strided, 25.0, GateParameters())
    assert same(pairs.later, candidate_pairs(detections, 25.0, GateParameters()).later)
    kept = suppress_non_maxima(np.asfortranarray(detections.box), detections.score, 0.45, detections.frame)
    assert same(kept, suppress_non_maxima(detections.box, detections.score, 0.45, detections.frame))
