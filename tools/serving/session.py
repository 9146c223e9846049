"""Solves one video again and again, each time under other corrections, with all that does not change in memory."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import ConstraintError, FormatError, InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.memory import Memory
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.detected_tracks import DetectedTracks
from siamlink.tracker.runs.earlier_tracks import EarlierTracks
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.run import TrackingRun
from siamlink.tracker.runs.search import with_earlier_found
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.searching.earlier import EarlierFound


@dataclass(frozen=True)
class Solved:
    """The tracks under some corrections.

    Attributes:
        lines: the corrections.
        source: the input with them.
        result: the tracks.
        original: (N,) for each box the id of its detection in the tracks that are corrected, 0 for none.
        seconds: how long it took.
    """

    lines: tuple[str, ...]
    source: TrackingInput
    result: TrackingResult
    original: NDArray[np.int32]
    seconds: float


class Session:
    """Links the detections of one video as `siamlink track --constraints` does, and gives the same tracks.

    Args:
        source: the video with its detections.
        parameters: of the run that made the tracks.
        matcher: its models.
        tracks: that are corrected.
        file: the file of corrections, which errors name.
        heading: its first lines: the corrections by which the tracks were made, and the name of their file.
        explains: whether results say why links were chosen.
        found: what a search found from ends of these tracks; nothing more is searched.

    Raises:
        FormatError: the heading names files that are not there, or is malformed.
    """

    def __init__(
        self,
        source: TrackingInput,
        parameters: TrackerParameters,
        matcher: Matcher,
        tracks: EarlierTracks,
        file: Path,
        heading: Sequence[str],
        explains: bool = True,
        found: EarlierFound | None = None,
    ) -> None:
        assert source.detections is not None
        self._detections = source.detections
        self._source = source._replace(cache=source.cache.in_memory(matcher.appearances.values()))
        self._file, self._heading = file, tuple(heading)
        self._earlier = Corrections(lines=heading, path=file)
        self._ids = _ids_of(tracks, source.detections)
        self.parameters, self._found = parameters, found
        self._options = TrackingOptions(parameters, matcher=matcher, explain=explains, memory=Memory(), searches=False)

    def describe(self, progress: Progress) -> None:
        """Describe all detections and follow the camera, so that no later solve decodes the video.

        Raises:
            InputError: the video cannot be read.
        """
        TrackingRun(self._source, None, replace(self._options, progress=progress)).describe_all()

    def text(self, lines: Sequence[str]) -> str:
        """The file of corrections."""
        return "".join(f"{line}\n" for line in (*self._heading, *lines))

    def solve(self, lines: Sequence[str], check: Callable[[], None] = lambda: None, from_file: bool = False) -> Solved:
        """The tracks under these corrections.

        Args:
            lines: the corrections.
            check: called now and then; what it raises ends the work.
            from_file: whether they are from the file, so that errors name it and its lines; else errors count these
                lines from 1.

        Raises:
            InputError: a line is wrong, or contradicts another one.
        """
        first = len(self._heading) + 1 if from_file else 1
        try:
            return self._solve(lines, check, first)
        except FormatError as error:
            if from_file or error.path != self._file:
                raise
            raise InputError(str(error).removeprefix(str(self._file)).lstrip(":, ")) from None

    def _solve(self, lines: Sequence[str], check: Callable[[], None], first: int) -> Solved:
        """The tracks under these corrections, of which the first one is the line `first` for messages."""
        start = time.perf_counter()
        for number, line in enumerate(lines, first):
            if line.split()[:1] == ["tracks"]:
                raise FormatError(self._file, "corrections here are always of the tracks that are shown", number)
        corrections = self._earlier.with_lines(lines, first)
        source = self._source._replace(known=corrections if corrections.lines else ())
        result = track_input(source, replace(self._options, progress=lambda *_: check()))
        if self._found:
            result = with_earlier_found(result, self._found)
        check()
        original = self._original_ids(result, corrections)
        return Solved(tuple(lines), source, result, original, time.perf_counter() - start)

    def _original_ids(self, result: TrackingResult, corrections: Corrections) -> NDArray[np.int32]:
        """(N,) the id that the detection of each box has in the tracks that are corrected, 0 for none."""
        tracks, found = result.tracks, self._detections
        kept = np.flatnonzero(~corrections.false_alarms(found))
        detected = tracks.row >= 0
        row = np.searchsorted(found.frame[kept], tracks.frame[detected]) + tracks.row[detected]
        original = np.zeros(len(tracks), np.int32)
        original[detected] = self._ids[kept][row]
        return original


def _ids_of(tracks: EarlierTracks, detections: Detections) -> NDArray[np.int32]:
    """(N,) the id of the track that has a box made from each detection, 0 for none."""
    ids, detected = np.zeros(len(detections), np.int32), DetectedTracks(tracks, detections)
    for number in np.unique(tracks.track_id).tolist():
        with suppress(ConstraintError):  # none of its boxes can be found
            ids[list(detected.rows(number).values())] = number
    return ids
