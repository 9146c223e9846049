"""Trees asked through the C interface answer as XGBoost's own Python package does."""

import ctypes
import gc
import pickle
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.boosting import xgboost_c_api as module
from siamlink.association.boosting.booster import BoostingParameters, WeightedExamples, train_booster
from siamlink.association.boosting.xgboost_c_api import Trees
from siamlink.detectors.base.errors import ConfigError

MODELS = ["context.json", "detection.json", "tracklet_link.json", "tracklet_object.json", "paper/link.json"]


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_models_predict_bit_by_bit_as_by_xgboost(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import xgboost

    monkeypatch.setattr(module, "PART", 200)
    path = SHIPPED.parent / name
    theirs, ours = xgboost.Booster(model_file=str(path)), Trees(path.read_bytes())
    assert [*ours.feature_names] == theirs.feature_names
    assert {key: ours.attr(key) for key in theirs.attributes()} == theirs.attributes()
    random = np.random.default_rng(0)
    rows = random.normal(0, 2, (1001, len(ours.feature_names))).astype(np.float32)
    rows[random.random(rows.shape) < 0.2] = np.nan
    np.testing.assert_array_equal(ours.inplace_predict(rows), theirs.inplace_predict(rows))
    np.testing.assert_array_equal(ours.inplace_predict(rows[:1]), theirs.inplace_predict(rows[:1]))


@pytest.fixture(scope="module")
def small() -> Trees:
    rows = np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)
    settings = BoostingParameters(min_leaf_weight=0)
    examples = [WeightedExamples.of_video(rows, rows[:, 0] > rows[:, 1])]
    booster = train_booster(examples, ("a", "b", "c"), "kinds", settings, 4, max_depth=3)
    return Trees(bytes(booster.save_raw("json")))


@given(count=st.integers(1, 40), part=st.integers(1, 40), columns=st.booleans())
def test_the_prediction_of_a_row_does_not_depend_on_the_others(
    small: Trees, count: int, part: int, columns: bool
) -> None:
    rows = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    given_rows = np.asfortranarray(rows) if columns else rows
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PART", part)
        together = small.inplace_predict(given_rows)
    np.testing.assert_array_equal(together, np.concatenate([small.inplace_predict(row[None]) for row in rows]))


class Holder:
    """Something that holds trees, and can hold itself."""

    itself: "Holder"


@pytest.mark.parametrize("in_a_circle", [False, True])
def test_a_handle_is_freed_once_with_what_it_belongs_to(in_a_circle: bool) -> None:
    freed: list[int] = []
    free = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda handle: freed.append(handle) or 0)
    holder = Holder()
    module._free_with(holder, free, ctypes.c_void_p(7))
    if in_a_circle:
        holder.itself = holder
    assert freed == []
    del holder
    gc.collect()
    assert freed == [7]
    module._free_with(Holder(), free, ctypes.c_void_p(8))
    assert freed == [7, 8]


def test_freeing_trees_runs_no_code_of_python_in_which_an_interrupt_would_be_lost(small: Trees) -> None:
    trees, functions = Trees(small.save_raw()), []
    sys.setprofile(lambda frame, event, _: functions.append(frame.f_code.co_name) if event == "call" else None)
    del trees
    sys.setprofile(None)
    assert functions == []


def test_a_loaded_model_is_saved_unchanged(small: Trees) -> None:
    again = Trees(small.save_raw("json"))
    assert again.save_raw() == small.save_raw()
    assert again.attr("nothing") is None


@pytest.mark.parametrize("content", [b"{}", b'{"learner": 1}', b"no JSON"])
def test_what_xgboost_does_not_read_is_an_error(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Trees(content)
    assert capfd.readouterr() == ("", "")


def test_nothing_heavy_is_imported_for_it() -> None:
    code = (
        "import sys; from siamlink.association.matcher import Matcher; Matcher.load(levels=2);"
        "print({'xgboost', 'sklearn', 'pandas', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd(), check=True)
    assert done.stdout == "set()\n"


def test_stored_trees_predict_the_same(small: Trees) -> None:
    small = Trees(small.save_raw())
    small.feature_names = ["renamed", *small.feature_names[1:]]
    rows = np.random.default_rng(1).normal(size=(20, 3)).astype(np.float32)
    again = pickle.loads(pickle.dumps(small))
    np.testing.assert_array_equal(again.inplace_predict(rows), small.inplace_predict(rows))
    assert again.feature_names == small.feature_names


@pytest.mark.parametrize("missing", ["the package", "its library"])
def test_without_xgboost_one_line_says_how_to_install_it(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module._library.cache_clear()
    spec = None
    if missing == "its library":
        (tmp_path / "libpath.py").write_text(
            "def find_lib_path():\n    raise Exception('no library\\nin these places')\n"
        )
        spec = ModuleSpec("xgboost", None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(module, "find_spec", lambda _: spec)
    with pytest.raises(ConfigError, match=r"XGBoost is not installed, or is incomplete .*: pip install") as caught:
        Trees(b"{}")
    assert "\n" not in str(caught.value)
