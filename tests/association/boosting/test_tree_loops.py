"""The trees in compiled loops predict what XGBoost predicts, bit by bit, or are not used."""

import json
from importlib.resources import files

import numpy as np
import pytest

from siamlink.association.boosting import tree_loops as module
from siamlink.association.boosting.tree_loops import tree_loops
from siamlink.association.boosting.xgboost_c_api import Trees

pytestmark = pytest.mark.usefixtures("compiled_at_once")

MODELS = ("context.json", "detection.json", "tracklet_link.json", "tracklet_object.json")


def loaded(name: str) -> tuple[Trees, dict]:
    content = (files("siamlink.association") / "weights" / name).read_bytes()
    return Trees(content), json.loads(content)


@pytest.mark.parametrize("name", MODELS)
def test_every_shipped_model_predicts_the_same(name):
    trees, model = loaded(name)
    assert not trees.compiled
    trees.inplace_predict(np.zeros((1, int(model["learner"]["learner_model_param"]["num_feature"])), np.float32))
    assert trees.compiled
    random, features = np.random.default_rng(1), int(model["learner"]["learner_model_param"]["num_feature"])
    for count in (1, 16, 17, 63, 64, 65, 700):
        rows = random.normal(0, 2, (count, features)).astype(np.float32)
        rows[random.random(rows.shape) < 0.05] = np.nan
        rows[random.random(rows.shape) < 0.02] = np.inf
        assert np.array_equal(trees._loops.predict(rows), trees._predict_by_library(rows))
        assert np.array_equal(trees.inplace_predict(np.asfortranarray(rows)), trees._predict_by_library(rows))


def test_trees_that_predict_anything_else_are_left_to_xgboost():
    trees, model = loaded("detection.json")
    assert tree_loops(model, trees._predict_by_library) is not None
    assert tree_loops(model, lambda rows: np.nextafter(trees._predict_by_library(rows), np.float32(1))) is None


def test_trees_of_another_kind_are_left_to_xgboost():
    trees, model = loaded("detection.json")
    for part, name in (("objective", "reg:squarederror"), ("gradient_booster", "dart")):
        other = {**model["learner"], part: {**model["learner"][part], "name": name}}
        assert tree_loops({"learner": other}, trees._predict_by_library) is None
    no_trees = {**model["learner"], "gradient_booster": {"name": "gbtree", "model": {"trees": []}}}
    assert tree_loops({"learner": no_trees}, trees._predict_by_library) is None
    model["learner"]["gradient_booster"]["model"]["trees"][0]["split_type"][0] = 1
    assert tree_loops(model, trees._predict_by_library) is None


def test_trees_of_too_many_levels_are_left_to_xgboost(monkeypatch):
    trees, model = loaded("detection.json")
    monkeypatch.setattr(module, "DEEPEST", 2)
    assert tree_loops(model, trees._predict_by_library) is None
