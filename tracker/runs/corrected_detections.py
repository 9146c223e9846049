"""Corrections of earlier tracks as constraints on the detections that are to be linked again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from siamlink.association.solvers.constraints import Constraint, group_detections
from siamlink.detectors.base.arrays import BoolArray, IntArray
from siamlink.detectors.base.errors import ConstraintError, FormatError
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.correction_words import Correction, cuts_of
from siamlink.tracker.runs.detected_tracks import DetectedTracks


class CorrectedDetections:
    """What lines of corrections say about N detections.

    Args:
        origin: of the lines, for messages.
        lines: the corrections.
        detections: N of them, sorted by frame.

    Raises:
        FormatError: a box that is a false alarm is none of the detections.
    """

    def __init__(self, origin: Path, lines: Sequence[Correction], detections: Detections) -> None:
        self._origin, self._lines, self._frame = origin, lines, detections.frame
        self._detected = {each.tracks: DetectedTracks(each.tracks, detections) for each in lines}
        self._false = np.zeros(len(detections), np.int64)
        for each in lines:
            if each.word == "false":
                with self._naming(each):
                    self._false[_false_rows(each, self._detected[each.tracks])] = each.line

    @property
    def false_alarms(self) -> BoolArray:
        """(N,) which of the detections are false alarms, and are to be left out.

        Detections that show the same, and that are in none of the earlier tracks, are among them.
        """
        return self._false > 0

    def constraints(self) -> tuple[Constraint, ...]:
        """The corrections as constraints on the rows of those of the detections that are no false alarms.

        Raises:
            FormatError: a box is none of the detections, or lines contradict each other.
        """
        place, constraints = np.cumsum(self._false == 0) - 1, []
        cuts = cuts_of(self._lines)
        for each in self._lines:
            detected = self._detected[each.tracks]
            with self._naming(each):
                pairs = each.pairs(self._frames_without(detected), cuts)
                rows = [[detected.row(*pair.a), detected.row(*pair.b)] for pair in pairs]
            for pair, both in zip(pairs, rows, strict=True):
                self._check_no_false_alarm(each, both)
                a, b = place[both].tolist()
                constraints.append(Constraint(a, b, pair.together, f"line {each.line}", alone=pair.a == pair.b))
        try:
            group_detections(self._frame[self._false == 0], constraints)
        except ConstraintError as error:
            raise FormatError(self._origin, str(error)) from None
        return tuple(constraints)

    def _frames_without(self, detected: DetectedTracks) -> Callable[[int], list[int]]:
        """The frames in which a track was detected, without false alarms."""
        return lambda number: [frame for frame, row in detected.rows(number).items() if not self._false[row]]

    def _check_no_false_alarm(self, correction: Correction, rows: list[int]) -> None:
        for row in rows:
            if self._false[row]:
                said = f"line {correction.line} and line {self._false[row]}: a box is in a track, and a false alarm"
                raise FormatError(self._origin, said)

    @contextmanager
    def _naming(self, correction: Correction) -> Iterator[None]:
        """Errors within name the line.

        Raises:
            FormatError: instead of a `ConstraintError`.
        """
        try:
            yield
        except ConstraintError as error:
            raise FormatError(self._origin, str(error), correction.line) from None


def _false_rows(correction: Correction, detected: DetectedTracks) -> IntArray:
    """The detections that are false alarms by a line, and those that show the same and are in no track."""
    (number,) = correction.ids
    if len(correction.frames) == 1:
        detected.row(correction.frames[0], number)
    own = detected.rows(number)
    frames = correction.false_frames(lambda _: list(own))
    return np.concatenate([np.append(detected.duplicates(frame, own[frame]), own[frame]) for frame in frames])
