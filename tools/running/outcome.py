"""What came of one source, and the record of the run that is written beside its tracks."""

import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from siamlink.detectors.base.fingerprint import package_version
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.result import Counts, TrackingResult

RECORDED_PACKAGES = ("siamlink", "numpy", "opencv-python", "av", "onnxruntime", "ortools", "xgboost")


@dataclass(frozen=True)
class Outcome:
    """The result of one source.

    Attributes:
        source: the input.
        result: its tracks.
        wall_seconds: total time, without the writing of tracks and record.
        video_broken: why the input ended early while the video was drawn; None if it did not.
        draw_seconds: time of drawing after tracking; None if nothing was drawn then.
    """

    source: TrackingInput
    result: TrackingResult
    wall_seconds: float
    video_broken: str | None = None
    draw_seconds: float | None = None

    @property
    def broken(self) -> str | None:
        """Why the input ended before its end, while it was tracked or drawn; None if it did not."""
        return self.result.broken or self.video_broken

    @property
    def seconds(self) -> dict[str, float]:
        """By stage, drawing included; see `TrackingResult`."""
        seconds = self.result.seconds
        return seconds if self.draw_seconds is None else {**seconds, "draw": self.draw_seconds}

    def record(self, parameters: TrackerParameters) -> dict[str, Any]:
        """Input, counts, use of appearance, seconds, settings and versions of the run."""
        source, result = self.source, self.result
        return {
            "input": {
                "name": source.name,
                "source": source.origin,
                "frame_rate": source.frame_rate,
                "frames": result.frame_count,
                "first_frame": result.first_frame,
                "size": source.image_size,
                "detections": str(source.detection_file) if source.detection_file else result.detector,
                "broken": self.broken,
            },
            "detector": result.detector_record or source.selection,
            "live": _live_record(source.frames) if source.frames and source.live else None,
            "counts": {name: value for name, value in asdict(result.counts).items() if name != "classes"},
            "classes": _class_record(result),
            "constraints": source.known.record() if isinstance(source.known, Corrections) else None,
            "appearance": asdict(result.appearance) if result.appearance else None,
            "matching": result.matching,
            "search_unused": result.search_unused or None,
            "wall_seconds": round(self.wall_seconds, 4),
            "seconds": {stage: round(seconds, 4) for stage, seconds in self.seconds.items()},
            "config": parameters.model_dump(),
            "versions": {
                "python": platform.python_version(),
                **{name: package_version(name) for name in RECORDED_PACKAGES},
            },
        }

    def record_text(self, parameters: TrackerParameters) -> str:
        """The record as JSON."""
        return json.dumps(self.record(parameters), indent=2) + "\n"


@dataclass(frozen=True)
class Tracked:
    """What is said of a source whose results are written.

    Attributes:
        name: of the source.
        frame_count: how many frames were covered.
        counts: of detections, tracks and boxes.
        class_names: the names of classes, where they are known.
        wall_seconds: as of the outcome.
        broken: why the input ended before its end; None if it did not.
        notes: what a user should know, a line each.
    """

    name: str
    frame_count: int
    counts: Counts
    class_names: ClassNames | None
    wall_seconds: float
    broken: str | None
    notes: tuple[str, ...]

    @classmethod
    def of(cls, outcome: Outcome, notes: Iterable[str]) -> "Tracked":
        """What is said of an outcome."""
        result = outcome.result
        return cls(
            outcome.source.name,
            result.frame_count,
            result.counts,
            result.class_names,
            outcome.wall_seconds,
            outcome.broken,
            tuple(notes),
        )


def _class_record(result: TrackingResult) -> list[dict[str, Any]]:
    """The classes of the tracks, each with its number, its name or None, and its counts; empty if none are known."""
    names, counts = result.class_names, result.counts.classes
    if names is None and set(counts) <= {0}:
        return []
    names = names or ClassNames({})
    return [{"number": number, "name": names.get(number), **each._asdict()} for number, each in counts.items()]


def _live_record(frames: FrameSource) -> dict[str, Any]:
    """The frames of a live source that were tracked, dropped and missing."""
    gaps = [gap._asdict() for gap in frames.gaps]
    return {"handled": frames.read_count, "dropped": frames.dropped_count, "rate": frames.arrival_rate, "gaps": gaps}
