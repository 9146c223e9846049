"""Selection by class and score, of detections that come from a file or from a detector that does not select itself."""

from typing import Any

import numpy as np

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector_options import OF_NETWORKS, DetectorOptions


class Selection:
    """Which detections are kept.

    Args:
        options: those of the user.
        names: the names of all classes; None: they are not known before, and may come with the detections; empty: the
            detections do not tell classes apart.
        origin: names the detector or the file in errors.

    Attributes:
        classes: the classes that are kept, by name or number as they were given; None: all.

    Raises:
        ConfigError: a class is unknown, or an option can only be followed by a detector in an ONNX file.
    """

    def __init__(self, options: DetectorOptions, names: ClassNames | None, origin: str) -> None:
        for name in OF_NETWORKS:
            if name in options.given:
                instead = "; --set overlap_limit=... suppresses overlapping boxes" if name == "nms_iou" else ""
                raise ConfigError(f"{origin} has no option {name}, which is one of detectors in ONNX files{instead}")
        self.classes, self._confidence, self._origin = options.selected, options.confidence, origin
        self._names = names
        if self.classes is None or names is None:
            return
        if not names:
            raise ConfigError(f"{origin} does not tell classes apart, so none can be selected: leave out --classes")
        try:
            self.classes = names.numbers_of(self.classes)
        except ConfigError as error:
            raise ConfigError(f"{origin}: {error}") from None

    @property
    def keeps_all(self) -> bool:
        """Whether nothing is left out."""
        return self.classes is None and self._confidence is None

    @property
    def record(self) -> dict[str, Any]:
        """Classes and lowest score, for the record of a run."""
        return {"classes": "all" if self.classes is None else self.class_names, "confidence": self._confidence}

    @property
    def fingerprint(self) -> str:
        """A text that differs between selections."""
        return f"classes {self.classes} confidence {self._confidence}"

    @property
    def class_names(self) -> list[str]:
        """The names of the classes that are kept."""
        names = self._names or ClassNames({})
        return [names.name_of(each) if isinstance(each, int) else each for each in self.classes or ()]

    def of(self, detections: Detections, names: ClassNames | None = None) -> Detections:
        """The detections that are kept.

        Args:
            detections: of one or many frames.
            names: the names of their classes, where these were not known before.

        Raises:
            ConfigError: classes are selected by name, and the detections have none.
        """
        if self.keeps_all or not len(detections):
            return detections
        kept = np.ones(len(detections), bool)
        if self.classes is not None:
            kept &= np.isin(detections.label, self._numbers(self.classes, names))
        if self._confidence is not None:
            kept &= detections.score >= self._confidence
        return detections[kept]

    def _numbers(self, classes: tuple[str | int, ...], names: ClassNames | None) -> list[int]:
        """The numbers of those of the classes that have occurred."""
        by_name = {name.casefold(): number for number, name in (names or {}).items()}
        numbers = []
        for each in classes:
            text = str(each).casefold()
            if text in by_name:
                numbers.append(by_name[text])
            elif text.isdecimal():
                numbers.append(int(text))
            elif not names:
                raise ConfigError(f"{self._origin}: its classes have no names, so '{each}' is not known; give numbers")
        return numbers
