from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.appearance.loading import load_appearance
from siamlink.association.matcher import (
    CONTEXT_FILE,
    DETECTION_FEATURES,
    DETECTION_FILE,
    LINK_FILE,
    Matcher,
    detection_features,
)
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import PAIR_FEATURES
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.detections import Detections


@pytest.fixture
def folder(matcher, tmp_path):
    matcher.save(tmp_path / "model")
    return tmp_path / "model"


def detections_of(scores, heights=None) -> Detections:
    count = len(scores)
    height = np.full(count, 50) if heights is None else np.array(heights)
    box = np.column_stack([np.zeros(count), 100 - height, height / 2, np.full(count, 100)])
    return Detections(np.arange(1, count + 1), box, scores, np.zeros(count))


def columns(detections, pairs, probability, future=True) -> dict[str, np.ndarray]:
    scene = SceneStatistics.of(detections)
    features = detection_features(detections, scene, pairs, np.asarray(probability), future)
    assert features.shape == (len(detections), len(DETECTION_FEATURES))
    assert features.dtype == np.float32
    return dict(zip(DETECTION_FEATURES, features.T, strict=True))


def test_support_is_the_best_context_probability_on_either_side():
    pairs = Pairs(np.array([0, 0, 1]), np.array([1, 2, 2]))
    found = columns(detections_of([1, 2, 3]), pairs, [0.75, 0.25, 0.5])
    assert found["support_past"].tolist() == [0, 0.75, 0.5]
    assert found["support_future"].tolist() == [0.75, 0.5, 0]
    assert found["support_both"].tolist() == [0.75, 1.25, 0.5]


def test_without_the_future_only_its_support_is_missing():
    pairs = Pairs(np.array([0]), np.array([1]))
    online = columns(detections_of([1, 2]), pairs, [0.5], future=False)
    offline = columns(detections_of([1, 2]), pairs, [0.5])
    unknown = {"support_future", "support_both"}
    for name in DETECTION_FEATURES:
        if name in unknown:
            assert np.isnan(online[name]).all()
        else:
            np.testing.assert_array_equal(online[name], offline[name])


def test_score_and_height_are_relative_to_the_scene():
    found = columns(detections_of([1, 2, 3], heights=[25, 50, 100]), Pairs(np.zeros(0, int), np.zeros(0, int)), [])
    assert found["score_rank"] == pytest.approx([1 / 6, 1 / 2, 5 / 6])
    assert found["score_deviation"].tolist() == [-1, 0, 1]
    assert found["relative_height"].tolist() == [0.5, 1, 2]
    np.testing.assert_array_equal(found["height_residual_abs"], np.abs(found["height_residual"]))


def test_the_trained_matcher_separates_links_and_objects(matcher, examples):
    from siamlink.association.training.ground_truth import is_next

    for example in examples:
        link = matcher.context_probability(example.features)
        true = is_next(example.pairs, example.identity)
        assert link[true].mean() > 0.8
        assert link[~true].mean() < 0.05
        features = detection_features(example.detections, example.scene, example.pairs, link)
        person = matcher.detection_probability(features)
        assert person[example.identity >= 0].mean() > 0.9
        assert person[example.identity < 0].mean() < 0.2
        for probability in (link, person):
            assert probability.dtype == np.float64
            assert ((probability > 0) & (probability < 1)).all()


def test_without_features_there_are_no_probabilities(matcher):
    assert matcher.context_probability(np.zeros((0, len(PAIR_FEATURES)), np.float32)).shape == (0,)
    assert matcher.detection_probability(np.zeros((0, len(DETECTION_FEATURES)), np.float32)).shape == (0,)


def test_missing_features_are_allowed(matcher):
    unknown = np.full((1, len(PAIR_FEATURES)), np.nan, np.float32)
    assert 0 < matcher.context_probability(unknown)[0] < 1


def test_a_saved_matcher_predicts_the_same(matcher, folder, examples):
    loaded = Matcher.load(folder)
    features = examples[0].features[:500]
    np.testing.assert_array_equal(loaded.context_probability(features), matcher.context_probability(features))
    shown = np.random.default_rng(0).random((20, len(DETECTION_FEATURES)), np.float32)
    np.testing.assert_array_equal(loaded.detection_probability(shown), matcher.detection_probability(shown))


