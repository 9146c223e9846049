"""How much each feature contributes, compared with XGBoost's own Python package."""

import numpy as np
import pytest

from siamlink.association.boosting.booster import BoostingParameters, WeightedExamples, train_booster
from siamlink.association.boosting.contributions import ExplainedTrees
from siamlink.association.boosting.xgboost_c_api import Trees


def test_contributions_are_those_of_xgboost_and_add_up() -> None:
    import xgboost

    rows = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    examples = [WeightedExamples.of_video(rows, rows[:, 0] > rows[:, 2])]
    booster = train_booster(examples, ("a", "b", "c"), "kinds", BoostingParameters(min_leaf_weight=0), 6, max_depth=3)
    rows[::7, 1] = np.nan
    theirs = booster.predict(xgboost.DMatrix(rows, feature_names=["a", "b", "c"]), pred_contribs=True)
    shuffled = np.column_stack([np.zeros(len(rows)), rows[:, [2, 0, 1]]]).astype(np.float32)
    for model in (booster, Trees(bytes(booster.save_raw("json")))):
        explained = ExplainedTrees(model, ("unused", "c", "a", "b"))
        base, found = explained.parts(shuffled)
        np.testing.assert_array_equal(found[:, [2, 3, 1]], theirs[:, :3])
        assert (found[:, 0] == 0).all()
        probability = np.asarray(booster.inplace_predict(rows), np.float64)
        log_odds = np.log(probability / (1 - probability))
        assert explained.log_odds(shuffled) == pytest.approx(log_odds, abs=1e-5)
        assert base + found.sum(axis=1) == pytest.approx(log_odds, abs=1e-5)
        base, found = explained.parts(shuffled[:0])
        assert base.shape == explained.log_odds(shuffled[:0]).shape == (0,)
        assert found.shape == (0, 4)
