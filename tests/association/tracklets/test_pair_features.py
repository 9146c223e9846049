import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.tracklets.candidates import TrackletGateParameters, candidate_tracklet_pairs
from siamlink.association.tracklets.pair_features import (
    TRACKLET_PAIR_FEATURES,
    reversed_in_time,
    tracklet_pair_features,
    without_appearance,
)
from siamlink.association.tracklets.tracklets import TrackletParameters, make_tracklets
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street

GATE = TrackletGateParameters()


def features(tracklets, pairs=None, size=None) -> dict[str, np.ndarray]:
    found = tracklet_pair_features(
        tracklets, candidate_tracklet_pairs(tracklets, GATE) if pairs is None else pairs, size
    )
    assert found.dtype == np.float32
    return dict(zip(TRACKLET_PAIR_FEATURES, found.T, strict=True))


def test_features_of_some_pairs_are_those_that_they_have_among_all(walk, tracklets_of):
    rows = [walk(first, first + 6, x=100 + 20 * k % 70) for k, first in enumerate(range(1, 60, 4))]
    found = tracklets_of(*rows, descriptor=np.random.default_rng(0).normal(size=(len(rows), 3)))
    pairs = candidate_tracklet_pairs(found, GATE)
    every = tracklet_pair_features(found, pairs, (640, 480))
    some = np.arange(1, len(pairs), 3)
    np.testing.assert_array_equal(tracklet_pair_features(found, pairs, (640, 480), some), every[some])
    assert len(some) > 5
    assert tracklet_pair_features(found, pairs, (640, 480), some[:0]).shape == (0, len(TRACKLET_PAIR_FEATURES))


def test_motion_that_leads_from_one_to_the_other_leaves_no_residual(walk, tracklets_of):
    found = features(tracklets_of(walk(1, 10, speed=30), walk(21, 30, speed=30)))
    for name in ("forward_x", "forward_top", "forward_foot", "backward_x", "backward_top", "backward_foot"):
        assert found[name] == pytest.approx([0], abs=1e-4)
    for name in ("misfit", "misfit_rate", "middle_misfit", "velocity_change", "height_change"):
        assert found[name] == pytest.approx([0], abs=1e-4)
    assert found["gap_seconds"] == pytest.approx([1.1])
    assert found["gap_frames"].tolist() == [11]
    assert found["distance"] == pytest.approx([33 / 50])
    assert found["speed_needed"] == pytest.approx([30 / 50])
    assert found["speed_earlier"] == found["speed_later"] == pytest.approx([30 / 50])


def test_residuals_in_both_directions_when_an_object_turns_back(walk, tracklets_of):
    """The first ends at 25 on its way to 50, the second begins at 25 and came from 50: half a height off, each way."""
    found = features(tracklets_of(walk(1, 10, speed=25), walk(20, 29, x=75, speed=-25)))
    assert found["forward_x"] == pytest.approx([0.5], abs=1e-4)
    assert found["backward_x"] == pytest.approx([0.5], abs=1e-4)
    assert found["misfit"] == pytest.approx([0.5], abs=1e-4)
    assert found["misfit_rate"] == pytest.approx([0.5 / 1.3], abs=1e-4)
    assert found["middle_misfit"] == pytest.approx([0], abs=1e-4)
    assert found["velocity_change"] == pytest.approx([1.0], abs=1e-4)


def test_rivals_are_ranked_on_both_sides(walk, tracklets_of):
    found = features(tracklets_of(walk(1, 10), walk(1, 10, x=20), walk(21, 30, x=5)))
    assert found["rivals_later"].tolist() == [0, 0]
    assert found["rivals_earlier"].tolist() == [1, 1]
    assert found["motion_rank_earlier"].tolist() == [0, 1]
    assert found["motion_margin_earlier"] == pytest.approx([-0.2, 0.2], abs=1e-4)
    assert found["motion_margin_later"].tolist() == [-1, -1]


def test_similarity_and_its_ranks(walk, tracklets_of):
    look = [[1, 0], [0, 1], [0.6, 0.8]]
    found = features(tracklets_of(walk(1, 10), walk(1, 10, x=20), walk(21, 30, x=5), descriptor=look))
    assert found["similarity"] == pytest.approx([0.6, 0.8])
    assert found["similarity_rank_earlier"].tolist() == [1, 0]
    assert found["similarity_margin_earlier"] == pytest.approx([0.2, -0.2])


def test_without_images_only_the_similarity_is_missing(walk, tracklets_of):
    found = features(tracklets_of(walk(1, 10), walk(21, 30)), size=(640, 480))
    unknown = {name for name, value in found.items() if np.isnan(value).any()}
    assert unknown == {name for name in TRACKLET_PAIR_FEATURES if name.startswith("similarity")}
    seen = tracklets_of(walk(1, 10), walk(21, 30), descriptor=[[1, 0], [0.6, 0.8]])
    shown = tracklet_pair_features(seen, candidate_tracklet_pairs(seen, GATE), (640, 480))
    assert (~np.isnan(without_appearance(shown))).sum() == len(TRACKLET_PAIR_FEATURES) - len(unknown)
    assert np.isnan(shown).sum() == 1, "too few impostor pairs for a deviation; nothing else is missing"


def test_features_of_the_reversed_video_are_the_reversed_features(walk, tracklets_of):
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


def test_tracklets_on_the_path_are_counted_as_hiding_and_as_lying_between(walk, tracklets_of):
    pair = Pairs(np.array([0]), np.array([-1]))
    for other, hidden, between in ((walk(5, 30), 1, 0), (walk(12, 19), 0.8, 0.8), (walk(12, 19, x=90), 0, 0)):
        walks = sorted([walk(1, 10), other, walk(21, 30)], key=lambda each: each.frame[0])
        tracklets = tracklets_of(*walks)
        found = features(tracklets, Pairs(pair.earlier, np.array([len(tracklets) - 1])))
        assert found["hidden"] == pytest.approx([hidden])
        assert found["between"] == pytest.approx([between])


def test_the_distance_to_the_border_needs_the_size_of_the_image(walk, tracklets_of):
    tracklets = tracklets_of(walk(1, 10, x=30), walk(21, 30, x=30))
    assert features(tracklets, size=(640, 480))["border_later"] == pytest.approx([(30 - 12.5) / 50])
    assert np.isnan(features(tracklets)["border_later"]).all()


@pytest.mark.slow
@settings(max_examples=15)
@given(scale=st.floats(0.5, 4), shift=st.floats(-300, 300))
def test_features_do_not_depend_on_resolution_and_place(scale, shift):
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


def test_without_tracklets_there_are_no_features():
    empty = np.zeros(0)
    nothing = make_tracklets(Detections.empty(), empty.astype(np.int32), empty, 10.0, TrackletParameters())
    pairs = candidate_tracklet_pairs(nothing, GATE)
    assert len(pairs) == 0
    assert tracklet_pair_features(nothing, pairs).shape == (0, len(TRACKLET_PAIR_FEATURES))
