"""Corrections of earlier tracks, by lines of text or by methods."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Self, TypeAlias, cast

import numpy as np

from siamlink.association.solvers.constraints import Constraint, Constraints
from siamlink.detectors.base.arrays import BoolArray
from siamlink.detectors.base.errors import ConstraintError, FormatError, InputError, SiamlinkError
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.corrected_detections import CorrectedDetections
from siamlink.tracker.runs.correction_words import SHAPES, Correction, parse_correction
from siamlink.tracker.runs.earlier_tracks import EarlierTracks
from siamlink.tracker.tracks import Tracks

_WORDS = [f"{word} {shape}" for word, shapes in SHAPES.items() for shape in shapes]
LINES = f"'tracks FILE', {', '.join(map(repr, _WORDS[:-1]))} or {_WORDS[-1]!r}"
FrameAndId = tuple[int, int]
"""A box of the earlier tracks."""
AnyConstraints: TypeAlias = "str | Path | Corrections | Sequence[str] | Constraints"
"""A file of corrections, corrections, lines of these, or constraints on rows of the detections."""


class Corrections:
    """Corrections of earlier tracks, for the argument `constraints` of `track`.

    Each method returns the corrections with one more. Frames and ids are those of the earlier tracks, whatever is
    corrected.

        Corrections(result.tracks).swap(120, 3, 8).false(5)

    Attributes:
        path: of the file; "corrections" without one.
        lines: what they say.
        files: those that they were read from.
    """

    def __init__(self, tracks: Tracks | None = None, lines: Iterable[str] = (), *, path: Path | None = None) -> None:
        """Begin with lines of text, or with none.

        Args:
            tracks: the earlier tracks; None: lines `tracks FILE` name them, by paths relative to the folder of `path`.
            lines: as in a file of corrections.
            path: the file that the lines are from, for messages.

        Raises:
            ConstraintError: `tracks` are no `Tracks`.
            FormatError: a line is none of these, names tracks, a frame or an id that are not there or an interpolated
                box, or can never be satisfied.
        """
        if not isinstance(tracks, Tracks | None):
            raise ConstraintError(f"expected the earlier Tracks, not {tracks!r:.40}; Tracks.read reads a file")
        self.path = path or Path("corrections")
        self.files: tuple[Path, ...] = () if path is None else (path,)
        self.lines: tuple[Correction, ...] = ()
        self._tracks = None if tracks is None else EarlierTracks.of(tracks)
        self._read: dict[Path, EarlierTracks] = {}
        self._count = 0
        for line in [lines] if isinstance(lines, str) else lines:
            self._add(str(line))

    def must(self, a: FrameAndId, b: FrameAndId) -> Self:
        """Two boxes show one object."""
        return self._with("must", a, b)

    def cannot(self, a: FrameAndId, b: FrameAndId) -> Self:
        """Two boxes show two objects."""
        return self._with("cannot", a, b)

    def swap(self, frame: int, track_id: int, other_id: int) -> Self:
        """From this frame on, the two identities are exchanged."""
        return self._with("swap", frame, track_id, other_id)

    def split(self, frame: int, track_id: int) -> Self:
        """From this frame on, the track shows another object."""
        return self._with("split", frame, track_id)

    def merge(self, track_id: int, other_id: int) -> Self:
        """Two tracks show one object."""
        return self._with("merge", track_id, other_id)

    def false(self, track: int | FrameAndId, last_frame: int | None = None) -> Self:
        """A track, by its id, or a box is a false alarm; with `last_frame`, the track's boxes from the box to there."""
        return self._with("false", track, *([] if last_frame is None else [last_frame]))

    def true(self, box: FrameAndId) -> Self:
        """A box shows an object: it stays in the result."""
        return self._with("true", box)

    def with_lines(self, lines: Iterable[str], first: int) -> Self:
        """Lines of text come after these; `first` is the number of the first one, for messages.

        Raises:
            FormatError: one is wrong.
        """
        more = copy(self)
        more._count = first - 1
        for line in lines:
            more._add(line)
        return more

    def among(self, detections: Detections) -> tuple[Constraint, ...]:
        """The corrections as constraints on the rows of those of the detections that are no false alarms.

        Raises:
            FormatError: a box is none of the detections, or lines contradict each other.
        """
        return CorrectedDetections(self.path, self.lines, detections).constraints()

    def false_alarms(self, detections: Detections) -> BoolArray:
        """(N,) which of the detections are false alarms by these corrections, and are to be left out.

        Raises:
            FormatError: a box is none of the detections.
        """
        return CorrectedDetections(self.path, self.lines, detections).false_alarms

    def record(self) -> dict[str, str | int]:
        """The file, and how many lines of each word it has, for the record of a run."""
        return {"file": str(self.path), "must": 0, "cannot": 0, **Counter(each.word for each in self.lines)}

    def _with(self, word: str, *values: Any) -> Self:
        numbers = [number for value in values for number in (value if isinstance(value, tuple | list) else [value])]
        more = copy(self)
        more._add(" ".join([word, *map(str, numbers)]))
        return more

    def _add(self, line: str) -> None:
        """Add a line.

        Raises:
            FormatError: it is wrong.
        """
        self._count += 1
        keyword, *rest = re.split(r"(?:^|\s)#", line)[0].split(maxsplit=1) or [""]
        try:
            if keyword == "tracks" and rest:
                self._name_tracks(self.path.parent / rest[0].strip())
            elif keyword in SHAPES and rest:
                correction = parse_correction(self._count, keyword, rest[0].split(), self._tracks)
                self.lines = (*self.lines, correction)
            elif keyword:
                raise ConstraintError(f"expected {LINES}, found {line.strip()[:40]!r}")
        except SiamlinkError as error:
            raise FormatError(self.path, str(error), self._count) from None

    def _name_tracks(self, file: Path) -> None:
        if file not in self._read:
            self._read = {**self._read, file: EarlierTracks.read(file)}
            self.files = (*self.files, file)
        self._tracks = self._read[file]


