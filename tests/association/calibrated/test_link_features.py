import numpy as np
import pytest

from siamlink.association.calibrated.candidate_links import candidate_links
from siamlink.association.calibrated.estimate import Estimate, first_estimate
from siamlink.association.calibrated.link_features import NAMES, link_features
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_columns_of_links(walkers: Detections, walker_estimate: Estimate) -> None:
    scene = make_scene(walkers)
    links = candidate_links(scene, first_estimate(scene), 2)
    probability = np.linspace(0.5, 0.95, 24)
    features = link_features(scene, links, walker_estimate.successor, probability, 7.0)
    assert features.shape == (len(links), len(NAMES))
    column = dict(zip(NAMES, features.T, strict=True))
    row = np.flatnonzero((links.earlier == 2) & (links.later == 4))[0]
    longer = np.flatnonzero((links.earlier == 2) & (links.later == 6))[0]
    np.testing.assert_allclose(column["ratio"], links.ratio, rtol=1e-6)
    terms = sum(column[name][row] for name in ("rates", "place", "velocity", "size"))
    assert terms == pytest.approx(links.ratio[row], abs=1e-4)
    assert column["margin_earlier"][row] == pytest.approx(links.ratio[row] - links.ratio[longer], abs=1e-4)
    assert (column["gap"][row], column["gap"][longer], column["rivals_earlier"][row]) == (1, 2, 2)
    assert (column["age"][row], column["rest"][row]) == (pytest.approx(np.log(2)), pytest.approx(np.log(10)))
    assert column["truth_earlier"][row] == pytest.approx(probability[2])
    assert column["company"][0] == pytest.approx(np.log(2))
    assert (column["usual_ratio"] == 7).all()


def test_no_links_have_no_features(walkers: Detections, walker_estimate: Estimate) -> None:
    scene = make_scene(walkers)
    links = candidate_links(scene, walker_estimate, 1, least=1000.0)
    assert link_features(scene, links, walker_estimate.successor, np.ones(24), 7.0).shape == (0, len(NAMES))
