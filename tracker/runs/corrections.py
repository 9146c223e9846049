"""Corrections of earlier tracks from a text file, as constraints on the detections that are to be linked again."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.association.solvers.constraints import Constraint, Constraints, group_detections
from siamlink.detectors.base.arrays import BoolArray, IntArray
from siamlink.detectors.base.errors import ConstraintError, FormatError, InputError, SiamlinkError
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.read import read_boxes
from siamlink.tracker.runs.correction_words import SHAPES, Box, Correction, cuts_of, parse_correction
from siamlink.tracker.runs.earlier_tracks import EarlierTracks

_WORDS = [f"{word} {shape}" for word, shapes in SHAPES.items() for shape in shapes]
LINES = f"'tracks FILE', {', '.join(map(repr, _WORDS[:-1]))} or {_WORDS[-1]!r}"


@dataclass(frozen=True)
class Corrections:
    """The corrections of one file.

    Attributes:
        path: of the file.
        lines: the corrections.
        tracks: the files of the tracks that they correct.
    """

    path: Path
    lines: tuple[Correction, ...]
    tracks: tuple[Path, ...]

    def record(self) -> dict[str, str | int]:
        """The file, and how many lines of each word it has, for the record of a run."""
        return {"file": str(self.path), "must": 0, "cannot": 0, **Counter(each.word for each in self.lines)}

    def false_alarms(self, detections: Detections) -> BoolArray:
        """(N,) which of the detections are false alarms by these corrections, and are to be left out.

        Detections that show the same, and that are in none of the earlier tracks, are among them.

        Raises:
            FormatError: a box is none of the detections.
        """
        return self._false_lines(detections) > 0

    def among(self, detections: Detections) -> tuple[Constraint, ...]:
        """The corrections as constraints on the rows of those of the detections that are no false alarms.

        Raises:
            FormatError: a box is none of the detections, or lines contradict each other.
        """
        false, cuts = self._false_lines(detections), cuts_of(self.lines)
        place = np.cumsum(false == 0) - 1
        boxes_of = {each.tracks.path: _DetectedBoxes(each.tracks, detections, false) for each in self.lines}
        constraints = []
        for each in self.lines:
            boxes = boxes_of[each.tracks.path]
            with self._naming(each):
                pairs = each.pairs(boxes.frames, cuts)
                rows = [[boxes.row(pair.a), boxes.row(pair.b)] for pair in pairs]
            for pair, both in zip(pairs, rows, strict=True):
                for row in both:
                    if false[row]:
                        said = f"line {each.line} and line {false[row]}: a box is in a track, and a false alarm"
                        raise FormatError(self.path, said)
                a, b = place[both].tolist()
                constraints.append(Constraint(a, b, pair.together, f"line {each.line}", alone=pair.a == pair.b))
        try:
            group_detections(detections.frame[false == 0], constraints)
        except ConstraintError as error:
            raise FormatError(self.path, str(error)) from None
        return tuple(constraints)

    def _false_lines(self, detections: Detections) -> IntArray:
        """(N,) the line by which each detection is a false alarm, 0 for none."""
        false = np.zeros(len(detections), np.int64)
        for each in self.lines:
            with self._naming(each):
                if each.word == "false":
                    for row in _false_rows(each, detections):
                        false[row] = each.line
        return false

    @contextmanager
    def _naming(self, correction: Correction) -> Iterator[None]:
        """Errors within name the line.

        Raises:
            FormatError: instead of a `ConstraintError`.
        """
        try:
            yield
        except ConstraintError as error:
            raise FormatError(self.path, str(error), correction.line) from None


def constraints_on(detections: Detections, known: Constraints | Corrections) -> tuple[Constraints, BoolArray]:
    """The constraints on N detections, and which of these (N,) are false alarms; rows are counted without them.

    Raises:
        FormatError: corrections speak of other detections, or contradict each other.
    """
    if isinstance(known, Corrections):
        return known.among(detections), known.false_alarms(detections)
    return known, np.zeros(len(detections), bool)


class _DetectedBoxes:
    """The detections that the boxes of earlier tracks were made from.

    Args:
        tracks: the earlier tracks.
        detections: N of them.
        false: (N,) more than 0 for those that are false alarms.
    """

    def __init__(self, tracks: EarlierTracks, detections: Detections, false: IntArray) -> None:
        self._tracks, self._detections, self._false = tracks, detections, false
        self._detected: dict[int, dict[int, int]] = {}

    def frames(self, number: int) -> list[int]:
        """The frames in which a track was detected, without false alarms."""
        return [frame for frame, row in self._of(number).items() if not self._false[row]]

    def row(self, box: Box) -> int:
        """The detection that a box was made from; raises a `ConstraintError` for none."""
        row = self._of(box.number).get(box.frame)
        return self._tracks.detection(*box, self._detections) if row is None else row

    def _of(self, number: int) -> dict[int, int]:
        if number not in self._detected:
            self._detected[number] = self._tracks.detected(number, self._detections)
        return self._detected[number]


def _false_rows(correction: Correction, detections: Detections) -> list[int]:
    """The detections that are false alarms by a line, and those that show the same and are in no track."""
    tracks, (number,) = correction.tracks, correction.ids
    if len(correction.frames) == 1:
        tracks.detection(correction.frames[0], number, detections)
    detected = tracks.detected(number, detections)
    rows = []
    for frame in correction.false_frames(lambda _: list(detected)):
        rows += [detected[frame], *tracks.duplicates(frame, detected[frame], detections).tolist()]
    return rows


def read_corrections(path: Path) -> Corrections:
    """Read corrections.

    A line `tracks FILE` names MOT tracks, by a path relative to the corrections' folder. The lines after it correct
    them, each with one of the words of `SHAPES`; docs/track.md says what each does. Text after a `#` is a comment.

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
    return parse_corrections(path, text)


def parse_corrections(path: Path, text: str, current: EarlierTracks | None = None) -> Corrections:
    """The corrections in a text; see `read_corrections`.

    Args:
        path: of the file that holds the text, or will hold it.
        text: its lines.
        current: the tracks that lines correct before one names others; None: a line has to.

    Raises:
        FormatError: as `read_corrections`.
    """
    if "\0" in text:
        raise FormatError(path, f"not a text file; expected lines {LINES}")
    lines: list[Correction] = []
    tracks = {current.path: current} if current else {}
    for number, line in enumerate(text.splitlines(), 1):
        keyword, *rest = re.split(r"(?:^|\s)#", line)[0].split(maxsplit=1) or [""]
        try:
            if keyword == "tracks" and rest:
                file = Path(path).parent / rest[0].strip()
                current = tracks[file] = EarlierTracks(read_boxes(file, unique_ids=True))
            elif keyword in SHAPES and rest:
                lines.append(parse_correction(number, keyword, rest[0].split(), current))
            elif keyword:
                raise ConstraintError(f"expected {LINES}, found {line.strip()[:40]!r}")
        except SiamlinkError as error:
            raise FormatError(path, str(error), number) from None
    return Corrections(Path(path), tuple(lines), tuple(tracks))
