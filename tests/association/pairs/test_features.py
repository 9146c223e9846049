import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import LARGEST_MISFIT, GateParameters, Pairs, candidate_pairs
from siamlink.association.pairs.features import (
    PAIR_FEATURES,
    PAPER_FEATURES,
    Motion,
    pair_features,
    past_motion,
)
from siamlink.association.pairs.rivals import rank_among_rivals
from siamlink.detectors.detections import Detections

RATE = 10.0
GATE = GateParameters(max_gap_seconds=0.5)


def crowd(seed: int, frames: int = 14, people: int = 6) -> Detections:
    """People who walk about, some missed, some doubled; corners on a grid, so that moving and scaling are exact."""
    rng = np.random.default_rng(seed)
    frame, person = (each.reshape(-1) for each in np.mgrid[1 : frames + 1, 0:people])
    height = np.rint(rng.uniform(30, 60, people) * 8) / 8
    start, step = rng.uniform(0, 100, (people, 2)), rng.normal(0, 4, (people, 2))
    centre = start[person] + step[person] * frame[:, None] + rng.normal(0, 1, (len(frame), 2))
    left_top = np.rint(centre * 8) / 8
    size = np.column_stack([height / 2, height])[person]
    box = np.hstack([left_top, left_top + size])
    seen = np.append(np.flatnonzero(rng.random(len(frame)) < 0.85), rng.integers(0, len(frame), 6))
    jitter = np.rint(rng.normal(0, 3, (len(seen), 2)) * (np.arange(len(seen)) >= len(seen) - 6)[:, None])
    return Detections(frame[seen], box[seen] + np.tile(jitter, 2), rng.random(len(seen)), np.zeros(len(seen)))


def ranks(detections: Detections) -> np.ndarray:
    return np.argsort(np.argsort(detections.score)) / len(detections)


def features_of(detections: Detections) -> tuple[Pairs, np.ndarray, Motion]:
    pairs = candidate_pairs(detections, RATE, GATE)
    motion = past_motion(detections, pairs)
    return pairs, pair_features(detections, pairs, ranks(detections), RATE, motion), motion


def boxes(*rows) -> Detections:
    """Detections from rows of frame, centre x, centre y, width and height."""
    table = np.array(rows, np.float64)
    corners = np.hstack([table[:, 1:3] - table[:, 3:] / 2, table[:, 1:3] + table[:, 3:] / 2])
    return Detections(table[:, 0], corners, np.ones(len(table)), np.zeros(len(table)))


def named(detections: Detections, earlier, later) -> dict[str, np.ndarray]:
    """The features of the given pairs, by name."""
    pairs = Pairs(np.array(earlier), np.array(later))
    rank, motion = np.linspace(0, 1, len(detections)), past_motion(detections, pairs)
    features = pair_features(detections, pairs, rank, RATE, motion)
    assert features.shape == (len(pairs), len(PAIR_FEATURES))
    assert features.dtype == np.float32
    return dict(zip(PAIR_FEATURES, features.T, strict=True))


def test_the_geometry_of_one_pair_is_as_written_in_the_paper():
    found = named(boxes((1, 100, 50, 10, 20), (3, 110, 54, 14, 24)), [0], [1])
    expected = {
        "size_change_w": 4 / 24,
        "size_change_h": 4 / 44,
        "offset_x": 10 / 22,
        "offset_y": 4 / 22,
        "velocity_x": 10 / 22 / 0.2,
        "velocity_y": 4 / 22 / 0.2,
        "gap_frames": 2,
        "gap_seconds": 0.2,
        "iou": 2 * 18 / (10 * 20 + 14 * 24 - 2 * 18),
        "distance": np.hypot(10, 4) / 22,
        "score_earlier": 0,
        "score_later": 1,
        "between": 0,
        "rank_later": 0,
        "margin_later": -1,
        "rivals_later": 0,
        "rank_earlier": 0,
        "margin_earlier": -1,
        "rivals_earlier": 0,
        "motion_support": 0,
    }
    assert {name: float(value[0]) for name, value in found.items() if name in expected} == pytest.approx(
        expected, rel=1e-6
    )
    assert np.isnan([found["motion_residual_x"][0], found["motion_residual_y"][0]]).all()
    assert PAIR_FEATURES[:6] == PAPER_FEATURES
    assert set(PAIR_FEATURES) == {*expected, "motion_residual_x", "motion_residual_y"}


