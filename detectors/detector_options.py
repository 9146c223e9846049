"""`DetectorOptions`: what of a detector the user can choose, by options of a command or by keyword arguments."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, Self, get_args

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.hints import did_you_mean
from siamlink.detectors.class_names import ClassNames, read_class_names

Device = Literal["auto", "cpu", "cuda"]
LARGEST_SIDE = 8192
"""Pixels of a side of a network's input."""
OF_NETWORKS = ("nms_iou", "image_size", "device", "preprocessing")
"""Options that only detectors in ONNX files have."""


@dataclass(frozen=True)
class DetectorOptions:
    """What of a detector can be chosen; None: the detector's default.

    Attributes:
        classes: the classes to report, by name or number; `("all",)`: all that the detector knows. Also given as one
            text with commas, or as one number.
        confidence: the lowest score to report.
        nms_iou: of two boxes of a class with a higher intersection over union, that of the lower score is dropped.
        image_size: width and height of the network's input in pixels; also given as one number for both, or as text
            such as "640x384".
        device: cpu; cuda: a graphics card of NVIDIA; auto: cuda if it can be used, else cpu.
        class_names: names of the classes by number; also given as a file with one name a line, or "coco".
        preprocessing: words joined by commas that replace parts of the preprocessing of a network's family; see
            `Preprocessing`.

    Raises:
        ConfigError: a value is wrong.
        InputError: the file of class names cannot be read.
    """

    classes: tuple[str | int, ...] | None = None
    confidence: float | None = None
    nms_iou: float | None = None
    image_size: tuple[int, int] | None = None
    device: Device | None = None
    class_names: ClassNames | None = None
    preprocessing: str | None = None

    def __post_init__(self) -> None:
        for name, convert in (("classes", _classes), ("image_size", _image_size), ("class_names", _class_names)):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, convert(value))
        for name in ("confidence", "nms_iou"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, Real) and math.isfinite(value)):
                raise ConfigError(f"{name} is {value!r}; expected a number")
        if self.nms_iou is not None and not 0 <= self.nms_iou <= 1:
            raise ConfigError(f"nms_iou is {self.nms_iou:g}; expected 0 to 1")
        if self.device is not None and self.device not in get_args(Device):
            raise ConfigError(f"there is no device '{self.device}'; known are {', '.join(get_args(Device))}")

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the options."""
        return tuple(field.name for field in fields(cls))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Options by name.

        Raises:
            ConfigError: there is no option of a name, or a value is wrong.
        """
        for name in values:
            if name not in cls.names():
                hint = did_you_mean(name, cls.names()) or f"; known are {', '.join(cls.names())}"
                raise ConfigError(f"detectors have no option '{name}'{hint}")
        return cls(**values)

    @property
    def given(self) -> dict[str, Any]:
        """The options that are not left to the detector."""
        return {name: value for name in self.names() if (value := getattr(self, name)) is not None}

    @property
    def selected(self) -> tuple[str | int, ...] | None:
        """The classes to report; None: all that the detector knows, or its default where none are given."""
        return None if self.classes == ("all",) else self.classes


def _classes(value: object) -> tuple[str | int, ...]:
    if isinstance(value, str):
        parts: list[Any] = [part.strip() for part in value.split(",")]
    else:
        parts = list(value) if isinstance(value, Iterable) else [value]
    parts = [int(part) if isinstance(part, Integral) else part for part in parts]
    if not parts or not all(isinstance(part, str | int) and str(part) for part in parts):
        raise ConfigError(f"classes are {value!r}; expected names or numbers, or 'all'")
    return ("all",) if [str(part).casefold() for part in parts] == ["all"] else tuple(parts)


def _image_size(value: object) -> tuple[int, int]:
    parts = value.lower().split("x") if isinstance(value, str) else value
    try:
        sides = [int(part) for part in parts] if isinstance(parts, Sequence) else [int(parts)]  # type: ignore[call-overload]
    except (TypeError, ValueError):
        sides = []
    if len(sides) not in (1, 2) or not all(1 <= side <= LARGEST_SIDE for side in sides):
        raise ConfigError(
            f"image_size is {value!r}; expected one number of pixels, or WIDTHxHEIGHT, of 1 to {LARGEST_SIDE} each"
        )
    return sides[0], sides[-1]


def _class_names(value: object) -> ClassNames:
    if isinstance(value, ClassNames):
        return value
    if isinstance(value, str | Path):
        return read_class_names(value)
    return ClassNames(value)  # type: ignore[arg-type]
