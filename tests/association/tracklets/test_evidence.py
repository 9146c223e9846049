"""What speaks for and against links of tracklets: the contributions of both directions of time add up."""

import numpy as np
import pytest

from siamlink.association.calibrated.link_features import NAMES, WORDS
from siamlink.association.matcher import Matcher
from siamlink.association.pairs.features import FEATURE_WORDS as PAIR_WORDS
from siamlink.association.pairs.features import PAIR_FEATURES
from siamlink.association.tracklets.evidence import TrackletEvidence
from siamlink.association.tracklets.feature_words import FEATURE_WORDS
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.pair_features import TRACKLET_PAIR_FEATURES


@pytest.fixture(scope="module")
def shipped() -> TrackletMatcher:
    matcher = Matcher.load(levels=2).tracklets
    assert matcher is not None
    return matcher


def test_contributions_add_up_to_the_log_odds_of_the_mean_of_both_directions(shipped: TrackletMatcher) -> None:
    random = np.random.default_rng(0)
    features = random.normal(0, 1, (40, len(TRACKLET_PAIR_FEATURES))).astype(np.float32)
    features[random.random(features.shape) < 0.2] = np.nan
    evidence = TrackletEvidence(shipped, features, np.zeros(40))
    rows = np.arange(0, 40, 3)
    probability = shipped.link_probability(features)[rows]
    assert 1 / (1 + np.exp(-evidence.log_odds(rows))) == pytest.approx(probability, abs=1e-6)
    terms = evidence.terms(rows)
    assert terms.log_odds == pytest.approx(evidence.log_odds(rows), abs=1e-5)
    np.testing.assert_array_equal(evidence.similarity(rows), features[rows, TRACKLET_PAIR_FEATURES.index("similarity")])
    np.testing.assert_array_equal(terms.value[:, terms.names.index("overlap")], features[rows, 17])


def test_classes_are_a_term(shipped: TrackletMatcher) -> None:
    features = np.zeros((2, len(TRACKLET_PAIR_FEATURES)), np.float32)
    terms = TrackletEvidence(shipped, features, np.array([-1.5, 0.0])).terms(np.array([0, 1]))
    assert terms.contribution[:, terms.names.index("classes")].tolist() == [-1.5, 0]
    assert terms.log_odds[0] - terms.log_odds[1] == pytest.approx(-1.5)


@pytest.mark.parametrize(
    ("names", "words"), [(TRACKLET_PAIR_FEATURES, FEATURE_WORDS), (PAIR_FEATURES, PAIR_WORDS), (NAMES, WORDS)]
)
def test_each_feature_has_words_of_its_own(names: tuple[str, ...], words: dict[str, str]) -> None:
    assert tuple(words) == names
    assert len(set(words.values())) == len(words)
    assert not any("_" in each for each in words.values())
