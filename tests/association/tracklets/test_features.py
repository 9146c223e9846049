from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.features import (
    TRACKLET_FEATURES,
    TRACKLET_PAIR_FEATURES,
    TrackletGateParameters,
    candidate_tracklet_pairs,
    reversed_in_time,
    tracklet_features,
    tracklet_pair_features,
    without_looks,
)
from siamlink.association.tracklets.tracklets import TrackletParameters, make_tracklets
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street

RATE = 10.0
GATE = TrackletGateParameters()


def walk(first, last, x=0.0, speed=0.0, height=50.0) -> Detections:
    """Someone who walks `speed` pixels a second to the right, feet at y = 200; x is the place at time 0."""
    frames = np.arange(first, last + 1)
    centre = x + speed * frames / RATE
    flat = np.full(len(frames), 200.0)
    box = np.column_stack([centre - height / 4, flat - height, centre + height / 4, flat])
    return Detections(frames, box, np.ones(len(frames)), np.zeros(len(frames)))


def tracklets_of(*walks, descriptor=None, rate=RATE):
    """Tracklets of walks that are given in order of their first frames, one descriptor (D,) each."""
    number = np.concatenate([np.full(len(each), k + 1) for k, each in enumerate(walks)])
    order = np.argsort(np.concatenate([each.frame for each in walks]), kind="stable")
    number, detections = number[order].astype(np.int32), Detections.concatenate(walks)
    probability, parameters = np.full(len(detections), 0.9), TrackletParameters(stiffness_seconds=0)
    found = make_tracklets(detections, number, probability, rate, parameters)
    if descriptor is None:
        return found
    return replace(found, descriptor=np.asarray(descriptor, float))


def couples(tracklets, gate=GATE) -> list[tuple[int, int]]:
    pairs = candidate_tracklet_pairs(tracklets, gate)
    return list(zip(pairs.earlier.tolist(), pairs.later.tolist(), strict=True))


def features(tracklets, pairs=None, size=None) -> dict[str, np.ndarray]:
    found = tracklet_pair_features(
        tracklets, candidate_tracklet_pairs(tracklets, GATE) if pairs is None else pairs, size
    )
    assert found.dtype == np.float32
    return dict(zip(TRACKLET_PAIR_FEATURES, found.T, strict=True))


def test_tracklets_follow_one_another_and_never_overlap_in_time():
    assert couples(tracklets_of(walk(1, 10), walk(11, 20), walk(12, 30))) == [(0, 1), (0, 2)]
    assert couples(tracklets_of(walk(1, 10), walk(2, 20))) == []
    assert couples(tracklets_of(walk(1, 10), walk(10, 20))) == [(0, 1)], "the one gives way to the other"


def test_features_of_some_pairs_are_those_that_they_have_among_all():
    rows = [walk(first, first + 6, x=100 + 20 * k % 70) for k, first in enumerate(range(1, 60, 4))]
    found = tracklets_of(*rows, descriptor=np.random.default_rng(0).normal(size=(len(rows), 3)))
    pairs = candidate_tracklet_pairs(found, GATE)
    every = tracklet_pair_features(found, pairs, (640, 480))
    some = np.arange(1, len(pairs), 3)
    np.testing.assert_array_equal(tracklet_pair_features(found, pairs, (640, 480), some), every[some])
    assert len(some) > 5
    assert tracklet_pair_features(found, pairs, (640, 480), some[:0]).shape == (0, len(TRACKLET_PAIR_FEATURES))


@pytest.mark.parametrize("block", [5, 10**6])
def test_of_many_candidates_the_nearest_are_asked_about(monkeypatch, block):
    monkeypatch.setattr("siamlink.association.pairs.candidates.BLOCK", block)
    early, late = [walk(1, 10, x=15 * k) for k in range(12)], [walk(13, 30, x=15 * k) for k in range(12)]
    found = tracklets_of(*early, *late)
    assert len(couples(found)) == 72
    few = couples(found, TrackletGateParameters(most_candidates=2))
    assert {(k, 12 + k) for k in range(12)} <= set(few)
    assert set(few) <= {(k, 12 + k + step) for k in range(12) for step in (-1, 0, 1)}
    for side in zip(*few, strict=True):
        assert np.unique(side, return_counts=True)[1].max() == 2


