"""Track one source and write its results: tracks as MOT text, an annotated video, and a record of the run."""

import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import OutputError, SiamlinkError
from siamlink.detectors.base.fingerprint import package_version
from siamlink.detectors.base.output_files import partial_path
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS, Frame, FrameSource
from siamlink.tools.console.files import (
    growing_text,
    output_errors,
    publish,
    staging,
    write_text,
)
from siamlink.tools.running.live import ended_by_signal
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import DEFAULT_DETECTOR, TrackingOptions
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.run import Interrupted
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks

GIGABYTE = 10**9
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
        cache: the folder of detections and descriptors for later runs.
        cache_limit: the largest size of the cache in bytes.
        resume: whether frames are recorded, and the records of an interrupted run are used.
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
    cache: Path | None = None
    cache_limit: int = 10 * GIGABYTE
    resume: bool = False

    @property
    def detector_name(self) -> str:
        """The detector for sources without detections."""
        return DEFAULT_DETECTOR if self.detector is None else self.detector

    def results(self, source: TrackingInput) -> list[Path]:
        """The files that are written for an input: tracks, record and video."""
        suffixes = [".txt", ".json", ".mp4"] if self.draws(source) else [".txt", ".json"]
        return [self.output / f"{source.name}{suffix}" for suffix in suffixes]

    def resume_folder(self, source: TrackingInput) -> Path:
        """The folder for the records of an input; it exists while the input is tracked, and after an interruption."""
        return self.output / f".{source.name}.resume"

    def may_replace(self, source: TrackingInput) -> bool:
        """Whether results may be replaced: with `overwrite`, or those that a resumed run had begun to write."""
        return self.overwrite or (self.resume and self.resume_folder(source).is_dir())

    def partial(self, source: TrackingInput) -> Path:
        """The file for the final tracks of an interrupted run."""
        return partial_path(self.output / f"{source.name}.txt")

    def draws(self, source: TrackingInput) -> bool:
        """Whether there will be an annotated video of an input."""
        return self.video and source.frames is not None

    def decodes(self, source: TrackingInput) -> bool:
        """Whether the images of an input are needed: to detect, for appearance or to draw."""
        needed = source.detections is None or self.parameters.uses_appearance or self.video
        return source.frames is not None and needed

    def stale_video(self, source: TrackingInput) -> Path | None:
        """An earlier video, not the input itself, that would not belong to the new tracks of an input without video."""
        video, path = self.output / f"{source.name}.mp4", Path(source.origin)
        if self.draws(source) or not video.is_file():
            return None
        is_input = any(each.exists() and video.samefile(each) for each in (path, path / video.name))
        return None if is_input else video


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
                "size": source.image_size,
                "detections": str(source.detection_file) if source.detection_file else result.detector,
                "broken": self.broken,
            },
            "live": _live_record(source.frames) if source.frames and source.live else None,
            "counts": asdict(result.counts),
            "constraints": source.known.record() if isinstance(source.known, Corrections) else None,
            "appearance": asdict(result.appearance) if result.appearance else None,
            "matching": result.matching,
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