def test_rivals_are_compared_from_either_side_and_within_one_gap_only():
    scene = boxes((1, 0, 0, 10, 20), (1, 10, 0, 10, 20), (2, 1, 0, 10, 20), (2, 6, 0, 10, 20), (3, 0, 0, 10, 20))
    found = named(scene, [0, 0, 1, 1, 0], [2, 3, 2, 3, 4])
    assert found["rank_later"].tolist() == [0, 1, 1, 0, 0]
    assert found["margin_later"] == pytest.approx([-5 / 20, 5 / 20, 5 / 20, -5 / 20, -1])
    assert found["rivals_later"].tolist() == [1, 1, 1, 1, 0]
    assert found["rank_earlier"].tolist() == [0, 1, 1, 0, 0]
    assert found["margin_earlier"] == pytest.approx([-8 / 20, 2 / 20, 8 / 20, -2 / 20, -1])
    assert found["rivals_earlier"].tolist() == [1, 1, 1, 1, 0]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(1, 3)), max_size=40))
def test_ranks_margins_and_rivals_are_those_of_a_double_loop(drawn):
    misfit, owner, gap = (np.array(column) for column in zip(*drawn, strict=True)) if drawn else [np.zeros(0)] * 3
    compared = rank_among_rivals(misfit.astype(float), owner.astype(np.int64), gap.astype(np.int64))
    assert compared.shape == (len(drawn), 3)
    for k, (value, mine, over) in enumerate(drawn):
        rivals = [(other, row) for row, (other, *key) in enumerate(drawn) if key == [mine, over] and row != k]
        rank = sum(rival < (value, k) for rival in rivals)
        best = min(rivals)[0] if rivals else value + 1
        assert compared[k].tolist() == [rank, value - best, len(rivals)]


@pytest.mark.parametrize(
    ("x", "y", "height", "fit"),
    [(5, 0, 20, 1), (10, 0, 20, 0.75), (5, 10, 20, 0.5), (5, 0, 10, 1 - np.log(2)), (30, 0, 20, 0), (5, 21, 20, 0)],
)
def test_between_is_the_fit_of_a_third_detection_on_the_path(x, y, height, fit):
    scene = boxes((1, 0, 0, 10, 20), (2, x, y, 10, height), (3, 10, 0, 10, 20))
    assert named(scene, [0], [2])["between"] == pytest.approx([fit], abs=1e-6)


def test_between_uses_every_frame_on_the_path_and_no_other():
    for frame, x, fit in (
        (3, 10, 1),
        (4, 20, 1),
        (5, 30, 1),
        (4, 22, 0.9),
        (1, 0, 0),
        (2, 20, 0),
        (6, 20, 0),
        (7, 40, 0),
    ):
        scene = boxes((2, 0, 0, 10, 20), (6, 40, 0, 10, 20), (frame, x, 0, 10, 20))
        place = list(zip(scene.frame.tolist(), scene.centre[:, 0].tolist(), strict=True))
        found = named(scene, [place.index((2, 0))], [place.index((6, 40))])
        assert found["between"] == pytest.approx([fit], abs=1e-6)


def test_steady_motion_leaves_no_residual_and_counts_its_support():
    scene = boxes(*((frame, 100 + frame, 50 - frame / 2, 10, 20) for frame in range(1, 9)))
    pairs, features, motion = features_of(scene)
    column = dict(zip(PAIR_FEATURES, features.T, strict=True))
    earlier_frame = scene.frame[pairs.earlier]
    assert column["motion_support"].tolist() == np.minimum(earlier_frame - 1, 5).tolist()
    first = earlier_frame == 1
    for name in ("motion_residual_x", "motion_residual_y"):
        assert np.isnan(column[name][first]).all()
        assert column[name][~first] == pytest.approx(0, abs=1e-6)
    assert motion.velocity[1:] == pytest.approx(np.tile([1, -0.5], (7, 1)))
    assert motion.support.tolist() == [0, 1, 2, 3, 4, 5, 5, 5]
    assert np.isnan(motion.velocity[0]).all()


def test_an_implausible_jump_is_no_motion():
    scene = boxes((1, 0, 0, 10, 20), (2, 11, 0, 10, 20))
    motion = past_motion(scene, Pairs(np.array([0]), np.array([1])))
    assert motion.support.tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(4))
def test_later_frames_change_no_earlier_feature(seed):
    whole = crowd(seed)
    rank = ranks(whole)
    all_pairs, all_features, all_motion = features_of(whole)
    for last in range(1, 15):
        past = whole[whole.frame <= last]
        pairs = candidate_pairs(past, RATE, GATE)
        motion = past_motion(past, pairs)
        features = pair_features(past, pairs, rank[: len(past)], RATE, motion)
        known = all_pairs.later < len(past)
        np.testing.assert_array_equal(all_pairs.earlier[known], pairs.earlier)
        np.testing.assert_array_equal(all_features[known], features)
        np.testing.assert_array_equal(all_motion.velocity[: len(past)], motion.velocity)