def test_the_gap_is_limited_in_seconds():
    for rate, frames in ((10.0, 25), (20.0, 50)):
        near, far = (tracklets_of(walk(1, 9), walk(9 + gap, 99), rate=rate) for gap in (frames, frames + 1))
        assert couples(near) == [(0, 1)]
        assert couples(far) == []


@pytest.mark.parametrize(("x", "height", "passes"), [(103, 50, True), (107, 50, False), (0, 80, True), (0, 84, False)])
def test_the_gate_is_in_heights_and_grows_with_the_gap(x, height, passes):
    """Reach 0.5 and 1.6 heights a second for one second: 2.1 heights of 50 pixels; log(84/50) > 0.5."""
    assert bool(couples(tracklets_of(walk(1, 9), walk(19, 29, x=x, height=height)))) == passes


def test_motion_that_leads_from_one_to_the_other_leaves_no_residual():
    found = features(tracklets_of(walk(1, 10, speed=30), walk(21, 30, speed=30)))
    for name in ("forward_x", "forward_top", "forward_foot", "backward_x", "backward_top", "backward_foot"):
        assert found[name] == pytest.approx([0], abs=1e-4)
    for name in ("misfit", "surprise", "middle_misfit", "velocity_change", "height_change"):
        assert found[name] == pytest.approx([0], abs=1e-4)
    assert found["gap_seconds"] == pytest.approx([1.1])
    assert found["gap_frames"].tolist() == [11]
    assert found["distance"] == pytest.approx([33 / 50])
    assert found["speed_needed"] == pytest.approx([30 / 50])
    assert found["speed_earlier"] == found["speed_later"] == pytest.approx([30 / 50])


def test_residuals_both_ways_when_someone_turns_back():
    """The first ends at 25 on its way to 50, the second begins at 25 and came from 50: half a height off, each way."""
    found = features(tracklets_of(walk(1, 10, speed=25), walk(20, 29, x=75, speed=-25)))
    assert found["forward_x"] == pytest.approx([0.5], abs=1e-4)
    assert found["backward_x"] == pytest.approx([0.5], abs=1e-4)
    assert found["misfit"] == pytest.approx([0.5], abs=1e-4)
    assert found["surprise"] == pytest.approx([0.5 / 1.3], abs=1e-4)
    assert found["middle_misfit"] == pytest.approx([0], abs=1e-4)
    assert found["velocity_change"] == pytest.approx([1.0], abs=1e-4)


def test_rivals_are_ranked_on_both_sides():
    found = features(tracklets_of(walk(1, 10), walk(1, 10, x=20), walk(21, 30, x=5)))
    assert found["rivals_later"].tolist() == [0, 0]
    assert found["rivals_earlier"].tolist() == [1, 1]
    assert found["motion_rank_earlier"].tolist() == [0, 1]
    assert found["motion_margin_earlier"] == pytest.approx([-0.2, 0.2], abs=1e-4)
    assert found["motion_margin_later"].tolist() == [-1, -1]


def test_appearance_and_its_rivals():
    look = [[1, 0], [0, 1], [0.6, 0.8]]
    found = features(tracklets_of(walk(1, 10), walk(1, 10, x=20), walk(21, 30, x=5), descriptor=look))
    assert found["likeness"] == pytest.approx([0.6, 0.8])
    assert found["likeness_rank_earlier"].tolist() == [1, 0]
    assert found["likeness_margin_earlier"] == pytest.approx([0.2, -0.2])


def test_without_images_only_appearance_is_unknown():
    found = features(tracklets_of(walk(1, 10), walk(21, 30)), size=(640, 480))
    unknown = {name for name, value in found.items() if np.isnan(value).any()}
    assert unknown == {name for name in TRACKLET_PAIR_FEATURES if name.startswith("likeness")}
    seen = tracklets_of(walk(1, 10), walk(21, 30), descriptor=[[1, 0], [0.6, 0.8]])
    shown = tracklet_pair_features(seen, candidate_tracklet_pairs(seen, GATE), (640, 480))
    assert (~np.isnan(without_looks(shown))).sum() == len(TRACKLET_PAIR_FEATURES) - len(unknown)
    assert np.isnan(shown).sum() == 1, "too few strangers for a surprise; nothing else is changed"


