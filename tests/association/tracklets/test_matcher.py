"""Files of the models of the second level, and their predictions."""

import json
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.tracklets.features import TRACKLET_FEATURES
from siamlink.association.tracklets.matcher import (
    FORMER_NAMES,
    FORMER_OBJECT_FILE,
    LINK_FILE,
    OBJECT_FILE,
    TrackletMatcher,
)
from siamlink.association.tracklets.pair_features import TRACKLET_PAIR_FEATURES, reversed_in_time
from siamlink.detectors.base.errors import ModelError


def random_features(names: tuple[str, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(50, len(names))).astype(np.float32)


def with_former_names(path: Path) -> None:
    """Write the former feature names into the file of a model."""
    model = json.loads(path.read_text())
    former = {present: name for name, present in FORMER_NAMES.items()}
    model["learner"]["feature_names"] = [former.get(name, name) for name in model["learner"]["feature_names"]]
    path.write_text(json.dumps(model, separators=(",", ":")))


@pytest.mark.slow
def test_models_are_saved_loaded_and_belong_to_an_appearance(second_level: TrackletMatcher, tmp_path: Path) -> None:
    second_level.save(tmp_path)
    described = type("Plain", (), {"describe": lambda self, image, box: box})

    def named(label: str) -> Appearances:
        return Appearances([LoadedAppearance("mine", label, described)])

    loaded = TrackletMatcher.load(tmp_path, named("grey-1"))
    features = np.random.default_rng(0).normal(size=(5, len(loaded.link.feature_names))).astype(np.float32)
    assert np.array_equal(loaded.link_probability(features), second_level.link_probability(features))
    TrackletMatcher.load(tmp_path, None)
    message = r"was trained with the appearance 'grey-1', not with 'mine'; train one .* --config general"
    with pytest.raises(ModelError, match=message):
        TrackletMatcher.load(tmp_path, named("grey-2"))
    (tmp_path / OBJECT_FILE).write_bytes((tmp_path / LINK_FILE).read_bytes())
    with pytest.raises(ModelError, match=f"{OBJECT_FILE} was trained on other features"):
        TrackletMatcher.load(tmp_path, None)
    (tmp_path / LINK_FILE).unlink()
    with pytest.raises(ModelError, match=f"no model at .*{LINK_FILE}"):
        TrackletMatcher.load(tmp_path, None)


@pytest.mark.slow
def test_the_prediction_of_a_pair_is_that_of_the_reversed_video() -> None:
    matcher, features = TrackletMatcher.load(SHIPPED.parent, None), random_features(TRACKLET_PAIR_FEATURES)
    probability = matcher.link_probability(features)
    np.testing.assert_allclose(matcher.link_probability(reversed_in_time(features)), probability, atol=1e-7)
    assert probability.std() > 0.01


@pytest.mark.slow
def test_a_memoised_matcher_predicts_the_same() -> None:
    matcher, features = TrackletMatcher.load(SHIPPED.parent, None), random_features(TRACKLET_FEATURES)
    memoised = matcher.memoised()
    for _ in range(2):
        assert np.array_equal(memoised.object_probability(features), matcher.object_probability(features))


@pytest.mark.slow
def test_models_with_former_names_predict_the_same_and_warn(tmp_path: Path) -> None:
    present = TrackletMatcher.load(SHIPPED.parent, None)
    present.save(tmp_path)
    for name in (LINK_FILE, OBJECT_FILE):
        with_former_names(tmp_path / name)
    (tmp_path / OBJECT_FILE).rename(tmp_path / FORMER_OBJECT_FILE)
    with pytest.warns(FutureWarning) as warned:
        former = TrackletMatcher.load(tmp_path, None)
    text = "\n".join(str(each.message) for each in warned)
    assert "likeness is similarity now" in text
    assert "height_surprise is height_residual now" in text
    assert f"{FORMER_OBJECT_FILE}' is now called '{OBJECT_FILE}'" in text
    pairs, tracklets = random_features(TRACKLET_PAIR_FEATURES), random_features(TRACKLET_FEATURES)
    assert np.array_equal(former.link_probability(pairs), present.link_probability(pairs))
    assert np.array_equal(former.object_probability(tracklets), present.object_probability(tracklets))


@pytest.mark.slow
def test_the_present_file_is_preferred_to_the_former_one(tmp_path: Path) -> None:
    TrackletMatcher.load(SHIPPED.parent, None).save(tmp_path)
    (tmp_path / FORMER_OBJECT_FILE).write_text("{}")
    TrackletMatcher.load(tmp_path, None)
