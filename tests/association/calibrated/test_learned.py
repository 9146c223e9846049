import numpy as np
import pytest

from siamlink.association.calibrated.candidate_links import candidate_links
from siamlink.association.calibrated.estimate import first_estimate
from siamlink.association.calibrated.learned import EASY, LARGEST_CORRECTION, LINK_BONUS, MARGINS, LearnedLinks
from siamlink.association.calibrated.link_features import NAMES, link_features
from siamlink.association.calibrated.models import LINKS_FILE, WEIGHTS
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.detections import Detections


@pytest.fixture(scope="module")
def learned() -> LearnedLinks:
    return LearnedLinks(WEIGHTS / LINKS_FILE)


def test_the_correction_is_bounded_and_never_raises_a_ratio_by_more_than_the_bonus(
    learned: LearnedLinks, walkers: Detections
) -> None:
    scene = make_scene(walkers)
    estimate = first_estimate(scene)
    links = candidate_links(scene, estimate, 11, least=-50.0)
    features = link_features(scene, links, estimate.successor, np.full(24, 0.9), 0.0)
    assert np.abs(learned.correction(features)).max() <= LARGEST_CORRECTION + 1e-9
    assert (learned.corrected(links, features) <= links.ratio + LINK_BONUS).all()


def test_easy_links_are_not_corrected(learned: LearnedLinks, walkers: Detections) -> None:
    scene = make_scene(walkers)
    links = candidate_links(scene, first_estimate(scene), 1)
    features = np.zeros((len(links), len(NAMES)), np.float32)
    features[:, MARGINS] = EASY
    assert learned.corrected(links, features).tolist() == (links.ratio + LINK_BONUS).tolist()
    features[0, MARGINS[1]] = EASY - 1
    changed = learned.corrected(links, features) != links.ratio + LINK_BONUS
    assert changed.tolist() == [True] + [False] * (len(links) - 1)


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(ModelError):
        LearnedLinks(WEIGHTS / "alone.json")
