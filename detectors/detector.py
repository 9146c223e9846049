"""The protocol `Detector`, and the conversion of what a detector returns to `Detections` of the right frame."""

import math
import os
import warnings
from collections.abc import Callable
from threading import TIMEOUT_MAX
from typing import Any, Protocol

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, Image
from siamlink.detectors.base.errors import ConfigError, DetectorError, InputError, explain, explain_where
from siamlink.detectors.base.fingerprint import fingerprint_of
from siamlink.detectors.base.former_names import former_name_note
from siamlink.detectors.base.threads import TimeLimitError, WorkerThread, core_count
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections

EXPECTED = (
    "expected siamlink or supervision Detections, or an (N, 5) or (N, 6) array of rows x1 y1 x2 y2 score [label] "
    "in pixels, with no rows if there are no objects"
)
LABELS = np.iinfo(np.int16)
TIME_LIMIT = "SIAMLINK_DETECTOR_SECONDS"
"""The environment variable with the seconds that a detector may take for one frame; 0: no limit."""
DEFAULT_TIME_LIMIT = 300.0
"""Seconds without that variable: the first frame may take long, because some detectors load their weights then."""
MAX_REPLICAS = 8
"""Frames that are detected at the same time; each is held in memory meanwhile."""


class Detector(Protocol):
    """Finds objects in one image. The caller adds the frame number.

    `class_names` is optional: a mapping from the numbers of classes to names, or a sequence of names.

    Two optional members are for detectors whose result depends on the image alone:

    - `fingerprint`, a text that changes whenever the results may change: with the settings, the weights, the code.
      Only with it are results cached, and reused when a run is resumed.
    - `replicas(count)`, which returns `count` detectors with the same results that can run at the same time, each in a
      thread of its own. They detect in several frames of a recorded video at once.
    """

    def detect(self, image: Image) -> Detections:
        """Detections in `image` (H, W, 3) uint8 BGR, all in frame 1."""
        ...


class LoadedDetector:
    """A detector with a name: calls it, checks and converts its result, and sets the frame number.

    The detector is made and called in a thread of its own; a call that exceeds the time limit raises an error. Some
    detectors (`motion`) remember earlier frames: load one for every video.

    Args:
        name: its name in errors.
        detector: an object with a method `detect(image)`, a function of the image, or a class of either that
            can be made without arguments.

    Raises:
        DetectorError: `detector` is none of these, its class cannot be made, or its `class_names` are not usable.
        ConfigError: the environment variable `SIAMLINK_DETECTOR_SECONDS` is not a number of seconds.
    """

    def __init__(self, name: str, detector: object) -> None:
        self.name = name
        self._seconds = _time_limit()
        self._thread = WorkerThread()
        self._detector = self._thread.call(lambda: _make(name, detector))
        self._function = _function_of(name, self._detector)
        self._class_names = _class_names_of(name, self._detector)

    @property
    def class_names(self) -> ClassNames | None:
        """The names of its classes by number; None if it states none."""
        return self._class_names

    @property
    def fingerprint(self) -> str | None:
        """Class and fingerprint of the detector; None if it has none, such as one that remembers earlier frames."""
        return fingerprint_of(self._detector)

    def detect(self, image: Image, frame_number: int) -> Detections:
        """Detections in `image`, all in frame `frame_number`.

        Raises:
            DetectorError: the detector failed, took too long, or returned something other than detections.
        """
        return self.begin(image, frame_number)()

    def begin(self, image: Image, frame_number: int) -> Callable[[], Detections]:
        """Start to detect in the detector's thread; returns a function that waits for the result of `detect`."""
        wait = self._thread.begin(lambda: self._function(image))
        return lambda: self._result(wait, frame_number)

    def replicas(self) -> "list[LoadedDetector]":
        """Detectors with the same results that can run at the same time, one a core; itself alone if it has none.

        Raises:
            DetectorError: its method `replicas` fails or does not return detectors.
        """
        name = "replicas"
        method = getattr(self._detector, name, None)
        if not callable(method):
            name = "several"
            method = getattr(self._detector, name, None)
            if not callable(method):
                return [self]
            message = f"detector '{self.name}': {former_name_note('several(count)', 'replicas(count)')}"
            warnings.warn(message, FutureWarning, stacklevel=2)
        try:
            replicas = list(method(min(core_count(), MAX_REPLICAS)))
        except (Exception, SystemExit) as error:
            raise DetectorError(f"detector '{self.name}' failed in {name}(count): {explain_where(error)}") from error
        if not replicas:
            raise DetectorError(f"detector '{self.name}' returned no detectors from {name}(count)")
        return [LoadedDetector(self.name, replica) for replica in replicas]

    def _result(self, wait: Callable[[float | None], object], frame_number: int) -> Detections:
        try:
            result = wait(self._seconds)
        except DetectorError:
            raise
        except TimeLimitError:
            raise DetectorError(
                f"detector '{self.name}' took longer than {self._seconds:g} s for frame {frame_number}; "
                f"set {TIME_LIMIT} to more seconds, or to 0 for no limit"
            ) from None
        except (Exception, SystemExit) as error:
            raise DetectorError(
                f"detector '{self.name}' failed in frame {frame_number}: {explain_where(error)}"
            ) from error
        try:
            return to_detections(result, frame_number)
        except InputError as error:
            message = f"detector '{self.name}' returned {_describe(result)} for frame {frame_number}: {error}"
            raise DetectorError(f"{message}; {EXPECTED}") from error


