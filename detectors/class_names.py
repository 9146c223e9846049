"""`ClassNames`: the names of classes by number, as a detector or a file of detections states them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from siamlink.detectors.base.errors import ConfigError, FormatError, InputError
from siamlink.detectors.base.hints import did_you_mean

NAMES_SUFFIX = ".classes.txt"
"""Ends the name of a file with the names of classes."""
HIGHEST = int(np.iinfo(np.int16).max)
NUMBERED = re.compile(r"([0-9]{1,5})[\s:,;=]+(.+)")
"""A line of a list of names that begins with the number of the class."""


class ClassNames(Mapping[int, str]):
    """The names of classes by their number, as in `Detections.label`; immutable.

    Args:
        names: a mapping from numbers, whole and from 0 to 32767, to names, or the names of 0, 1, ... in order.

    Raises:
        InputError: a number or a name is not usable.
    """

    def __init__(self, names: Mapping[int, str] | Sequence[str]) -> None:
        numbered = names.items() if isinstance(names, Mapping) else enumerate(names)
        self._names = {_number(number): _name(name) for number, name in numbered}

    def __getitem__(self, number: int) -> str:
        return self._names[number]

    def __iter__(self) -> Iterator[int]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"ClassNames({self._names})"

    def __hash__(self) -> int:
        return hash(frozenset(self._names.items()))

    def name_of(self, number: int) -> str:
        """The name of a class, or its number as text if it has none."""
        return self._names.get(number, str(number))

    def numbers_of(self, selection: Sequence[str | int]) -> tuple[int, ...]:
        """The numbers of classes that are given by name (upper or lower case) or number, in their order.

        Raises:
            ConfigError: a name is unknown, or a number where there are names; the message names the most similar
                one, or lists all if none is similar.
        """
        by_name = {name.casefold(): number for number, name in self._names.items()}
        numbers: list[int] = []
        for each in selection:
            text = str(each).strip()
            number = by_name.get(text.casefold(), int(text) if re.fullmatch(r"[0-9]{1,5}", text) else -1)
            if not 0 <= number <= HIGHEST or (self._names and number not in self._names):
                known = ", ".join(self._names.values()) or "none by name; give numbers"
                hint = did_you_mean(text.casefold(), by_name) or f"; known are {known}"
                raise ConfigError(f"there is no class '{text}'{hint}")
            numbers.append(number)
        return tuple(dict.fromkeys(numbers))

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a text file with one name a line: the first line is the name of class 0.

        A line that is the number of its class says that this class has no name.

        Raises:
            InputError: the file cannot be read.
            FormatError: it is not text, or a line is empty.
        """
        try:
            lines = Path(path).read_text(encoding="utf-8-sig").rstrip().splitlines()
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from None
        except UnicodeDecodeError:
            raise FormatError(path, "not a text file; expected one class name a line") from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                raise FormatError(path, "the class name is empty", number)
        return cls({number: name for number, line in enumerate(lines) if (name := line.strip()) != str(number)})

    @classmethod
    def beside(cls, path: str | Path) -> Self | None:
        """Read the `names_file` of a file of boxes; None if there is none. Raises as `read` does."""
        file = names_file(path)
        return cls.read(file) if file.is_file() else None

    def to_text(self) -> str:
        """The names as `read` expects them: one a line; a class without a name has its number."""
        return "".join(f"{self.name_of(number)}\n" for number in range(max(self._names, default=-1) + 1))


def names_file(path: str | Path) -> Path:
    """The file with the names of the classes of a file of boxes: `NAME.classes.txt` beside `NAME.txt`."""
    return Path(path).with_suffix(NAMES_SUFFIX)


def _number(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or not 0 <= number <= HIGHEST:
        raise InputError(f"class number {number!r} is not a whole number from 0 to {HIGHEST}")
    return int(number)


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise InputError(f"class name {name!r} is not a printable text")
    return name.strip()


_COCO = (
    "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant, stop sign, "
    "parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella, "
    "handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard, "
    "surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, "
    "broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, "
    "mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase, scissors, "
    "teddy bear, hair drier, toothbrush"
)
COCO = ClassNames(_COCO.split(", "))
"""The 80 classes of COCO in the order that detectors use."""

COCO_GAPS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
"""Category numbers of COCO, which count from 1, that no class has."""
COCO_CATEGORIES = ClassNames(
    dict(zip((number for number in range(1, 91) if number not in COCO_GAPS), COCO.values(), strict=True))
)
"""The classes of COCO by the category numbers of its annotations, which some networks use."""


def read_class_names(given: str | Path) -> ClassNames:
    """The names that a user gives: `coco`, or a text file as `ClassNames.read` expects it, whose errors it raises.

    If each line is a number and a name, such as `3 Car`, the number is that of the class.

    Raises:
        FormatError: a number has two names, or is too large.
    """
    if str(given).casefold() == "coco":
        return COCO
    names = ClassNames.read(given)
    numbered = [NUMBERED.fullmatch(name) for name in names.values()]
    if not all(numbered):
        return names
    pairs = [(int(each[1]), each[2]) for each in numbered if each]
    if twice := [number for number, count in Counter(number for number, _ in pairs).items() if count > 1]:
        both = " and ".join(repr(name) for number, name in pairs if number == twice[0])
        raise FormatError(given, f"class number {twice[0]} has two names, {both}")
    if (largest := max((number for number, _ in pairs), default=0)) > HIGHEST:
        raise FormatError(given, f"class number {largest} is more than {HIGHEST}")
    return ClassNames(dict(pairs))