def run(source: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> Outcome:
    """Track one input and write `NAME.txt`, `NAME.mp4` and `NAME.json`; earlier files stay until all is written.

    If the video fails, the tracks are written, unless an earlier video would remain beside them. If windowed or online
    tracking is interrupted, `NAME.partial.txt` holds the final tracks.

    Raises:
        SiamlinkError: the input breaks, the detector fails, or the results cannot be written.
    """
    if source.live:
        return _run_live(source, job, detector, matcher, progress)
    start = time.perf_counter()
    with staging(job.output) as staged:
        video = staged / f"{source.name}.mp4" if job.draws(source) else None
        result = _track(source, job, detector, matcher, progress)
        tracked = time.perf_counter()
        try:
            video_broken = _draw(source, result, video, progress) if video else None
        except SiamlinkError as error:
            if any(path.exists() for path in job.results(source)):
                raise
            wall_seconds = time.perf_counter() - start
            _write(Outcome(source, result, wall_seconds), job, staged)
            raise OutputError(f"{error}; the tracks are in {job.results(source)[0]}") from None
        end = time.perf_counter()
        outcome = Outcome(source, result, end - start, video_broken, end - tracked if video else None)
        _write(outcome, job, staged)
    return outcome


def _run_live(source: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> Outcome:
    """Track and draw a live input; final tracks are written at once, and not kept in memory."""
    assert source.frames is not None
    text, video = job.output / f"{source.name}.txt", job.output / f"{source.name}.mp4"
    drawing = annotated_video(video, source) if job.draws(source) else nullcontext()
    start = time.perf_counter()
    with (
        growing_text(text, keep=True, overwrite=job.overwrite) as write,
        ended_by_signal(source.frames, partial_path(text)),
        drawing as draw,
    ):
        sinks = (AppendTracks(write), DrawTracks(draw)) if draw else (AppendTracks(write),)
        result = track_input(
            source, TrackingOptions(job.parameters, detector, matcher, progress, sinks, keeps_tracks=False)
        )
    outcome = Outcome(source, result, time.perf_counter() - start)
    write_text(text.with_suffix(".json"), outcome.record_text(job.parameters), job.overwrite)
    _remove_stale_video(source, job)
    return outcome


def _track(source: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> TrackingResult:
    """Track; if windowed or online tracking is interrupted, its final tracks are written."""
    try:
        return track_input(source, TrackingOptions(job.parameters, detector, matcher, progress))
    except Interrupted as interrupted:
        if interrupted.final_frame:
            write_text(job.partial(source), interrupted.tracks.to_mot_text(), overwrite=True)
        raise interrupted.__cause__ or interrupted from None


def _draw(source: TrackingInput, result: TrackingResult, path: Path, progress: Progress) -> str | None:
    """Draw the tracks on the frames, which are read again; returns why they end early, None if they do not."""
    frames = source.frames
    if frames is None:
        return None
    with annotated_video(path, source) as draw, prefetch(frames) as decoded:
        for frame in decoded:
            draw(frame, result.tracks.in_frame(frame.number))
            progress("draw", frame.number, frames.frame_count)
    last = int(result.detections.frame.max(initial=0))
    if last > frames.read_count and not frames.broken:
        return f"ends with frame {frames.read_count}, but there are detections up to frame {last}"
    return frames.broken


@contextmanager
def annotated_video(path: Path, source: TrackingInput) -> Iterator[Callable[[Frame, Tracks], None]]:
    """A video; the yielded function adds a frame with its tracks and its number."""
    from siamlink.tracker.drawing.annotate import Annotator
    from siamlink.tracker.drawing.video_writer import VideoWriter

    annotator = Annotator(source.frame_rate)
    size = source.frames.size if source.frames else (0, 0)
    with VideoWriter(path, source.frame_rate, size, growing=source.live) as writer:
        yield lambda frame, tracks: writer.write(annotator.draw(frame.image, tracks, frame.number), frame.number)


def _write(outcome: Outcome, job: Job, staged: Path) -> None:
    """Write tracks and record to temporary files, and move them with the video, if there is one, to the output folder.

    If no video is drawn, an earlier one is removed.
    """
    text, record = staged / f"{outcome.source.name}.txt", staged / f"{outcome.source.name}.json"
    with output_errors(text):
        text.write_text(outcome.result.tracks.to_mot_text(), encoding="ascii")
        record.write_text(outcome.record_text(job.parameters), encoding="utf-8")
    publish(staged, job.output, job.overwrite)
    with output_errors(job.partial(outcome.source)):
        job.partial(outcome.source).unlink(missing_ok=True)
    _remove_stale_video(outcome.source, job)


def _live_record(frames: FrameSource) -> dict[str, Any]:
    """The frames of a live source that were tracked, dropped and missing."""
    gaps = [gap._asdict() for gap in frames.gaps]
    return {"handled": frames.read_count, "dropped": frames.dropped_count, "rate": frames.arrival_rate, "gaps": gaps}


def _remove_stale_video(source: TrackingInput, job: Job) -> None:
    stale = job.stale_video(source)
    if stale and job.overwrite:
        with output_errors(stale):
            stale.unlink()