def test_the_same_matcher_saves_the_same_bytes(matcher, folder, tmp_path):
    Matcher.load(folder).save(tmp_path / "again")
    for name in (CONTEXT_FILE, DETECTION_FILE):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", [CONTEXT_FILE, DETECTION_FILE])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"no model at .*{name}; train one with 'siamlink train'"):
        Matcher.load(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"{}",
        b'{"learner": {}}',
        b"\x80\x04\x95pickle.",
        bytes(range(256)) * 8,
        b"{" + b"\xff" * 99 + b"}",
    ],
    ids=["empty", "text", "no-learner", "json", "pickle", "binary", "braces"],
)
def test_a_foreign_file_is_no_model(folder, content):
    (folder / CONTEXT_FILE).write_bytes(content)
    with pytest.raises(ModelError, match=r"context.json is not an XGBoost model") as caught:
        Matcher.load(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.slow
def test_a_model_that_is_cut_off_is_refused_wherever_the_cut_is(folder):
    path = folder / DETECTION_FILE
    whole = path.read_bytes()
    for length in range(1, len(whole), len(whole) // 50):
        path.write_bytes(whole[:length])
        if whole[length - 1 : length] != b"}":
            with pytest.raises(ModelError, match="truncated"):
                Matcher.load(folder)


def test_a_model_of_other_features_is_refused(folder):
    import xgboost

    (folder / CONTEXT_FILE).write_bytes((folder / DETECTION_FILE).read_bytes())
    with pytest.raises(ModelError, match=r"context.json was trained on other features .*; train it again"):
        Matcher.load(folder)
    rows = np.random.default_rng(0).random((20, len(PAIR_FEATURES)))
    nameless = xgboost.train({"verbosity": 0}, xgboost.DMatrix(rows, np.arange(20) % 2), 1)
    nameless.save_model(folder / CONTEXT_FILE)
    with pytest.raises(ModelError, match="other features"):
        Matcher.load(folder)


def test_the_shipped_matcher_loads():
    shipped = Matcher.load()
    still = np.zeros((1, len(PAIR_FEATURES)), np.float32)
    assert 0 < shipped.context_probability(still)[0] < 1
    assert 0 < shipped.detection_probability(np.zeros((1, len(DETECTION_FEATURES)), np.float32))[0] < 1


class Look:
    feature_names = ("likeness", "other")

    def describe(self, image, box):
        return box

    def compare(self, earlier, later):
        return np.zeros((len(earlier), 2))


@pytest.fixture
def looking(matcher):
    """The matcher with a link model that says what the likeness says."""
    import xgboost

    look = load_appearance(Look)
    names = [*PAIR_FEATURES, *look.feature_names]
    rows = np.random.default_rng(0).random((500, len(names)))
    data = xgboost.DMatrix(rows, rows[:, names.index("Look.likeness")] > 0.5, feature_names=names)
    link = xgboost.train({"verbosity": 0, "objective": "binary:logistic"}, data, 5)
    return replace(matcher, link=link, appearance=look)


def test_only_pairs_that_were_compared_are_revised(looking):
    features = np.zeros((4, len(PAIR_FEATURES)), np.float32)
    features[:, PAIR_FEATURES.index("gap_frames")] = 1
    pairs = Pairs(np.array([0, 0, 1, 1]), np.array([2, 3, 2, 3]))
    values = np.array([[1, 0], [0, 0], [1, 0]], np.float32)
    compared = ComparedPairs(np.array([1, -1, 2]), (values,))
    before = np.full(4, 0.5)
    after = looking.revise(before, features, pairs, np.array([0, 2, 3]), compared)
    assert after[0] < 0.2
    assert after[3] > 0.8
    assert after[1:3].tolist() == [0.5, 0.5]
    assert before.tolist() == [0.5] * 4
    nothing = looking.revise(before, features, pairs, np.zeros(0, np.intp), ComparedPairs.none(0))
    assert nothing.tolist() == before.tolist()
    unseen = looking.revise(before, features, pairs, np.array([1, 2]), ComparedPairs.none(2))
    assert unseen.tolist() == before.tolist()


def test_the_link_model_is_saved_and_loaded_with_its_appearance(looking, tmp_path):
    looking.save(tmp_path / "model")
    loaded = Matcher.load(tmp_path / "model", looking.appearance)
    rows = np.random.default_rng(1).random((20, len(looking.link.feature_names)), np.float32)
    np.testing.assert_array_equal(loaded.link.inplace_predict(rows), looking.link.inplace_predict(rows))
    blind = Matcher.load(tmp_path / "model")
    assert (blind.link, blind.appearance) == (None, None)


@pytest.mark.slow
def test_an_appearance_without_a_link_model_is_a_message_of_one_line(looking, folder, tmp_path):
    with pytest.raises(
        ModelError, match=r"no model at .*link.json, so the appearance 'Look' cannot be used; train one"
    ):
        Matcher.load(folder, looking.appearance)
    looking.save(tmp_path / "model")
    other = load_appearance(type("Other", (Look,), {}))
    with pytest.raises(ModelError, match=r"link.json was trained with another appearance than 'Other'") as caught:
        Matcher.load(tmp_path / "model", other)
    assert "appearance=none" in str(caught.value)
    (tmp_path / "model" / LINK_FILE).write_text("hello")
    with pytest.raises(ModelError, match=r"link.json is not an XGBoost model"):
        Matcher.load(tmp_path / "model", looking.appearance)


@pytest.mark.slow
def test_a_detection_model_with_former_names_predicts_the_same_and_warns(tmp_path):
    present = Matcher.load()
    present.save(tmp_path)
    content = (tmp_path / DETECTION_FILE).read_text()
    (tmp_path / DETECTION_FILE).write_text(content.replace("height_residual", "height_surprise"))
    with pytest.warns(FutureWarning, match="height_surprise is height_residual now, height_surprise_abs is"):
        former = Matcher.load(tmp_path)
    features = np.random.default_rng(0).normal(size=(50, len(DETECTION_FEATURES))).astype(np.float32)
    assert np.array_equal(former.detection_probability(features), present.detection_probability(features))