def _time_limit() -> float | None:
    text = os.environ.get(TIME_LIMIT) or str(DEFAULT_TIME_LIMIT)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= TIMEOUT_MAX:
        raise ConfigError(f"{TIME_LIMIT} must be a number of seconds, or 0 for no limit, not {text[:80]!r}")
    return seconds or None


def _make(name: str, detector: object) -> object:
    """The object itself, or an instance of a class."""
    if not isinstance(detector, type):
        return detector
    try:
        return detector()
    except (Exception, SystemExit) as error:
        raise DetectorError(f"detector '{name}' cannot be made without arguments: {explain_where(error)}") from error


def _function_of(name: str, detector: object) -> Callable[[Image], object]:
    method = getattr(detector, "detect", None)
    if callable(method):
        return method  # type: ignore[no-any-return]
    if callable(detector):
        return detector
    raise DetectorError(
        f"detector '{name}' is of type {type(detector).__name__}; expected an object with a method detect(image), "
        "a function of the image, or a class of either"
    )


def _class_names_of(name: str, detector: object) -> ClassNames | None:
    names = getattr(detector, "class_names", None)
    if names is None or isinstance(names, ClassNames):
        return names
    try:
        return ClassNames(names)
    except (InputError, TypeError) as error:
        raise DetectorError(f"detector '{name}' has unusable class_names: {explain(error)}") from None


def to_detections(result: object, frame: int) -> Detections:
    """Convert what a detector returned; every row is in frame `frame`.

    Args:
        result: `Detections`; `supervision.Detections` or any object with `xyxy`, `confidence` and `class_id`, the
            last two may be None; or an array, tensor or list of rows `x1 y1 x2 y2 score [label]`.
        frame: the frame's number, from 1.

    Raises:
        InputError: it is none of these, or a value is not finite, a box has no area or a label is no int16.
    """
    if isinstance(result, Detections):
        if len(result) and result.frame[0] != result.frame[-1]:
            raise InputError("the rows belong to several frames, but a detector is given one image")
        if type(result) is Detections and (not len(result) or result.frame[0] == frame):
            return result
        return Detections.from_boxes(frame, result.box, result.score, result.label)
    if all(hasattr(result, name) for name in ("xyxy", "confidence", "class_id")):
        return _from_columns(frame, result.xyxy, result.confidence, result.class_id)  # type: ignore[attr-defined]
    rows = _numbers(result)
    if rows.ndim <= 2 and rows.shape[:1] == (0,):
        return Detections.empty()
    if rows.ndim != 2 or rows.shape[1] not in (5, 6):
        raise InputError(f"its shape is {rows.shape}")
    return _from_columns(frame, rows[:, :4], rows[:, 4], rows[:, 5] if rows.shape[1] == 6 else None)


def _from_columns(frame: int, box: Any, score: Any, label: Any) -> Detections:
    box = _numbers(box).reshape(-1, 4) if np.size(box) == 0 else _numbers(box)
    score = np.ones(len(box)) if score is None else _numbers(score)
    label = np.zeros(len(box)) if label is None else _numbers(label)
    shapes = box.shape, score.shape, label.shape
    if shapes != ((len(box), 4), (len(box),), (len(box),)):
        raise InputError("boxes, scores and labels have the shapes {}, {} and {}".format(*shapes))
    wrong = (label != np.round(label)) | ~((label >= LABELS.min) & (label <= LABELS.max))
    if wrong.any():
        raise InputError(f"label {label[wrong][0]:g} is not a whole number of 16 bits")
    with np.errstate(over="ignore"):
        return Detections.from_boxes(frame, box, score, label)


def _numbers(values: Any) -> FloatArray:
    """Anything array-like, PyTorch tensors on any device included, as float64."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InputError(f"it is not an array ({explain(error)})") from error
    if array.dtype.kind not in "iuf":
        raise InputError("it does not consist of numbers")
    return array.astype(np.float64)


def _describe(result: object) -> str:
    if result is None:
        return "None"
    shape = getattr(result, "shape", None)
    if isinstance(shape, tuple):
        return f"{type(result).__name__} of shape {tuple(shape)}"
    if isinstance(result, list | tuple):
        return f"a {type(result).__name__} of {len(result)}"
    return f"a {type(result).__name__}"