@pytest.mark.parametrize("seed", range(4))
def test_frame_by_frame_in_a_window_the_features_are_the_same(seed):
    whole = crowd(seed)
    rank = ranks(whole)
    all_pairs, all_features, all_motion = features_of(whole)
    velocity, support = np.full((len(whole), 2), np.nan), np.zeros(len(whole))
    seen = 0
    for frame, _ in whole.by_frame():
        first, last = np.searchsorted(whole.frame, [frame - GATE.gap_frames(RATE), frame + 1])
        window = whole[first:last]
        pairs = candidate_pairs(window, RATE, GATE, since_frame=frame)
        new = window.frame == frame
        known = Motion(velocity[first:last][~new], support[first:last][~new])
        found = known.continued_by(past_motion(window, pairs))
        features = pair_features(window, pairs, rank[first:last], RATE, found)
        velocity[first:last], support[first:last] = found.velocity, found.support
        rows = np.flatnonzero(whole.frame[all_pairs.later] == frame)
        np.testing.assert_array_equal(all_pairs.earlier[rows], pairs.earlier + first)
        np.testing.assert_array_equal(all_pairs.later[rows], pairs.later + first)
        np.testing.assert_array_equal(all_features[rows], features)
        seen += len(rows)
    assert seen == len(all_pairs) > 100
    np.testing.assert_array_equal(velocity, all_motion.velocity)
    np.testing.assert_array_equal(support, all_motion.support)


@pytest.mark.parametrize("block", [1, 40, 300])
def test_block_by_block_the_features_are_the_same(block, monkeypatch):
    pairs, features, _ = features_of(scene := crowd(3))
    assert len(pairs) > 300
    monkeypatch.setattr("siamlink.association.pairs.features.LARGE_BLOCK", block)
    np.testing.assert_array_equal(features_of(scene)[1], features)


@pytest.mark.parametrize(("scale", "shift"), [(1, 512), (4, 0), (0.5, -256), (2, 64)])
def test_features_depend_neither_on_place_nor_on_resolution(scale, shift):
    scene = crowd(1)
    moved = Detections(scene.frame + 77, scene.box * np.float32(scale) + shift, scene.score, scene.label)
    pairs, features, motion = features_of(scene)
    moved_pairs, moved_features, moved_motion = features_of(moved)
    np.testing.assert_array_equal(moved_pairs.earlier, pairs.earlier)
    np.testing.assert_allclose(moved_features, features, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moved_motion.velocity, motion.velocity * scale, rtol=1e-9)


def test_the_order_of_detections_within_frames_changes_no_feature():
    scene = crowd(2)
    order = np.random.default_rng(0).permutation(len(scene))
    order = order[np.argsort(scene.frame[order], kind="stable")]
    mixed = scene[order]
    pairs, features, _ = features_of(scene)
    mixed_pairs, mixed_features, _ = features_of(mixed)
    by_pair = dict(zip(zip(pairs.earlier, pairs.later, strict=True), features, strict=True))
    keys = zip(order[mixed_pairs.earlier], order[mixed_pairs.later], strict=True)
    np.testing.assert_allclose(mixed_features, [by_pair[key] for key in keys], rtol=1e-5, atol=1e-6)


def test_without_pairs_there_are_no_features():
    for scene in (Detections.empty(), boxes((1, 0, 0, 10, 20))):
        pairs, features, motion = features_of(scene)
        assert features.shape == (0, len(PAIR_FEATURES))
        assert (len(pairs), motion.velocity.shape) == (0, (len(scene), 2))


@given(seed=st.integers(0, 10**6), twice=st.booleans())
def test_motion_is_the_least_squares_line_through_the_best_predecessors(seed, twice):
    detections = crowd(seed)
    if twice:  # rivals that fit equally well
        detections = Detections.concatenate([detections, detections])
    pairs = candidate_pairs(detections, 25, GateParameters())
    motion = past_motion(detections, pairs)
    gap = detections.frame[pairs.later] - detections.frame[pairs.earlier]
    centre, height = detections.centre.astype(np.float64), detections.height.astype(np.float64)
    for row in range(0, len(detections), 7):
        steps = []
        for frames in np.unique(gap[pairs.later == row]):
            earlier = pairs.earlier[(pairs.later == row) & (gap == frames)]
            offset = (centre[row] - centre[earlier]) / ((height[row] + height[earlier]) / 2)[:, None]
            change = np.abs((height[row] - height[earlier]) / (height[row] + height[earlier]))
            misfit = np.hypot(*offset.T) + change
            if misfit.min() < LARGEST_MISFIT:
                steps.append((frames, *(centre[row] - centre[earlier[misfit.argmin()]])))
        assert motion.support[row] == len(steps)
        if steps:
            frames, *step = np.array(steps).T
            expected = [(frames * each).sum() / (frames**2).sum() for each in step]
            np.testing.assert_allclose(motion.velocity[row], expected, rtol=1e-9, atol=1e-9)
        else:
            assert np.isnan(motion.velocity[row]).all()


def test_motion_of_nothing():
    nothing = np.zeros(0, np.int64)
    assert len(past_motion(Detections.empty(), Pairs(nothing, nothing)).support) == 0
