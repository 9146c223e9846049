"""The compiled loops give what NumPy gives, bit by bit."""

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets import (
    candidates,
    features,
    overlap_in_time,
    pair_features,
    path_occupancy,
)
from siamlink.association.tracklets import (
    tracklets as summaries,
)
from siamlink.association.tracklets.candidates import TrackletGateParameters, candidate_tracklet_pairs
from siamlink.association.tracklets.features import tracklet_features
from siamlink.association.tracklets.pair_features import tracklet_pair_features
from siamlink.association.tracklets.tracklets import TrackletParameters, Tracklets, make_tracklets
from siamlink.detectors.base import machine_code
from siamlink.detectors.detections import Detections

pytestmark = pytest.mark.usefixtures("compiled_at_once")

MODULES = (candidates, features, overlap_in_time, pair_features, path_occupancy, summaries)


def crowd(seed: int, count: int, grid: float) -> Tracklets:
    """Short walks that begin at random times; on a grid of pixels many distances are equal."""
    rng = np.random.default_rng(seed)
    parts, number = [], []
    for walk in range(count):
        frame = np.arange(begin := rng.integers(1, 40), begin + rng.integers(1, 12))
        foot, height = rng.uniform(100, 200), rng.uniform(30, 60)
        x = rng.uniform(0, 300) + rng.normal(0, 3) * np.arange(len(frame)) + rng.normal(0, 1, len(frame))
        if grid:
            foot, height, x = np.ceil(foot / grid) * grid, np.ceil(height / grid) * grid, np.round(x / grid) * grid
        box = np.column_stack([x - height / 4, x * 0 + foot - height, x + height / 4, x * 0 + foot])
        parts.append(Detections(frame, box, rng.random(len(frame)), np.zeros(len(frame))))
        number.append(np.full(len(frame), walk))
    order = np.argsort(np.concatenate([each.frame for each in parts]), kind="stable")
    walk = np.concatenate(number)[order]
    _, first, dense = np.unique(walk, return_index=True, return_inverse=True)
    track_id = (np.argsort(np.argsort(first)) + 1)[dense].astype(np.int32)
    track_id[rng.random(len(track_id)) < 0.05] = 0
    _, first, dense = np.unique(track_id, return_index=True, return_inverse=True)
    some = first[1:] if (track_id == 0).any() else first
    rank = np.argsort(np.argsort(some)) + 1
    track_id = (np.append(0, rank) if (track_id == 0).any() else rank)[dense].astype(np.int32)
    detections = Detections.concatenate(parts)
    return make_tracklets(detections, track_id, rng.random(len(track_id)), 10.0, TrackletParameters())


@pytest.mark.parametrize(("seed", "count", "grid"), [(0, 1, 0), (1, 20, 0), (2, 60, 10), (3, 120, 0), (4, 200, 25)])
def test_candidates_and_their_features_are_the_same(seed, count, grid, monkeypatch):
    assert machine_code.load(overlap_in_time.LOOPS) is not None

    def results() -> list[np.ndarray]:
        tracklets, rng = crowd(seed, count, grid), np.random.default_rng(seed)
        some = np.flatnonzero(rng.random(len(tracklets)) < 0.5)
        found = [
            candidate_tracklet_pairs(tracklets, TrackletGateParameters(max_candidates=most), *which)
            for most in (5, 50)
            for which in ((), (some,), (None, some))
        ]
        columns = [side for pairs in found for side in (pairs.earlier, pairs.later)]
        every, one_of_two = found[3], np.arange(0, len(found[3]), 2)
        scene = SceneStatistics.of(tracklets.detections)
        of_pairs = [tracklet_pair_features(tracklets, every, (400, 300), rows) for rows in (slice(None), one_of_two)]
        of_tracklets = [tracklet_features(each, scene) for each in (tracklets, tracklets.part(some))]
        return [tracklets.owner, *columns, *of_pairs, *of_tracklets]

    compiled = results()
    for module in MODULES:
        monkeypatch.setattr(module, "compiled", lambda *_: None)
    for one, other in zip(compiled, results(), strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other, equal_nan=True)
    assert len(compiled[7]) >= count - 1 or count < 20


@pytest.mark.parametrize(("seed", "count", "grid"), [(0, 1, 0), (1, 6, 0), (2, 60, 10), (3, 200, 25)])
def test_summaries_are_the_same(seed, count, grid, monkeypatch):
    compiled = crowd(seed, count, grid)
    for module in MODULES:
        monkeypatch.setattr(module, "compiled", lambda *_: None)
    by_numpy = crowd(seed, count, grid)
    for one, other in ((compiled, by_numpy), (compiled.first, by_numpy.first), (compiled.last, by_numpy.last)):
        for name in {*vars(one)} - {"detections", "first", "last", "frame_rate"}:
            found, wanted = getattr(one, name), getattr(other, name)
            assert found.dtype == wanted.dtype, name
            assert np.array_equal(found, wanted), name


@pytest.mark.parametrize("count", [1, 7, 8, 9, 17, 129, 130, 300, 1000])
def test_means_are_added_up_in_the_order_of_numpy(count, monkeypatch):
    frame = np.arange(1, count + 1)
    box = np.tile([0.0, 0.0, 20.0, 40.0], (count, 1))
    detections = Detections(frame, box, np.ones(count), np.zeros(count))
    tracklets = make_tracklets(detections, np.ones(count, np.int32), np.ones(count), 10.0, TrackletParameters())
    value = np.random.default_rng(count).normal(0, 1000, count)
    compiled = tracklets.mean(value)
    monkeypatch.setattr(summaries, "compiled", lambda *_: None)
    assert np.array_equal(compiled, tracklets.mean(value))


@pytest.mark.parametrize("seed", range(4))
def test_features_of_some_tracklets_are_those_that_they_have_among_all(seed):
    tracklets = crowd(seed, 60, 0)
    scene, which = SceneStatistics.of(tracklets.detections), np.arange(seed, len(tracklets), 3)
    every, some = tracklet_features(tracklets, scene), tracklet_features(tracklets.part(which), scene)
    assert np.array_equal(every[which], some, equal_nan=True)


def test_no_pairs_have_no_features():
    tracklets, nothing = crowd(1, 20, 0), Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert len(tracklet_pair_features(tracklets, nothing)) == 0
