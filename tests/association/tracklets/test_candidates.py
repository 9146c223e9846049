import numpy as np
import pytest

from siamlink.association.tracklets.candidates import TrackletGateParameters, candidate_tracklet_pairs

GATE = TrackletGateParameters()


def couples(tracklets, gate=GATE) -> list[tuple[int, int]]:
    pairs = candidate_tracklet_pairs(tracklets, gate)
    return list(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True))


def test_tracklets_follow_one_another_and_never_overlap_in_time(walk, tracklets_of):
    assert couples(tracklets_of(walk(1, 10), walk(11, 20), walk(12, 30))) == [(0, 1), (0, 2)]
    assert couples(tracklets_of(walk(1, 10), walk(2, 20))) == []
    assert couples(tracklets_of(walk(1, 10), walk(10, 20))) == [(0, 1)], "the overlap in time is trimmed"


@pytest.mark.parametrize("block", [5, 10**6])
def test_of_many_candidates_only_the_nearest_are_kept(walk, tracklets_of, monkeypatch, block):
    monkeypatch.setattr("siamlink.detectors.frame_index.BLOCK", block)
    early, late = [walk(1, 10, x=15 * k) for k in range(12)], [walk(13, 30, x=15 * k) for k in range(12)]
    found = tracklets_of(*early, *late)
    assert len(couples(found)) == 72
    few = couples(found, TrackletGateParameters(max_candidates=2))
    assert {(k, 12 + k) for k in range(12)} <= set(few)
    assert set(few) <= {(k, 12 + k + step) for k in range(12) for step in (-1, 0, 1)}
    for side in zip(*few, strict=True):
        assert np.unique(side, return_counts=True)[1].max() == 2


def test_the_gap_is_limited_in_seconds(walk, tracklets_of):
    for rate, frames in ((10.0, 25), (20.0, 50)):
        near, far = (tracklets_of(walk(1, 9), walk(9 + gap, 99), rate=rate) for gap in (frames, frames + 1))
        assert couples(near) == [(0, 1)]
        assert couples(far) == []


@pytest.mark.parametrize(("x", "height", "passes"), [(103, 50, True), (107, 50, False), (0, 80, True), (0, 84, False)])
def test_the_gate_is_in_heights_and_grows_with_the_gap(walk, tracklets_of, x, height, passes):
    """Reach 0.5 and 1.6 heights a second for one second: 2.1 heights of 50 pixels; log(84/50) > 0.5."""
    assert bool(couples(tracklets_of(walk(1, 9), walk(19, 29, x=x, height=height)))) == passes
