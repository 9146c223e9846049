"""Text plates on frames: what a track is called, in its colour, where it hides least."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.class_names import ClassNames

Colour = tuple[int, int, int]
"""Blue, green, red."""
PERSONS = ("person", "pedestrian")
"""Classes that need no name if there are no others."""


def rim(colour: Colour) -> Colour:
    """A dark shade of a colour, for the rim of lines on a background of that colour."""
    return colour[0] // 4, colour[1] // 4, colour[2] // 4


class ClassTexts:
    """What is written beside the id of a track: its class, unless all tracks so far are persons.

    Args:
        class_names: names of the classes; None: they are not known.
        labels: classes that are known to come.
    """

    def __init__(self, class_names: ClassNames | None = None, labels: Iterable[int] = ()) -> None:
        self._names, self._seen = class_names or ClassNames({}), set(labels)

    def of(self, labels: list[int]) -> list[str]:
        """A text for each of these classes, which are drawn now; empty where none is needed."""
        self._seen.update(labels)
        several = len(self._seen) > 1
        return [self._text(label) if several or self._is_special(label) else "" for label in labels]

    def _is_special(self, label: int) -> bool:
        return self._names.get(label, PERSONS[0]).casefold() not in PERSONS

    def _text(self, label: int) -> str:
        """The name in the letters that can be drawn, which have no accents; else the number."""
        name = unicodedata.normalize("NFKD", self._names.get(label, "").replace("ß", "ss"))
        plain = "".join(letter for letter in name if not unicodedata.combining(letter))
        return plain if plain and plain.isascii() else f"class {label}"


@lru_cache(maxsize=1024)
def label_plate(text: str, colour: Colour, text_height: int) -> Image:
    """As `text_plate`, kept for the next frames; not to be changed."""
    label = text_plate(text, colour, text_height)
    label.flags.writeable = False
    return label


def text_plate(text: str, colour: Colour, text_height: int) -> Image:
    """A text (h, w, 3) in black or white, whichever has more contrast, on a colour."""
    fine, font = 4, cv2.FONT_HERSHEY_DUPLEX
    stroke = max(1, round(fine * text_height / 7))
    scale = cv2.getFontScaleFromHeight(font, fine * text_height, stroke)
    (width, _), _ = cv2.getTextSize(text, font, scale, stroke)
    pad = round(text_height * 0.35)
    ink = np.zeros((fine * (text_height + 2 * pad), fine * (-(-width // fine) + 2 * pad)), np.uint8)
    cv2.putText(ink, text, (fine * pad, fine * (text_height + pad)), font, scale, 255, stroke, cv2.LINE_AA)
    cover = cv2.resize(ink, None, fx=1 / fine, fy=1 / fine, interpolation=cv2.INTER_AREA)[..., None] / 255
    luminance = float(np.dot((0.0722, 0.7152, 0.2126), (np.array(colour) / 255) ** 2.2))
    writing = 0 if luminance > 0.2 else 255
    label = np.rint(writing * cover + np.array(colour) * (1 - cover)).astype(np.uint8)
    return np.asarray(cv2.copyMakeBorder(label, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=rim(colour)), np.uint8)


def places(boxes: list[list[int]], labels: list[Image], width: int, height: int) -> list[tuple[int, int]]:
    """Upper left corner of each label: above its box, or where it overlaps earlier labels least."""
    taken: list[tuple[int, int, int, int]] = []
    for (x1, y1, x2, y2), label in zip(boxes, labels, strict=True):
        h, w = label.shape[:2]
        spots: list[tuple[int, int, tuple[int, int, int, int]]] = []
        for x, y in ((x1, y1 - h), (x2 - w, y1 - h), (x1, y1), (x2 - w, y1), (x1, y2), (x2 - w, y2)):
            left, top = max(0, min(x, width - w)), max(0, min(y, height - h))
            hidden = sum(_shared_area((left, top, left + w, top + h), other) for other in taken)
            spots.append((hidden, len(spots), (left, top, left + w, top + h)))
            if not hidden:
                break
        taken.append(min(spots)[2])
    return [(left, top) for left, top, _, _ in taken]


def _shared_area(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> int:
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
