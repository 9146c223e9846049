"""Track one source and write its results: tracks as MOT text, an annotated video, and a record of the run."""

import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import OutputError, SiamlinkError
from siamlink.detectors.base.fingerprint import package_version
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS, FrameSource
from siamlink.tools.console.files import (
    growing_text,
    output_errors,
    partial_path,
    publish,
    staging,
    write_text,
)
from siamlink.tools.running.cache import Cache
from siamlink.tools.running.live import ended_by_signal
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.frame_by_frame import OnFrame, Unfinished
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.track import DEFAULT_DETECTOR, TrackingResult, track_input

RECORDED_PACKAGES = ("siamlink", "numpy", "opencv-python", "av", "onnxruntime", "ortools", "xgboost")


@dataclass(frozen=True)
class Job:
    """What to do with each source.

    Attributes:
        output: the folder for the results.
        parameters: settings of the tracker.
        detector: the name of a detector; None: given or public detections, else the default detector.
        detections: a MOT detection file, or a path inside each sequence's folder.
        frame_rate: frames per second, instead of the frame rate of the source.
        video: whether an annotated video is written.
        overwrite: whether earlier results may be replaced, and an earlier video removed if none is drawn.
        constraints: corrections of earlier tracks of the one source.
        patience_seconds: how long to reconnect a lost live source; 0 does not reconnect.
        cache: detections and descriptors for later runs.
        resume: whether the records of an interrupted run are used.
    """

    output: Path
    parameters: TrackerParameters = field(default_factory=TrackerParameters)
    detector: str | None = None
    detections: Path | None = None
    frame_rate: float | None = None
    video: bool = True
    overwrite: bool = False
    constraints: Path | None = None
    patience_seconds: float = PATIENCE_SECONDS
    cache: Cache | None = None
    resume: bool = False

    @property
    def detector_name(self) -> str:
        """The detector for sources without detections."""
        return DEFAULT_DETECTOR if self.detector is None else self.detector

    def results(self, source: TrackingInput) -> list[Path]:
        """The files that are written for an input: tracks, record and video."""
        suffixes = [".txt", ".json", ".mp4"] if self.draws(source) else [".txt", ".json"]
        return [self.output / f"{source.name}{suffix}" for suffix in suffixes]

    def kept(self, source: TrackingInput) -> Path:
        """The folder for the records of an input; it exists while the input is tracked, and after an interruption."""
        return self.output / f".{source.name}.kept"

    def may_replace(self, source: TrackingInput) -> bool:
        """Whether results may be replaced: with `overwrite`, or those that a resumed run had begun to write."""
        return self.overwrite or (self.resume and self.kept(source).is_dir())

    def partial(self, source: TrackingInput) -> Path:
        """The file for the final tracks of an interrupted run."""
        return partial_path(self.output / f"{source.name}.txt")

    def draws(self, source: TrackingInput) -> bool:
        """Whether there will be an annotated video of an input."""
        return self.video and source.frames is not None

    def decodes(self, source: TrackingInput) -> bool:
        """Whether the images of an input are needed: to detect, for appearance or to draw."""
        return source.frames is not None and (source.detections is None or self.parameters.looks or self.video)

    def stale_video(self, source: TrackingInput) -> Path | None:
        """An earlier video, not the input itself, that would not belong to the new tracks of an input without video."""
        video, path = self.output / f"{source.name}.mp4", Path(source.source)
        if self.draws(source) or not video.is_file():
            return None
        is_input = any(each.exists() and video.samefile(each) for each in (path, path / video.name))
        return None if is_input else video


