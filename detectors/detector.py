"""What a detector is, and how whatever it returns becomes `Detections` of the right frame."""

import math
import os
import traceback
from collections.abc import Callable
from threading import TIMEOUT_MAX
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base import time_limit
from siamlink.detectors.base.cores import core_count
from siamlink.detectors.base.errors import ConfigError, DetectorError, InputError
from siamlink.detectors.base.fingerprint import fingerprint_of
from siamlink.detectors.detections import Detections

Image = NDArray[np.uint8]
"""(H, W, 3) pixels, blue green red."""

EXPECTED = (
    "expected siamlink or supervision Detections, or an (N, 5) or (N, 6) array of rows x1 y1 x2 y2 score [label] "
    "in pixels, with no rows where nothing is found"
)
LABELS = np.iinfo(np.int16)
TIME_LIMIT = "SIAMLINK_DETECTOR_SECONDS"
"""The environment variable that says how many seconds a detector may take over a frame; 0: as long as it likes."""
MOST_AT_ONCE = 8
"""Frames that are looked at together; each is held in memory meanwhile."""
LONGEST_SECONDS = 300.0
"""Seconds without that; the first frame may take a while, as some detectors get ready only then."""


class Detector(Protocol):
    """Finds objects in one image. It knows nothing of frame numbers: what it returns is stamped by its caller.

    One whose answer depends on the image and on nothing else may have a `fingerprint`, a text that changes whenever its
    answers would: with its settings, its weights, its code. Only then are answers kept, for a run that was interrupted
    or in a cache, and asked for no more.

    One whose answer depends on the image and on nothing else may have a method `several(count)` that returns so many
    detectors, which give the same answers and can work at the same time, each in a thread of its own. They are asked
    about several frames of a recorded video at once.
    """

    def detect(self, image: Image) -> Detections:
        """Detections in `image` (H, W, 3) uint8 BGR, all in frame 1."""
        ...


class LoadedDetector:
    """A detector with a name: calls it, checks and converts what it returns, and stamps the frame number.

    Some detectors (`motion`) remember the frames they saw: load one for every video.

    It is made and called in a thread of its own, and a call that takes longer than `TIME_LIMIT` is given up.

    Args:
        name: what errors call it.
        detector: an object with a method `detect(image)`, a function of the image, or a class of either that
            can be made without arguments.

    Raises:
        DetectorError: `detector` is none of these, or its class cannot be made.
        ConfigError: `TIME_LIMIT` is set to something else than a number.
    """

    def __init__(self, name: str, detector: object) -> None:
        self.name = name
        self._seconds = _time_limit()
        self._thread = time_limit.OwnThread()
        self._detector = self._thread.call(lambda: _made(name, detector))
        self._function = _function_of(name, self._detector)

    @property
    def fingerprint(self) -> str | None:
        """What its answers depend on, besides the image; None where it does not say, as one that remembers frames."""
        return fingerprint_of(self._detector)

    def detect(self, image: Image, frame_number: int) -> Detections:
        """Detections in `image`, all in frame `frame_number`.

        Raises:
            DetectorError: the detector failed, took too long, or returned something else than detections.
        """
        return self.begin(image, frame_number)()

    def begin(self, image: Image, frame_number: int) -> Callable[[], Detections]:
        """Start to detect; what is returned waits for the detections, as `detect` does."""
        wait = self._thread.begin(lambda: self._function(image))
        return lambda: self._detections(wait, frame_number)

    def several(self) -> "list[LoadedDetector]":
        """As many that answer alike as are best at work at the same time; itself alone, if it does not know how.

        Raises:
            DetectorError: it has a method `several` that does not return detectors.
        """
        several = getattr(self._detector, "several", None)
        if not callable(several):
            return [self]
        try:
            divided = list(several(min(core_count(), MOST_AT_ONCE)))
        except (Exception, SystemExit) as error:
            raise DetectorError(f"detector '{self.name}' failed in several(count): {explain_where(error)}") from error
        if not divided:
            raise DetectorError(f"detector '{self.name}' returned no detectors from several(count)")
        return [LoadedDetector(self.name, each) for each in divided]

    def _detections(self, wait: Callable[[float | None], object], frame_number: int) -> Detections:
        try:
            result = wait(self._seconds)
        except DetectorError:
            raise
        except time_limit.TimeLimitError:
            raise DetectorError(
                f"detector '{self.name}' has not answered for {self._seconds:g} s in frame {frame_number}; "
                f"if it needs longer, set {TIME_LIMIT} to more seconds, or to 0 for as long as it likes"
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


def explain(error: BaseException) -> str:
    """An exception's type and message in one line."""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def explain_where(error: BaseException) -> str:
    """An exception's type and message, and the file and line that raised it, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    callers = (__file__, time_limit.__file__)
    own = [frame for frame in frames if frame.filename not in callers and not frame.filename.startswith("<frozen")]
    if isinstance(error, SyntaxError) or not own:
        return explain(error)
    return f"{explain(error)} ({own[-1].filename}, line {own[-1].lineno})"


def _time_limit() -> float | None:
    given = os.environ.get(TIME_LIMIT) or LONGEST_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= TIMEOUT_MAX:
        raise ConfigError(f"{TIME_LIMIT} must be a number of seconds, or 0 for no limit, not {str(given)[:80]!r}")
    return seconds or None


def _made(name: str, detector: object) -> object:
    """The object itself, or one of a class."""
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


def to_detections(result: object, frame: int) -> Detections:
    """Convert what a detector returned, stamping every row with `frame`.

    Args:
        result: `Detections`; `supervision.Detections` or any object with `xyxy`, `confidence` and `class_id`, the
            last two may be None; or an array, tensor or list of rows `x1 y1 x2 y2 score [label]`.
        frame: the frame's number, from 1.

    Raises:
        InputError: it is none of these, or a value is not finite, a box has no area or a label is no int16.
    """
    if isinstance(result, Detections):
        if len(result) and result.frame[0] != result.frame[-1]:
            raise InputError("the rows belong to several frames, but a detector sees one image")
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


def _numbers(values: Any) -> NDArray[np.float64]:
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
