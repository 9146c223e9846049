"""Track sources and write what came of it: tracks as MOT text, an annotated video, and a record of the run."""

import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import ConfigError, InputError, OutputError, SiamlinkError
from siamlink.detectors.base.fingerprint import package_version
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import find_detections, is_sequence
from siamlink.detectors.sources.frame_source import PATIENCE_SECONDS, Frame, FrameSource
from siamlink.tools.console.files import (
    check_folder,
    check_output,
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
from siamlink.tracker.runs.inputs import TrackingInput, open_input
from siamlink.tracker.runs.options import DEFAULT_DETECTOR, TrackingOptions
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.run import Interrupted
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks
from siamlink.tracker.runs.track import check_mode, track_input
from siamlink.tracker.tracks import Tracks

RECORDED_PACKAGES = ("siamlink", "numpy", "opencv-python", "av", "onnxruntime", "ortools", "xgboost")


@dataclass(frozen=True)
class Job:
    """What to do with each source.

    Attributes:
        output: the folder for the results.
        parameters: settings of the tracker.
        detector: the name of a detector; None: given or public detections, else the default detector.
        detections: a MOT detection file, or a path inside each sequence's folder.
        frame_rate: frames a second, in place of what the source says.
        video: whether an annotated video is written.
        overwrite: whether earlier results may be replaced, and an earlier video removed where none is drawn.
        constraints: corrections of earlier tracks of the one source.
        patience_seconds: how long a live source may be away; with 0, its first end is the end.
        cache: where what is seen of sources is kept for later runs.
        resume: whether what an interrupted run has kept is used.
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

    def results(self, opened: TrackingInput) -> list[Path]:
        """The files that are written for an input: tracks, record and video."""
        suffixes = [".txt", ".json", ".mp4"] if self.draws(opened) else [".txt", ".json"]
        return [self.output / f"{opened.name}{suffix}" for suffix in suffixes]

    def kept(self, opened: TrackingInput) -> Path:
        """The folder for what is seen of an input, there while this is tracked and after an interruption."""
        return self.output / f".{opened.name}.kept"

    def may_replace(self, opened: TrackingInput) -> bool:
        """Whether results may be replaced: any, or what the run that is resumed had begun to put in place."""
        return self.overwrite or (self.resume and self.kept(opened).is_dir())

    def partial(self, opened: TrackingInput) -> Path:
        """The file for the tracks that were final when a run was interrupted."""
        return partial_path(self.output / f"{opened.name}.txt")

    def draws(self, opened: TrackingInput) -> bool:
        """Whether there will be an annotated video of an input."""
        return self.video and opened.frames is not None

    def decodes(self, opened: TrackingInput) -> bool:
        """Whether the images of an input are needed: to detect, to look or to draw."""
        needed = opened.detections is None or self.parameters.uses_appearance or self.video
        return opened.frames is not None and needed

    def stale_video(self, opened: TrackingInput) -> Path | None:
        """The earlier video, not the input itself, that would lie beside the new tracks of an input not drawn."""
        video, source = self.output / f"{opened.name}.mp4", Path(opened.origin)
        if self.draws(opened) or not video.is_file():
            return None
        is_input = any(each.exists() and video.samefile(each) for each in (source, source / video.name))
        return None if is_input else video


def expand_sources(sources: list[str]) -> list[str]:
    """Replace each folder of MOT sequences by its sequences.

    Raises:
        InputError: a folder cannot be read.
    """
    expanded: list[str] = []
    for source in sources:
        folder = Path(source)
        try:
            inside = sorted(folder.iterdir()) if folder.is_dir() and not is_sequence(folder) else []
            sequences = [str(child) for child in inside if is_sequence(child)]
        except OSError as error:
            raise InputError(f"cannot read {source}: {error.strerror or error}") from None
        expanded += sequences or [source]
    return expanded


def prepare(source: str, job: Job) -> TrackingInput:
    """Open a source and see to it that it can be tracked and that its results can be written.

    Raises:
        SiamlinkError: one of them cannot be.
    """
    use_public, constraints = job.detector is None, job.constraints or ()
    detections = _detections_of(source, job)
    opened = open_input(source, detections, job.frame_rate, use_public, constraints, job.patience_seconds)
    check_mode(opened, job.parameters)
    if opened.live and (job.resume or job.cache):
        raise InputError(f"{opened.name} is live, and what is past is past: --resume and --cache are for files")
    if opened.frames and job.decodes(opened):
        opened.frames.check()
    inputs = [Path(source)]
    if opened.detection_file is not None:
        inputs.append(opened.detection_file)
    if isinstance(opened.known, Corrections):
        inputs += [opened.known.path, *opened.known.tracks]
    if opened.detections is not None:
        opened.constraints(opened.detections)
    results = job.results(opened)
    if opened.live:
        results += [partial_path(path) for path in results]
    names = [path.name for path in results]
    check_folder(job.output, names, job.may_replace(opened), inputs + [Path(source) / name for name in names])
    if stale := job.stale_video(opened):
        check_output(stale, job.overwrite)
    return opened


def check_sources(inputs: list[TrackingInput], jobs: int = 1) -> None:
    """See to it before the work that sources can be tracked in one run, `jobs` of them at once.

    Raises:
        ConfigError: two would write the same files, or a live one is not alone or not in this process.
    """
    by_name: dict[str, TrackingInput] = {}
    for opened in inputs:
        if opened.live and len(inputs) > 1:
            raise ConfigError(f"{opened.name} is live: track it alone")
        if opened.live and jobs > 1:
            raise ConfigError(f"{opened.name} is live: track it without --jobs")
        other = by_name.setdefault(opened.name, opened)
        if other is not opened:
            both = f"{other.origin} and {opened.origin}"
            raise ConfigError(f"{both} would both write {opened.name}.txt: track them into different folders")


@dataclass(frozen=True)
class Outcome:
    """What became of one source.

    Attributes:
        opened: the input.
        result: its tracks.
        wall_seconds: that have passed in all, the writing of tracks and record aside.
        video_broken: why the input ended early while the video was drawn; None if it did not.
        draw_seconds: that the drawing took after tracking; None if nothing was drawn then.
    """

    opened: TrackingInput
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
        """What the run was: input, counts, use of appearance, seconds, settings and versions."""
        opened, result = self.opened, self.result
        return {
            "input": {
                "name": opened.name,
                "source": opened.origin,
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

    Should the video fail, the tracks are written nevertheless, unless that would leave new tracks with an old video.
    When windowed or online tracking is interrupted, `NAME.partial.txt` holds the tracks that are final.

    Raises:
        SiamlinkError: the input breaks, the detector fails, or the results cannot be written.
    """
    if opened.live:
        return _run_live(opened, job, detector, matcher, progress)
    start = time.perf_counter()
    with staging(job.output) as staged:
        video = staged / f"{opened.name}.mp4" if job.draws(opened) else None
        result = _track(opened, job, detector, matcher, progress)
        tracked = time.perf_counter()
        try:
            video_broken = _draw(opened, result, video, progress) if video else None
        except SiamlinkError as error:
            if any(path.exists() for path in job.results(opened)):
                raise
            wall_seconds = time.perf_counter() - start
            _write(Outcome(opened, result, wall_seconds), job, staged)
            raise OutputError(f"{error}; the tracks are in {job.results(opened)[0]}") from None
        end = time.perf_counter()
        outcome = Outcome(opened, result, end - start, video_broken, end - tracked if video else None)
        _write(outcome, job, staged)
    return outcome


def _detections_of(source: str, job: Job) -> Path | None:
    """The detection file for a source: as given, or inside the sequence's folder."""
    if job.detections is None or not is_sequence(Path(source)):
        return job.detections
    return find_detections(job.detections, Path(source))


def _run_live(opened: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> Outcome:
    """Track a live input and draw it meanwhile; what is final is on the disk at once, and nowhere else."""
    assert opened.frames is not None
    text, video = job.output / f"{opened.name}.txt", job.output / f"{opened.name}.mp4"
    drawing = annotated_video(video, opened) if job.draws(opened) else nullcontext()
    start = time.perf_counter()
    with (
        growing_text(text, keep=True, overwrite=job.overwrite) as write,
        ended_by_signal(opened.frames, partial_path(text)),
        drawing as draw,
    ):
        sinks = (AppendTracks(write), DrawTracks(draw)) if draw else (AppendTracks(write),)
        result = track_input(
            opened, TrackingOptions(job.parameters, detector, matcher, progress, sinks, keeps_tracks=False)
        )
    outcome = Outcome(opened, result, time.perf_counter() - start)
    write_text(text.with_suffix(".json"), outcome.record_text(job.parameters), job.overwrite)
    _remove_stale_video(opened, job)
    return outcome


def _track(opened: TrackingInput, job: Job, detector: Any, matcher: Matcher, progress: Progress) -> TrackingResult:
    """Track; tracks that are final when windowed or online tracking is interrupted are written down."""
    try:
        return track_input(opened, TrackingOptions(job.parameters, detector, matcher, progress))
    except Interrupted as interrupted:
        if interrupted.final_frame:
            write_text(job.partial(opened), interrupted.tracks.to_mot_text(), overwrite=True)
        raise interrupted.__cause__ or interrupted from None


def _draw(opened: TrackingInput, result: TrackingResult, path: Path, progress: Progress) -> str | None:
    """Draw the tracks on the frames, read once more; returns why the frames end early, None if they do not."""
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
def annotated_video(path: Path, opened: TrackingInput) -> Iterator[Callable[[Frame, Tracks], None]]:
    """A video to which each frame is added with its tracks drawn upon it, and its number."""
    from siamlink.tools.drawing.annotate import Annotator
    from siamlink.tools.drawing.video_writer import VideoWriter

    annotator = Annotator(opened.frame_rate)
    size = opened.frames.size if opened.frames else (0, 0)
    with VideoWriter(path, opened.frame_rate, size, growing=opened.live) as writer:
        yield lambda frame, tracks: writer.write(annotator.draw(frame.image, tracks, frame.number), frame.number)


def _write(outcome: Outcome, job: Job, staged: Path) -> None:
    """Write tracks and record aside, and move them with the video, if there is one, to their place.

    Where no video is drawn, an earlier one is removed.
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
    """What a live source sent and what was lost of it."""
    gaps = [gap._asdict() for gap in frames.gaps]
    return {"handled": frames.read_count, "dropped": frames.dropped_count, "rate": frames.arrival_rate, "gaps": gaps}


def _remove_stale_video(opened: TrackingInput, job: Job) -> None:
    stale = job.stale_video(opened)
    if stale and job.overwrite:
        with output_errors(stale):
            stale.unlink()
