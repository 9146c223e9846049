"""Boosted trees asked through XGBoost's C interface.

Importing XGBoost's Python package takes a second, most of it for scikit-learn, where that is installed; the library
below it takes a few milliseconds, and its answers are the same.
"""

import ctypes
import json
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.cores import on_all_cores

ONE_THREAD = b"nthread", b"1"
"""Threads of XGBoost's own cost more than they bring on few rows."""
PART = 4096
"""Rows that a thread answers at a time."""
ANSWER = {"type": 0, "training": False, "iteration_begin": 0, "iteration_end": 0, "strict_shape": False}
"""Probabilities by all trees, as `XGBoosterPredictFromDense` is asked for them."""


class Trees:
    """Trees of one output; asked like an `xgboost.Booster`, with the same answers bit by bit.

    Args:
        content: XGBoost's JSON, whole: XGBoost ends the program where there is nothing.

    Attributes:
        feature_names: of the columns that they are asked with; empty if the trees do not know them.

    Raises:
        ValueError: XGBoost does not read the content.
    """

    def __init__(self, content: bytes) -> None:
        self._library, self._content, self._handle = _library(), content, ctypes.c_void_p()
        self._call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        self._call("XGBoosterSetParam", self._handle, *ONE_THREAD)
        self._call("XGBoosterLoadModelFromBuffer", self._handle, content, ctypes.c_uint64(len(content)))
        learner = json.loads(content)["learner"]
        self.feature_names: Sequence[str] = learner.get("feature_names", [])
        self._attributes: dict[str, str] = learner.get("attributes", {})
        features = int(learner["learner_model_param"]["num_feature"])
        self._answer(np.zeros((1, features), np.float32))  # makes the library ready for several threads

    def __del__(self) -> None:
        if self._handle:
            self._library.XGBoosterFree(self._handle)

    def inplace_predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) the answers to rows of features (N, F), N at least 1; NaN stands for what is not known.

        Many rows are answered on all cores.
        """
        parts = [features[start : start + PART] for start in range(0, len(features), PART)]
        return np.concatenate(on_all_cores(self._answer, parts))

    def _answer(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.ascontiguousarray(features, np.float32)
        place = {"data": [rows.ctypes.data, True], "shape": rows.shape, "typestr": rows.dtype.str, "version": 3}
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        answers = ctypes.POINTER(ctypes.c_float)()
        self._call(
            "XGBoosterPredictFromDense",
            self._handle,
            json.dumps(place).encode(),
            json.dumps({**ANSWER, "missing": float("nan")}).encode(),
            None,
            ctypes.byref(shape),
            ctypes.byref(dimensions),
            ctypes.byref(answers),
        )
        return np.ctypeslib.as_array(answers, (len(rows),)).copy()  # the library's own memory, until it is asked again

    def attr(self, name: str) -> str | None:
        """A note that was made of them; None if there is none of that name."""
        return self._attributes.get(name)

    def save_raw(self, raw_format: str = "json") -> bytes:
        """The JSON they came from."""
        return self._content

    def _call(self, function: str, *arguments: Any) -> None:
        if getattr(self._library, function)(*arguments):
            raise ValueError(self._library.XGBGetLastError().decode("utf-8", "replace"))


@cache
def _library() -> ctypes.CDLL:
    """XGBoost's library, found where its Python package would find it, which is not imported for that."""
    package = find_spec("xgboost")
    assert package is not None, "xgboost is required"
    assert package.origin is not None
    finder = spec_from_file_location("xgboost_libpath", Path(package.origin).with_name("libpath.py"))
    assert finder is not None
    assert finder.loader is not None
    libpath = module_from_spec(finder)
    finder.loader.exec_module(libpath)
    library = ctypes.CDLL(libpath.find_lib_path()[0])
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library