@dataclass(frozen=True)
class Outcome:
    """The result of one source.

    Attributes:
        opened: the input.
        result: its tracks.
        broken: why the input ended early, while tracking or while drawing; None if it did not.
        seconds: by stage, drawing included; see `TrackingResult`.
        wall_seconds: total time, without the writing of tracks and record.
    """

    opened: TrackingInput
    result: TrackingResult
    broken: str | None
    seconds: dict[str, float]
    wall_seconds: float

    def record(self, parameters: TrackerParameters) -> dict[str, Any]:
        """Input, counts, use of appearance, seconds, settings and versions of the run."""
        opened, result = self.opened, self.result
        return {
            "input": {
                "name": opened.name,
                "source": opened.source,
                "frame_rate": opened.frame_rate,
                "frames": result.frame_count,
                "size": opened.image_size,
                "detections": str(opened.detection_file) if opened.detection_file else result.detector,
                "broken": self.broken,
            },
            "live": _live_record(opened.frames) if opened.frames and opened.live else None,
            "counts": asdict(result.counts),
            "constraints": opened.known.record() if isinstance(opened.known, Corrections) else None,
            "appearance": asdict(result.appearance) if result.appearance else None,
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


def run(opened: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> Outcome:
    """Track one input and write `NAME.txt`, `NAME.mp4` and `NAME.json`; earlier files stay until all is written.

    If the video fails, the tracks are written, unless an earlier video would remain beside them. If windowed or online
    tracking is interrupted, `NAME.partial.txt` holds the final tracks.

    Raises:
        SiamlinkError: the input breaks, the detector fails, or the results cannot be written.
    """
    if opened.live:
        return _run_live(opened, job, detector, matcher, progress)
    start = time.perf_counter()
    with staging(job.output) as staged:
        video = staged / f"{opened.name}.mp4" if job.draws(opened) else None
        result = _track(opened, job, detector, matcher, progress)
        drawing = Stopwatch()
        try:
            with drawing.stage("draw"):
                late = _draw(opened, result, video, progress) if video else None
        except SiamlinkError as error:
            if any(path.exists() for path in job.results(opened)):
                raise
            wall_seconds = time.perf_counter() - start
            _write(Outcome(opened, result, result.broken, result.seconds, wall_seconds), job, staged)
            raise OutputError(f"{error}; the tracks are in {job.results(opened)[0]}") from None
        seconds = {**result.seconds, **drawing.seconds} if video else result.seconds
        outcome = Outcome(opened, result, result.broken or late, seconds, time.perf_counter() - start)
        _write(outcome, job, staged)
    return outcome


def _run_live(opened: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> Outcome:
    """Track and draw a live input; final tracks are written at once, and not kept in memory."""
    assert opened.frames is not None
    text, video = job.output / f"{opened.name}.txt", job.output / f"{opened.name}.mp4"
    drawing = annotated_video(video, opened) if job.draws(opened) else nullcontext()
    start = time.perf_counter()
    with (
        growing_text(text, keep=True, overwrite=job.overwrite) as write,
        ended_by_signal(opened.frames, partial_path(text)),
        drawing as draw,
    ):
        result = track_input(
            opened, detector, job.parameters, progress, matcher, draw, lambda tracks: write(tracks.to_mot_text())
        )
    outcome = Outcome(opened, result, result.broken, result.seconds, time.perf_counter() - start)
    write_text(text.with_suffix(".json"), outcome.record_text(job.parameters), job.overwrite)
    _remove_stale_video(opened, job)
    return outcome


def _track(opened: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> TrackingResult:
    """Track; if windowed or online tracking is interrupted, its final tracks are written."""
    try:
        return track_input(opened, detector, job.parameters, progress, matcher)
    except Unfinished as unfinished:
        if unfinished.final_frame:
            write_text(job.partial(opened), unfinished.tracks.to_mot_text(), overwrite=True)
        raise unfinished.__cause__ or unfinished from None


def _draw(opened: TrackingInput, result: TrackingResult, path: Path, progress: Progress) -> str | None:
    """Draw the tracks on the frames, which are read again; returns why they end early, None if they do not."""
    frames = opened.frames
    if frames is None:
        return None
    with annotated_video(path, opened) as draw, prefetch(frames) as decoded:
        for frame in decoded:
            draw(frame, result.tracks.in_frame(frame.number))
            progress("draw", frame.number, frames.frame_count)
    last = int(result.detections.frame.max(initial=0))
    if last > frames.read_count and not frames.broken:
        return f"ends with frame {frames.read_count}, but there are detections up to frame {last}"
    return frames.broken


@contextmanager
def annotated_video(path: Path, opened: TrackingInput) -> Iterator[OnFrame]:
    """A video; the yielded function adds a frame with its tracks and its number."""
    from siamlink.tools.drawing.annotate import Annotator
    from siamlink.tools.drawing.video_writer import VideoWriter

    annotator = Annotator(opened.frame_rate)
    size = opened.frames.size if opened.frames else (0, 0)
    with VideoWriter(path, opened.frame_rate, size, growing=opened.live) as writer:
        yield lambda frame, tracks: writer.write(annotator.draw(frame.image, tracks, frame.number), frame.number)


def _write(outcome: Outcome, job: Job, staged: Path) -> None:
    """Write tracks and record to temporary files, and move them with the video, if there is one, to the output folder.

    If no video is drawn, an earlier one is removed.
    """
    text, record = staged / f"{outcome.opened.name}.txt", staged / f"{outcome.opened.name}.json"
    with output_errors(text):
        text.write_text(outcome.result.tracks.to_mot_text(), encoding="ascii")
        record.write_text(outcome.record_text(job.parameters), encoding="utf-8")
    publish(staged, job.output, job.overwrite)
    with output_errors(job.partial(outcome.opened)):
        job.partial(outcome.opened).unlink(missing_ok=True)
    _remove_stale_video(outcome.opened, job)


def _live_record(frames: FrameSource) -> dict[str, Any]:
    """The frames of a live source that were tracked, dropped and missing."""
    gaps = [gap._asdict() for gap in frames.gaps]
    return {"handled": frames.read_count, "dropped": frames.dropped_count, "rate": frames.arrival_rate, "gaps": gaps}


def _remove_stale_video(opened: TrackingInput, job: Job) -> None:
    stale = job.stale_video(opened)
    if stale and job.overwrite:
        with output_errors(stale):
            stale.unlink()
