"""Corrections of earlier tracks from a text file: boxes that must be, or cannot be, in one track."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.association.solvers.constraints import Constraint, group_detections
from siamlink.detectors.base.errors import ConstraintError, FormatError, InputError, SiamlinkError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.box_file import BoxFile
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.text import corners

LINES = "'tracks FILE', 'must FRAME ID FRAME ID' or 'cannot FRAME ID FRAME ID'"
LEAST_OVERLAP = 0.3
"""Least IoU of a detection with its own box in the tracks, which may have been smoothed."""
SCORE_DIGITS = 1e-5
"""Relative difference of scores below which six digits are equal."""


@dataclass(frozen=True)
class NamedBox:
    """One box of an earlier result: a row of the file of its tracks."""

    tracks: BoxFile
    row: int

    def detection(self, detections: Detections) -> int:
        """The row of the detection that the box was made from: of the same score, and each the other's best overlap.

        Raises:
            ConstraintError: it was made from none of these detections, as it was interpolated, or they are others.
        """
        match = self._match(self.row, detections)
        if match is not None:
            return match
        rows, path = self.tracks.rows, self.tracks.path
        frame, number = rows[self.row, :2].astype(int).tolist()
        same = np.flatnonzero(rows[:, 1] == number)
        nearest = same[np.argsort(np.abs(rows[same, 0] - frame), kind="stable")]
        detected = next((row for row in nearest if self._match(row, detections) is not None), None)
        if detected is None:
            raise ConstraintError(f"id {number} of {path} has no box among the detections: these are others")
        raise ConstraintError(
            f"id {number} was not detected in frame {frame} but interpolated there; it was detected in frame "
            f"{rows[detected, 0]:g}"
        )

    def _match(self, row: int, detections: Detections) -> int | None:
        rows = self.tracks.rows
        first, last = np.searchsorted(detections.frame, rows[row, 0] + [0, 1])
        if first == last:
            return None
        here = np.flatnonzero(rows[:, 0] == rows[row, 0])
        overlap = iou_matrix(corners(rows[here]), detections.box[first:last])
        overlap[~np.isclose(rows[here, 6, None], detections.score[first:last], SCORE_DIGITS, SCORE_DIGITS)] = 0
        overlap[self.tracks.interpolated[here]] = 0
        own = overlap[here == row][0]
        best = int(np.argmax(own))
        is_own = own[best] >= LEAST_OVERLAP and here[np.argmax(overlap[:, best])] == row
        return int(first + best) if is_own else None


@dataclass(frozen=True)
class Correction:
    """A line of the file: two boxes that must be, or cannot be, in one track."""

    line: int
    together: bool
    boxes: tuple[NamedBox, NamedBox]


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
        """The file, and how many lines of each kind it has, for the record of a run."""
        must = sum(each.together for each in self.lines)
        return {"file": str(self.path), "must": must, "cannot": len(self.lines) - must}

    def among(self, detections: Detections) -> tuple[Constraint, ...]:
        """The corrections as constraints on the detections that are to be linked again.

        Raises:
            FormatError: a box is none of the detections, or lines contradict each other.
        """
        constraints = []
        for each in self.lines:
            try:
                a, b = (box.detection(detections) for box in each.boxes)
            except ConstraintError as error:
                raise FormatError(self.path, str(error), each.line) from None
            constraints.append(Constraint(a, b, each.together, f"line {each.line}"))
        try:
            group_detections(detections.frame, constraints)
        except ConstraintError as error:
            raise FormatError(self.path, str(error)) from None
        return tuple(constraints)


def read_corrections(path: Path) -> Corrections:
    """Read corrections.

    A line `tracks FILE` names MOT tracks, by a path relative to the corrections' folder. The lines after it correct
    them: by `must FRAME ID FRAME ID` two boxes are in one track, by `cannot FRAME ID FRAME ID` they are not. Text after
    a `#` is a comment.

    Raises:
        InputError: the file cannot be read.
        FormatError: a line is none of these, or names tracks, a frame or an id that are not there.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise FormatError(path, f"not a text file; expected lines {LINES}")
    lines: list[Correction] = []
    tracks: dict[Path, BoxFile] = {}
    file = None
    for number, line in enumerate(text.splitlines(), 1):
        keyword, *rest = re.split(r"(?:^|\s)#", line)[0].split(maxsplit=1) or [""]
        try:
            if keyword == "tracks" and rest:
                file = Path(path).parent / rest[0].strip()
                tracks[file] = read_boxes(file, unique_ids=True)
            elif keyword in ("must", "cannot") and rest:
                boxes = _boxes(rest[0].split(), file, tracks)
                lines.append(Correction(number, keyword == "must", boxes))
            elif keyword:
                raise ConstraintError(f"expected {LINES}, found {line.strip()[:40]!r}")
        except SiamlinkError as error:
            raise FormatError(path, str(error), number) from None
    return Corrections(Path(path), tuple(lines), tuple(tracks))


def _boxes(fields: list[str], file: Path | None, tracks: dict[Path, BoxFile]) -> tuple[NamedBox, NamedBox]:
    """The two boxes that a line names.

    Raises:
        ConstraintError: there are no such boxes.
    """
    if file is None:
        raise ConstraintError("frames and ids of which tracks? name them before, by a line 'tracks FILE'")
    if len(fields) != 4:
        raise ConstraintError(f"expected FRAME ID FRAME ID, found {' '.join(fields)[:40]!r}")
    for field in fields:
        if not (field.isascii() and field.isdecimal() and len(field) < 10):
            raise ConstraintError(f"{field[:40]!r} is not a whole number")
    first, second = ((int(frame), int(number)) for frame, number in (fields[:2], fields[2:]))
    return _box(*first, tracks[file]), _box(*second, tracks[file])


def _box(frame: int, number: int, tracks: BoxFile) -> NamedBox:
    rows, path = tracks.rows, tracks.path
    same = np.flatnonzero(rows[:, 1] == number)
    if not len(same):
        raise ConstraintError(f"there is no id {number} in {path}")
    distance = np.abs(rows[same, 0] - frame)
    nearest = same[np.argmin(distance)]
    if distance.min():
        raise ConstraintError(f"id {number} is not in frame {frame} of {path}; it is in frame {rows[nearest, 0]:g}")
    return NamedBox(tracks, int(nearest))
