import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.detections import Detections

scores = st.lists(st.integers(-50, 50).map(lambda value: value / 8), min_size=1, max_size=30)


def scored(values) -> Detections:
    count = len(values)
    return Detections(np.ones(count), np.tile([0, 0, 10, 20], (count, 1)), values, np.zeros(count))


def on_the_ground(foot, height, score=None) -> Detections:
    """Upright boxes by the y of their feet and their heights."""
    foot, height = np.asarray(foot, float), np.asarray(height, float)
    box = np.column_stack([0 * foot, foot - height, height / 3, foot])
    return Detections(np.ones(len(foot)), box, np.ones(len(foot)) if score is None else score, np.zeros(len(foot)))


@given(scores)
def test_the_rank_is_the_share_of_lower_scores_and_half_of_the_equal_ones(values):
    detections = scored(values)
    rank = SceneStatistics.of(detections).score_rank(detections)
    lower = [sum(other < value for other in values) for value in values]
    equal = [values.count(value) for value in values]
    expected = (np.array(lower) + np.array(equal) / 2) / len(values)
    np.testing.assert_allclose(rank, expected)
    assert ((rank > 0) & (rank < 1)).all()


@given(scores, st.sampled_from([0.25, 2.0, 64.0]), st.integers(-9, 9))
def test_ranks_and_deviations_do_not_depend_on_the_unit_of_the_scores(values, scale, shift):
    one, other = scored(values), scored(np.array(values) * scale + shift)
    left, right = SceneStatistics.of(one), SceneStatistics.of(other)
    np.testing.assert_array_equal(left.score_rank(one), right.score_rank(other))
    if np.subtract(*np.percentile(values, [75, 25])) > 0:
        np.testing.assert_allclose(left.score_deviation(one), right.score_deviation(other), atol=1e-9)


def test_scores_of_other_detections_are_ranked_among_those_of_the_scene():
    scene = SceneStatistics.of(scored([1, 2, 3, 4]))
    assert scene.score_rank(scored([0, 1, 2.5, 9])).tolist() == [0, 0.125, 0.5, 1]
    assert scene.score_deviation(scored([2.5, 4, 1])) == pytest.approx([0, 1, -1])


def test_equal_scores_deviate_by_nothing():
    same = scored([0.7] * 5)
    assert SceneStatistics.of(same).score_deviation(same).tolist() == [0] * 5


def test_heights_that_grow_with_the_foot_are_expected():
    foot = np.arange(200.0, 500, 10)
    people = on_the_ground(foot, 0.4 * foot - 40)
    scene = SceneStatistics.of(people)
    assert scene.height_line == pytest.approx((0.4, -40), abs=1e-3)
    assert scene.height_residual(people) == pytest.approx(0, abs=1e-5)
    assert scene.median_height == pytest.approx(np.median(0.4 * foot - 40))
    tall = on_the_ground([300, 300], [160, 40])
    assert scene.height_residual(tall) == pytest.approx(np.log([2, 0.5]), abs=1e-4)


def test_false_detections_hardly_change_the_height_line():
    rng = np.random.default_rng(0)
    foot = rng.uniform(200, 500, 300)
    height = 0.4 * foot - 40
    wild = np.arange(300) % 4 == 0
    height[wild] = rng.uniform(20, 400, wild.sum())
    scene = SceneStatistics.of(on_the_ground(foot, height, np.where(wild, 0.2, 0.8)))
    assert scene.height_residual(on_the_ground([220, 480], [48, 152])) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_height_residual_depends_neither_on_resolution_nor_on_the_horizon(scale):
    rng = np.random.default_rng(1)
    foot = rng.uniform(200, 500, 100)
    people = on_the_ground(foot, (0.4 * foot - 40) * np.exp(rng.normal(0, 0.1, 100)), rng.random(100))
    moved = on_the_ground((people.box[:, 3] + 50) * scale, people.height * scale, people.score)
    one, other = SceneStatistics.of(people), SceneStatistics.of(moved)
    assert other.median_height == pytest.approx(one.median_height * scale, rel=1e-5)
    assert other.height_residual(moved) == pytest.approx(one.height_residual(people), abs=1e-4)


def test_where_heights_follow_no_line_residuals_are_smaller():
    rng = np.random.default_rng(0)
    foot = rng.uniform(150, 500, 2000)
    surprises = []
    for spread in (0.05, 0.1, 0.4):
        height = (0.4 * foot - 10) * np.exp(spread / 0.6745 * rng.standard_normal(2000))
        scene = SceneStatistics.of(on_the_ground(foot, height))
        assert scene.height_spread == pytest.approx(spread, rel=0.2)
        tall = on_the_ground([300], [2 * 110])
        surprises.append(scene.height_residual(tall)[0])
    assert surprises[:2] == pytest.approx([np.log(2)] * 2, rel=0.2)
    assert 0 < surprises[2] < surprises[0] / 3


def test_far_above_the_horizon_a_fifth_of_the_median_height_is_expected():
    scene = SceneStatistics.of(on_the_ground(np.arange(200.0, 500, 10), 0.4 * np.arange(200.0, 500, 10) - 40))
    high_up = on_the_ground([50], [scene.median_height / 5])
    assert scene.height_residual(high_up) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("count", [1, 2, 50])
def test_a_scene_of_equal_boxes_is_as_expected(count):
    same = on_the_ground([300] * count, [100] * count)
    scene = SceneStatistics.of(same)
    assert scene.height_residual(same) == pytest.approx(0, abs=1e-5)
    assert scene.score_rank(same).tolist() == [0.5] * count
    assert scene.score_deviation(same).tolist() == [0] * count


def test_without_detections_the_statistics_are_neutral():
    scene, some = SceneStatistics.of(Detections.empty()), scored([1, 2])
    assert scene.score_rank(some).tolist() == [0.5, 0.5]
    assert scene.score_deviation(some).tolist() == [0, 0]
    assert np.isfinite(scene.height_residual(some)).all()
    assert len(SceneStatistics.of(some).score_rank(Detections.empty())) == 0
    assert len(scene.height_residual(Detections.empty())) == 0


def test_heights_are_compared_within_a_class_and_scores_over_all():
    adults = on_the_ground(np.linspace(300, 500, 40), np.linspace(300, 500, 40) / 4, np.linspace(0.6, 0.9, 40))
    balls = on_the_ground(np.linspace(300, 500, 40), np.full(40, 12.0), np.linspace(0.1, 0.3, 40))
    both = Detections.concatenate([adults, balls.with_label(np.full(40, 32, np.int16))])
    together, apart = SceneStatistics.of(both, separate=False), SceneStatistics.of(both)
    ball = both.label == 32
    assert np.abs(together.height_residual(both))[ball].min() > 1
    assert np.abs(apart.height_residual(both)).max() < 0.01
    assert (apart.score_rank(both) == together.score_rank(both)).all()
    assert apart.score_rank(both)[ball].max() <= 0.5
    assert apart.relative_height(both.height, both.label)[ball] == pytest.approx(np.ones(40))
    assert together.relative_height(both.height, both.label) == pytest.approx(both.height / together.median_height)


def test_a_class_without_statistics_is_compared_with_all():
    adults, children = on_the_ground([300, 400], [100, 100]), on_the_ground([300, 400], [50, 50])
    both = Detections.concatenate([adults, children.with_label(np.ones(2, int))])
    of_another = on_the_ground([300], [75]).with_label(np.full(1, 9))
    together = SceneStatistics.of(both, separate=False)
    assert SceneStatistics.of(both).height_residual(of_another) == pytest.approx(together.height_residual(of_another))