def constraints_on(detections: Detections, known: Constraints | Corrections) -> tuple[Constraints, BoolArray]:
    """The constraints on N detections, and which of these (N,) are false alarms; rows are counted without them.

    Raises:
        FormatError: corrections speak of other detections, or contradict each other.
    """
    if isinstance(known, Corrections):
        corrected = CorrectedDetections(known.path, known.lines, detections)
        return corrected.constraints(), corrected.false_alarms
    return known, np.zeros(len(detections), bool)


def read_corrections(path: Path) -> Corrections:
    """Read corrections.

    A line `tracks FILE` names MOT tracks, by a path relative to the corrections' folder. The lines after it correct
    them, each with one of the words of `SHAPES`. Text after `#` is a comment.

    Raises:
        InputError: the file cannot be read.
        FormatError: a line is none of these, names tracks, a frame or an id that are not there or an interpolated box,
            or can never be satisfied.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise FormatError(path, f"not a text file; expected lines {LINES}")
    return Corrections(lines=text.splitlines(), path=Path(path))


def as_known(constraints: AnyConstraints) -> Constraints | Corrections:
    """What is known about detections, by the argument `constraints` of `track`.

    Raises:
        SiamlinkError: a file or a line of corrections is wrong.
    """
    if isinstance(constraints, str | Path):
        return read_corrections(Path(constraints))
    if isinstance(constraints, Corrections):
        return constraints
    if not isinstance(constraints, Iterable):
        raise ConstraintError(f"expected a file, Corrections, lines of these or constraints, not {constraints!r:.40}")
    lines = [each for each in constraints if isinstance(each, str)]
    if lines and len(lines) == len(constraints):
        return Corrections(lines=lines)
    return cast("Constraints", constraints)
