"""The protocol `Detector`, and `LoadedDetector`, which calls one and gives its detections the right frame."""

import math
import os
import warnings
from collections.abc import Callable, Mapping
from threading import TIMEOUT_MAX
from typing import Any, Protocol

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConfigError, DetectorError, InputError, explain, explain_where
from siamlink.detectors.base.fingerprint import fingerprint_of
from siamlink.detectors.base.former_names import former_name_note
from siamlink.detectors.base.threads import TimeLimitError, WorkerThread, core_count
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.detectors.conversion import EXPECTED, describe, to_detections
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.detectors.selection import Selection

TIME_LIMIT = "SIAMLINK_DETECTOR_SECONDS"
"""The environment variable with the seconds that a detector may take for one frame; 0: no limit."""
DEFAULT_TIME_LIMIT = 300.0
"""Seconds without that variable: the first frame may take long, because some detectors load their weights then."""
NAME_AN_OBJECT = "make the object in your file, and name it instead of its class"
MAX_REPLICAS = 8
"""Frames that are detected at the same time; each is held in memory meanwhile."""


class Detector(Protocol):
    """Finds objects in one image. The caller adds the frame number.

    It may also return what other libraries return; see `conversion.to_detections`.

    `class_names` is optional: a mapping from the numbers of classes to names, or a sequence of names. Classes that are
    reported by name have their numbers there, or else are numbered as they occur.

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
        classes: numbers the classes that it reports by name, together with other detectors; None: for it alone.
        options: what the detector does not follow itself: the selection by class and score, and names of classes.
        known_classes: names of its classes, to select by; None: those that it states. Empty: it knows none.

    Raises:
        DetectorError: `detector` is none of these, its class cannot be made, or its `class_names` are not usable.
        ConfigError: the environment variable `SIAMLINK_DETECTOR_SECONDS` is not a number of seconds, or an option
            cannot be followed.
    """

    def __init__(
        self,
        name: str,
        detector: object,
        classes: ClassNumbers | None = None,
        options: DetectorOptions = DetectorOptions(),  # noqa: B008
        known_classes: ClassNames | None = None,
    ) -> None:
        self.name = name
        self._seconds = _time_limit()
        self._thread = WorkerThread()
        self._detector = self._thread.call(lambda: _make(name, detector))
        self._function = _function_of(name, self._detector)
        stated = options.class_names or _class_names_of(name, self._detector)
        self._classes = classes or ClassNumbers(stated)
        self._options, self._known_classes = options, known_classes
        names = stated if known_classes is None else known_classes
        self._selection = Selection(options, names, f"detector '{name}'")

    @property
    def class_names(self) -> ClassNames | None:
        """The names of its classes by number, as far as it has stated or reported them; None if there are none."""
        return self._classes.names

    @property
    def has_stated_its_classes(self) -> bool:
        """Whether it has reported no class by a name that it had not stated: numbers of such names are of this run."""
        return not self._classes.has_grown

    @property
    def fingerprint(self) -> str | None:
        """Class and fingerprint of the detector; None if it has none, such as one that remembers earlier frames."""
        fingerprint = fingerprint_of(self._detector)
        return (
            fingerprint
            if fingerprint is None or self._selection.keeps_all
            else f"{fingerprint} {self._selection.fingerprint}"
        )

    @property
    def description(self) -> dict[str, Any]:
        """What it reports, for the record of a run: name, classes and lowest score, and more of an ONNX file."""
        described = getattr(self._detector, "description", None)
        stated = dict(described) if isinstance(described, Mapping) else {}
        selected = {} if stated and self._selection.keeps_all else self._selection.record
        return {"name": self.name, **stated, **selected}

    def detect(self, image: Image, frame_number: int) -> Detections:
        """Detections in `image`, all in frame `frame_number`.

        Raises:
            DetectorError: the detector failed, took too long, or returned something other than detections.
            ConfigError: classes are selected by name, and those that it reports have none.
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
        return [
            LoadedDetector(self.name, replica, self._classes, self._options, self._known_classes)
            for replica in replicas
        ]

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
            found = to_detections(result, frame_number, self._classes)
        except InputError as error:
            message = f"detector '{self.name}' returned {describe(result)} for frame {frame_number}: {error}"
            raise DetectorError(f"{message}; {EXPECTED}") from error
        return self._selection.of(found, self._classes.names)


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
        raise DetectorError(
            f"detector '{name}' cannot be made without arguments: {explain_where(error)}; {NAME_AN_OBJECT}"
        ) from error


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