def test_features_of_the_reversed_video_are_those_of_the_pairs_seen_backwards():
    walks = [walk(1, 10, speed=20), walk(3, 9, x=60, speed=-10), walk(21, 34, x=5, speed=15), walk(24, 30, x=30)]
    last = 40
    backwards = [
        Detections(last - each.frame[::-1], each.box[::-1], each.score, each.label.astype(float)) for each in walks
    ]
    forth = tracklets_of(*walks)
    back = tracklets_of(*sorted(backwards, key=lambda each: each.frame[0]))
    pairs = candidate_tracklet_pairs(forth, GATE)
    place = np.argsort(np.argsort([-each.frame[-1] for each in walks]))
    there = tracklet_pair_features(back, Pairs(place[pairs.later], place[pairs.earlier]), (640, 480))
    assert len(pairs) == 4
    np.testing.assert_allclose(reversed_in_time(there), tracklet_pair_features(forth, pairs, (640, 480)), atol=1e-3)


def test_who_stands_on_the_path_hides_and_who_fits_between_is_told_apart():
    pair = Pairs(np.array([0]), np.array([-1]))
    for other, hidden, between in ((walk(5, 30), 1, 0), (walk(12, 19), 0.8, 0.8), (walk(12, 19, x=90), 0, 0)):
        walks = sorted([walk(1, 10), other, walk(21, 30)], key=lambda each: each.frame[0])
        tracklets = tracklets_of(*walks)
        found = features(tracklets, Pairs(pair.earlier, np.array([len(tracklets) - 1])))
        assert found["hidden"] == pytest.approx([hidden])
        assert found["between"] == pytest.approx([between])


def test_the_distance_to_the_border_needs_the_size_of_the_image():
    tracklets = tracklets_of(walk(1, 10, x=30), walk(21, 30, x=30))
    assert features(tracklets, size=(640, 480))["border_later"] == pytest.approx([(30 - 12.5) / 50])
    assert np.isnan(features(tracklets)["border_later"]).all()


def columns(tracklets, scene=None) -> dict[str, np.ndarray]:
    found = tracklet_features(tracklets, scene or SceneStatistics.of(tracklets.detections))
    assert found.dtype == np.float32
    return dict(zip(TRACKLET_FEATURES, found.T, strict=True))


def test_a_tracklet_is_described_by_its_course():
    found = columns(tracklets_of(walk(1, 21, speed=25), walk(5, 5, x=300)))
    assert found["seconds"] == pytest.approx([2.1, 0.1])
    assert found["count"].tolist() == [21, 1]
    assert found["speed"] == pytest.approx([0.5, 0], abs=1e-4)
    assert found["roughness"][0] == pytest.approx(0, abs=1e-4)
    assert np.isnan(found["roughness"][1])
    assert found["mean_probability"] == pytest.approx([0.9, 0.9])
    assert found["relative_height"] == pytest.approx([1, 1])


def test_covered_is_the_share_of_the_box_under_another():
    found = columns(tracklets_of(walk(1, 10), walk(1, 10, x=12.5), walk(1, 10, x=300)))
    assert found["covered"] == pytest.approx([0.5, 0.5, 0])


@settings(max_examples=15)
@given(scale=st.floats(0.5, 4), shift=st.floats(-300, 300))
def test_features_mean_the_same_at_any_resolution_and_place(scale, shift):
    truth = street(frame_count=60).truth()
    pieces = (truth.track_id * 10 + truth.frame // 15).astype(np.int64)
    _, first, ids = np.unique(pieces, return_index=True, return_inverse=True)
    ids = (np.argsort(np.argsort(first))[ids] + 1).astype(np.int32)
    found = []
    for box in (truth.box, truth.box * scale + shift):
        detections = Detections(truth.frame, box, truth.score, truth.label)
        tracklets = make_tracklets(detections, ids, np.ones(len(ids)), 30, TrackletParameters())
        pairs = candidate_tracklet_pairs(tracklets, GATE)
        found.append(tracklet_pair_features(tracklets, pairs))
        assert len(pairs) > 20
    close = np.isclose(*found, rtol=0.02, atol=0.02, equal_nan=True)
    assert close.mean() > 0.99


def test_nothing_has_no_features():
    nobody = np.zeros(0)
    nothing = make_tracklets(Detections.empty(), nobody.astype(np.int32), nobody, RATE, TrackletParameters())
    pairs = candidate_tracklet_pairs(nothing, GATE)
    assert len(pairs) == 0
    assert tracklet_pair_features(nothing, pairs).shape == (0, len(TRACKLET_PAIR_FEATURES))
    assert tracklet_features(nothing, SceneStatistics.of(Detections.empty())).shape == (0, len(TRACKLET_FEATURES))
