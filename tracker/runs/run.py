"""What one run of the tracker works with, and what comes of it."""

from dataclasses import dataclass

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class AppearanceUse:
    """What appearance had to do with the tracks.

    Attributes:
        name: of the appearance.
        wanted: the candidate pairs that geometry left open, or, with two levels, the chosen detections of tracklets;
            all detections if these are chosen only later, in a window.
        seen: how many of these were looked at; the others were judged by geometry alone.
        missing: why some could not be looked at; None if all were.
    """

    name: str
    wanted: int
    seen: int
    missing: str | None


@dataclass
class Counts:
    """How many detections were linked, and how many boxes of how many tracks came of them, some interpolated."""

    detections: int = 0
    tracks: int = 0
    boxes: int = 0
    interpolated: int = 0


@dataclass(frozen=True)
class Run:
    """What one run works with."""

    opened: TrackingInput
    parameters: TrackerParameters
    matcher: Matcher
    progress: Progress
    stopwatch: Stopwatch

    def passed(self, frame: int) -> None:
        """Report that a frame has gone through."""
        detected = self.opened.frames if self.opened.detections is None else None
        if detected:
            self.progress("detect", frame, detected.frame_count)
        else:
            self.progress("link", frame, self.opened.last_frame)

    def use(self, wanted: int, seen: int) -> AppearanceUse | None:
        """How far the appearance was used, if there is one."""
        if self.matcher.appearance is None:
            return None
        missing, frames = None, self.opened.frames
        if seen < wanted:
            missing = frames.broken or f"ends with frame {frames.last_number}" if frames else "has no frames"
        return AppearanceUse(self.matcher.appearance.name, wanted, seen, missing)


@dataclass(frozen=True)
class Linked:
    """What came of a run; `last_number` and `broken` are of the frames that a detector saw."""

    detections: Detections
    tracks: Tracks
    counts: Counts
    last_number: int
    broken: str | None
    appearance: AppearanceUse | None
