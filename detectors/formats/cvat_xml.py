"""Parses the XML of CVAT: without a document type, so that no entities are expanded, and with limits on numbers."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from xml.parsers import expat

from siamlink.detectors.formats.checks import MAX_FRAME
from siamlink.detectors.formats.raw_boxes import Place

SIDES = ("xtl", "ytl", "xbr", "ybr")
SHAPES = ("polygon", "polyline", "points", "cuboid", "mask", "ellipse", "skeleton")
LONGEST_TEXT = 1000
"""Characters of an attribute's value that are kept."""


@dataclass
class CvatBox:
    """A box of a track.

    Attributes:
        line: of the file.
        frame: counted from 0.
        outside: whether the object is not in the picture.
        sides: left, top, right and bottom in pixels.
        attributes: values by name.
    """

    line: int
    frame: int
    outside: bool
    sides: list[float]
    attributes: dict[str, str] = field(default_factory=dict)

    def number(self, name: str, unknown: float) -> float:
        """The value of an attribute, if it is a finite number."""
        try:
            value = float(self.attributes.get(name, ""))
        except ValueError:
            return unknown
        return value if math.isfinite(value) else unknown


@dataclass
class CvatTrack:
    """A track: its label and its boxes, sorted by frame."""

    label: str
    boxes: list[CvatBox] = field(default_factory=list)


@dataclass
class CvatContent:
    """The tracks of a file, and how many shapes of other kinds it has."""

    tracks: list[CvatTrack] = field(default_factory=list)
    other_shapes: int = 0


def parse_cvat(path: Path, text: str) -> CvatContent:
    """Parse a file.

    Raises:
        FormatError: it is not XML, declares a document type, holds images instead of tracks, or a box is malformed.
    """
    return _Parser(path).parse(text)


class _Parser:
    def __init__(self, path: Path) -> None:
        self._path, self._content = path, CvatContent()
        self._track: CvatTrack | None = None
        self._box: CvatBox | None = None
        self._attribute, self._images, self._is_cvat = "", 0, False
        self._expat = expat.ParserCreate()
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.StartDoctypeDeclHandler = self._doctype

    def parse(self, text: str) -> CvatContent:
        try:
            self._expat.Parse(text.lstrip(), True)
        except expat.ExpatError as error:
            Place(self._path, error.lineno).fail(f"not XML: {expat.ErrorString(error.code)}")
        except UnicodeEncodeError:
            Place(self._path).fail("not XML: it holds characters that are no text")
        if not self._is_cvat:
            Place(self._path).fail("not XML of CVAT: expected <annotations>")
        if self._images and not self._content.tracks:
            Place(self._path).fail("holds images, not tracks: export the task as 'CVAT for video'")
        return self._content

    def _fail(self, message: str) -> NoReturn:
        Place(self._path, self._expat.CurrentLineNumber).fail(message)

    def _doctype(self, *_: Any) -> None:
        self._fail("declares a document type, which files of CVAT do not")

    def _start(self, name: str, values: dict[str, str]) -> None:
        if name == "annotations":
            self._is_cvat = True
        elif name == "image":
            self._images += 1
        elif name == "track":
            self._track = CvatTrack(values.get("label", "").strip() or self._fail("the track has no label"))
        elif self._track and name == "box":
            self._box = CvatBox(
                line=self._expat.CurrentLineNumber,
                frame=self._whole(values, "frame"),
                outside=values.get("outside") == "1",
                sides=[self._number(values, side) for side in SIDES],
            )
        elif self._track and name in SHAPES:
            self._content.other_shapes += 1
        elif self._box and name == "attribute":
            self._attribute = values.get("name", "")
            self._box.attributes[self._attribute] = ""

    def _text(self, text: str) -> None:
        if self._box and self._attribute and len(self._box.attributes[self._attribute]) < LONGEST_TEXT:
            self._box.attributes[self._attribute] += text[:LONGEST_TEXT]

    def _end(self, name: str) -> None:
        if name == "attribute":
            self._attribute = ""
        elif name == "box" and self._box and self._track:
            self._track.boxes.append(self._box)
            self._box = None
        elif name == "track" and self._track:
            self._track.boxes.sort(key=lambda box: box.frame)
            if self._track.boxes:
                self._content.tracks.append(self._track)
            self._track = None

    def _number(self, values: dict[str, str], name: str) -> float:
        text = values.get(name, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        return value if math.isfinite(value) else self._fail(f"{name} must be a number, not {text[:40]!r}")

    def _whole(self, values: dict[str, str], name: str) -> int:
        text = values.get(name, "")
        if not (text.isascii() and text.isdecimal() and len(text) < 9 and int(text) < MAX_FRAME):
            self._fail(f"{name} must be a whole number from 0 to {MAX_FRAME - 1}, not {text[:40]!r}")
        return int(text)
