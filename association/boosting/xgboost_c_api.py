"""Prediction with boosted trees through the C interface of XGBoost.

Importing XGBoost's Python package takes a second or more, most of it for scikit-learn where that is installed. Its
library alone is loaded in a few milliseconds and gives the same predictions.
"""

import ctypes
import json
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.machine_code import compiled
from siamlink.detectors.base.threads import on_all_cores

LOOPS = "siamlink.association.boosting.tree_loops"
ONE_THREAD = b"nthread", b"1"
"""Setting of XGBoost: on few rows its own threads cost more than they save."""
PART = 4096
"""Rows that a thread predicts at a time."""
ALL_TREES = {"training": False, "iteration_begin": 0, "iteration_end": 0, "strict_shape": False}
PREDICTION = json.dumps({**ALL_TREES, "type": 0, "missing": float("nan")}).encode()
"""Configuration of `XGBoosterPredictFromDense`: probabilities from all trees."""
MARGINS = json.dumps({**ALL_TREES, "type": 1, "missing": float("nan")}).encode()
"""The same for log odds."""
CONTRIBUTIONS = json.dumps({**ALL_TREES, "type": 2}).encode()
"""Configuration of `XGBoosterPredictFromDMatrix`: exact contributions of features to the log odds."""


class Trees:
    """Trees with one output; used like an `xgboost.Booster`, with the same predictions bit by bit.

    Args:
        content: the whole file in JSON of XGBoost; an empty one would end the program.
        model: the object in the content, if it is known already.

    Attributes:
        feature_names: of the columns of the features; empty if the file does not name them.

    Raises:
        ValueError: XGBoost cannot read the content.
    """

    def __init__(self, content: bytes, model: dict[str, Any] | None = None) -> None:
        self._library, self._content, self._handle = _library(), content, ctypes.c_void_p()
        self._call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        _free_with(self, self._library.XGBoosterFree, self._handle)
        self._call("XGBoosterSetParam", self._handle, *ONE_THREAD)
        self._call("XGBoosterLoadModelFromBuffer", self._handle, content, ctypes.c_uint64(len(content)))
        learner = (model or json.loads(content))["learner"]
        self.feature_names: Sequence[str] = learner.get("feature_names", [])
        self._attributes: dict[str, str] = learner.get("attributes", {})
        features = int(learner["learner_model_param"]["num_feature"])
        self._rows, self._free = ctypes.c_void_p(), Lock()
        self._call("XGProxyDMatrixCreate", ctypes.byref(self._rows))
        _free_with(self, self._library.XGDMatrixFree, self._rows)
        self._predict_by_library(np.zeros((1, features), np.float32))  # prepares it for calls from several threads
        self._loops: Any = None  # until the trees are compiled

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy: the trees are loaded again from their JSON."""
        return type(self), (self._content,), {"feature_names": self.feature_names}

    @property
    def compiled(self) -> bool:
        """Whether compiled loops predict."""
        return bool(self._loops)

    def inplace_predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) predictions for rows of features (N, F), N at least 1; a feature that is NaN is missing.

        Many rows are predicted on all cores.
        """
        features = np.ascontiguousarray(features, np.float32)
        if self._loops is None and (loops := compiled(LOOPS, len(features))):
            self._loops = loops.tree_loops(json.loads(self._content), self._predict_by_library) or False
        if len(features) <= PART:
            return self._predict(features)
        parts = [features[start : start + PART] for start in range(0, len(features), PART)]
        return np.concatenate(on_all_cores(self._predict, parts))

    def margins(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N,) log odds of the predictions for rows of features (N, F), N at least 1."""
        return self._predict_by_library(features, MARGINS)

    def contributions(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, F + 1) contributions of features (N, F) to the log odds, and last the log odds without features.

        They are the exact Shapley values of the trees (Lundberg et al. 2020), and add up to the log odds.
        """
        rows, matrix = np.ascontiguousarray(features, np.float32), ctypes.c_void_p()
        missing = json.dumps({"missing": float("nan")}).encode()
        self._call("XGDMatrixCreateFromDense", _array_interface(rows), missing, ctypes.byref(matrix))
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        values = ctypes.POINTER(ctypes.c_float)()
        try:
            self._call(
                "XGBoosterPredictFromDMatrix",
                self._handle,
                matrix,
                CONTRIBUTIONS,
                ctypes.byref(shape),
                ctypes.byref(dimensions),
                ctypes.byref(values),
            )
            return _copied(values, len(rows) * (rows.shape[1] + 1)).reshape(len(rows), -1)
        finally:
            self._library.XGDMatrixFree(matrix)

    def _predict(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self._loops:
            return self._predict_by_library(rows)
        predictions: NDArray[np.float32] = self._loops.predict(rows)
        return predictions

    def _predict_by_library(
        self, features: NDArray[np.float32], configuration: bytes = PREDICTION
    ) -> NDArray[np.float32]:
        rows = np.ascontiguousarray(features, np.float32)
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        predictions = ctypes.POINTER(ctypes.c_float)()
        first = self._free.acquire(blocking=False)  # other threads let the library make what holds their rows
        try:
            self._call(
                "XGBoosterPredictFromDense",
                self._handle,
                _array_interface(rows),
                configuration,
                self._rows if first else None,
                ctypes.byref(shape),
                ctypes.byref(dimensions),
                ctypes.byref(predictions),
            )
        finally:
            if first:
                self._free.release()
        # a copy, because the library uses its memory again at the next call
        return _copied(predictions, len(rows))

    def attr(self, name: str) -> str | None:
        """The value of an attribute of the model; None if it has none of that name."""
        return self._attributes.get(name)

    def save_raw(self, raw_format: str = "json") -> bytes:
        """The JSON that the trees were loaded from."""
        return self._content

    def _call(self, function: str, *arguments: Any) -> None:
        if getattr(self._library, function)(*arguments):
            raise ValueError(self._library.XGBGetLastError().decode("utf-8", "replace"))


class _Owner(weakref.ref[Trees]):
    """A reference to trees, which the library takes as their handle: so it can be its own callback.

    `__del__` and `weakref.finalize` would run code of Python, in which Ctrl-C can arrive: it would be printed as
    ignored, and lost.
    """

    _as_parameter_: ctypes.c_void_p


_OWNERS: list[_Owner] = []
"""Of all trees, and of some that are gone: a callback is only called while its reference lives."""


def _free_with(trees: Trees, free: Callable[[_Owner], object], handle: ctypes.c_void_p) -> None:
    """Let the library free a handle when the trees are gone, without any code of Python."""
    owner = _Owner(trees, free)
    owner._as_parameter_ = handle
    _OWNERS[:] = [each for each in _OWNERS if each() is not None] + [owner]


def _copied(values: Any, count: int) -> NDArray[np.float32]:
    """(count,) a copy of what a pointer points at.

    `numpy.ctypeslib.as_array` makes a type for each length, and types of pointers are never freed.
    """
    return np.frombuffer(bytearray(ctypes.string_at(values, 4 * count)), np.float32)


def _array_interface(rows: NDArray[np.float32]) -> bytes:
    """Where the library finds the rows, as text; they must stay in memory until it is done."""
    address, (count, columns) = rows.__array_interface__["data"][0], rows.shape
    return (
        f'{{"data": [{address}, true], "shape": [{count}, {columns}], "typestr": "{rows.dtype.str}", "version": 3}}'
    ).encode()


@cache
def _library() -> ctypes.CDLL:
    """XGBoost's library, at the place where its Python package finds it; the package is not imported.

    Raises:
        ConfigError: neither xgboost nor xgboost-cpu is installed, or its library cannot be loaded.
    """
    package = find_spec("xgboost")
    try:
        if package is None or package.origin is None:
            raise OSError("there is no package xgboost")
        finder = spec_from_file_location("xgboost_libpath", Path(package.origin).with_name("libpath.py"))
        assert finder is not None
        assert finder.loader is not None
        libpath = module_from_spec(finder)
        finder.loader.exec_module(libpath)
        library = ctypes.CDLL(libpath.find_lib_path()[0])
    except Exception as error:  # that of XGBoost for a missing library is known only to the module just loaded
        reason = str(error).partition("\n")[0]
        again = "pip install --force-reinstall --no-deps xgboost-cpu"
        raise ConfigError(f"XGBoost is not installed, or is incomplete ({reason}): {again}") from None
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library
