import ctypes
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.association.boosting.booster import (
    BoostingParameters,
    WeightedExamples,
    load_booster,
    predict,
    train_booster,
)
from siamlink.detectors.base.errors import ModelError

FEATURES = ("gap", "overlap")


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    """Two trees of a few nodes, as XGBoost writes them."""
    rows = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
    settings = BoostingParameters(min_leaf_weight=0)
    examples = [WeightedExamples.of_video(rows, rows[:, 0] > rows[:, 1])]
    booster = train_booster(examples, FEATURES, "kinds", settings, 2, max_depth=3)
    return json.loads(bytes(booster.save_raw("json")))


def write(path: Path, model: dict[str, Any]) -> Path:
    path.write_text(json.dumps(model, separators=(",", ":")))
    return path


def trees_of(model: dict[str, Any]) -> dict[str, Any]:
    return model["learner"]["gradient_booster"]["model"]


def test_an_undamaged_model_predicts(tmp_path: Path, model: dict[str, Any]) -> None:
    answers = predict(load_booster(write(tmp_path / "a.json", model), FEATURES), np.eye(2, dtype=np.float32), FEATURES)
    assert answers[0] > answers[1]


CRASHING: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a child beyond the nodes": lambda m: trees_of(m)["trees"][0]["left_children"].__setitem__(0, 10**8),
    "a circle": lambda m: trees_of(m)["trees"][0]["left_children"].__setitem__(0, 0),
    "a child of its own right": lambda m: trees_of(m)["trees"][0]["right_children"].__setitem__(-1, 1),
    "a parent beyond the nodes": lambda m: trees_of(m)["trees"][0]["parents"].__setitem__(0, 434_078),
    "another parent": lambda m: trees_of(m)["trees"][0]["parents"].__setitem__(-1, 10**6),
    "leaves of several outputs": lambda m: trees_of(m)["trees"][0]["tree_param"].update(size_leaf_vector="2"),
    "a feature that is not there": lambda m: trees_of(m)["trees"][0]["split_indices"].__setitem__(0, 10**8),
    "a split by category": lambda m: trees_of(m)["trees"][0]["split_type"].__setitem__(0, 1),
    "another output": lambda m: trees_of(m)["tree_info"].__setitem__(0, 7),
    "rounds beyond the trees": lambda m: trees_of(m)["iteration_indptr"].__setitem__(-1, 10**6),
    "other features": lambda m: m["learner"]["learner_model_param"].__setitem__("num_feature", "1000000000"),
    "a part that is missing": lambda m: trees_of(m).pop("tree_info"),
}


@pytest.mark.parametrize("fault", CRASHING)
def test_trees_that_would_crash_the_program_are_refused(tmp_path: Path, model: dict[str, Any], fault: str) -> None:
    hostile = json.loads(json.dumps(model))
    CRASHING[fault](hostile)
    with pytest.raises(ModelError, match=r"a\.json is not an XGBoost model"):
        load_booster(write(tmp_path / "a.json", hostile), FEATURES)


def test_a_key_that_is_there_twice_is_refused(tmp_path: Path, model: dict[str, Any]) -> None:
    path = write(tmp_path / "a.json", model)
    path.write_text(path.read_text().replace('"tree_info":', '"tree_info":[0,0],"tree_info":'))
    with pytest.raises(ModelError, match=r"a\.json is not an XGBoost model, or its trees are damaged"):
        load_booster(path, FEATURES)


def test_a_model_of_absurd_size_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(ModelError, match="larger than any model"):
        load_booster(tmp_path / "a.json", FEATURES)


def test_trees_learn_what_the_margin_leaves_out(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(4000, 2)).astype(np.float32)
    margin = 3.0 * features[:, 0].astype(np.float64)
    target = random.random(4000) < 1 / (1 + np.exp(-margin - 2 * np.sign(features[:, 1])))
    examples = [WeightedExamples(features[:, 1:], target, np.ones(4000), margin)]
    kinds = BoostingParameters(learning_rate=0.3, min_leaf_weight=1, column_share=1)
    booster = train_booster(examples, ["second"], "kinds", kinds, 20, max_depth=1, base_score=0.5)
    (tmp_path / "model.json").write_bytes(booster.save_raw("json"))
    added = predict(
        load_booster(tmp_path / "model.json", ("second",)), np.array([[-1.0], [1.0]], np.float32), ("second",)
    )
    assert np.log(added / (1 - added)) == pytest.approx([-2, 2], abs=0.4)


def test_predictions_of_any_number_of_rows_leave_no_types_behind(tmp_path: Path, model: dict[str, Any]) -> None:
    booster = load_booster(write(tmp_path / "model.json", model), FEATURES)
    rows = np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32)
    every = predict(booster, rows, FEATURES)
    before = len(ctypes.Array.__subclasses__())
    for count in range(1, 60):
        assert predict(booster, rows[:count], FEATURES).tolist() == every[:count].tolist()
    assert len(ctypes.Array.__subclasses__()) == before
