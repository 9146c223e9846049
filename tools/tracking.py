"""Track sources and write what came of it: tracks as MOT text, an annotated video, and a record of the run."""

import json
import platform
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from siamlink.detectors.errors import ConfigError, OutputError
from siamlink.detectors.registry import load_detector
from siamlink.detectors.sequence import find_sequences, is_sequence
from siamlink.tools.detectors_command import download_bar
from siamlink.tools.files import output_errors, publish, staging
from siamlink.tracker.inputs import TrackingInput, open_input
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.pipeline import DEFAULT_DETECTOR, OnFrame, TrackingResult, track_input
from siamlink.tracker.stopwatch import Progress, Stopwatch

RECORDED_PACKAGES = ("siamlink", "numpy", "opencv-python", "av", "onnxruntime", "ortools", "xgboost")


@dataclass(frozen=True)
class Job:
    """What to do with each source.

    Attributes:
        output: the folder for the results.
        detector: a detector or its name; None: given or public detections, else the default detector.
        detections: a MOT detection file, or a path inside each sequence's folder.
        parameters: settings of the tracker.
        frame_rate: of image folders and of sequences that do not tell theirs.
        video: whether an annotated video is written.
        overwrite: whether earlier results may be replaced.
    """

    output: Path
    detector: Any = None
    detections: Path | None = None
    parameters: TrackerParameters = field(default_factory=TrackerParameters)
    frame_rate: float | None = None
    video: bool = True
    overwrite: bool = False


def expand_sources(sources: list[str]) -> list[str]:
    """Replace each folder of MOT sequences by its sequences."""
    expanded: list[str] = []
    for source in sources:
        folder = Path(source)
        if folder.is_dir() and not is_sequence(folder) and any(map(is_sequence, folder.iterdir())):
            expanded += [str(sequence.folder) for sequence in find_sequences(folder)]
        else:
            expanded.append(source)
    return expanded


def run(source: str, job: Job, progress: Progress) -> "Outcome":
    """Track one source and write `NAME.txt`, `NAME.mp4` and `NAME.json`; earlier files stay until all is written.

    Should the video fail, the tracks are written nevertheless.

    Raises:
        SiamlinkError: the source, a setting or the place for the results cannot be used.
    """
    opened = open_input(source, _detections_of(source, job), job.frame_rate, use_public=job.detector is None)
    _check_results(opened.name, job)
    if opened.detections is None:
        with download_bar(Console(stderr=True)) as fetching:
            job = replace(job, detector=load_detector(job.detector or DEFAULT_DETECTOR, fetching))
    video = job.video and opened.frames is not None
    with staging(job.output) as staged:
        try:
            return _track_and_draw(opened, job, staged / f"{opened.name}.mp4" if video else None, staged, progress)
        finally:
            publish(staged, job.output)


@dataclass(frozen=True)
class Outcome:
    """What became of one source.

    Attributes:
        opened: the input.
        result: its tracks.
        broken: why the input ended before its end, seen while tracking or while drawing; None if it did not.
        seconds: wall-clock seconds by stage, drawing included.
    """

    opened: TrackingInput
    result: TrackingResult
    broken: str | None
    seconds: dict[str, float]

    def record(self, job: Job) -> dict[str, Any]:
        """What the run was: input, counts, seconds, settings and versions."""
        opened, result = self.opened, self.result
        return {
            "input": {
                "name": opened.name,
                "frame_rate": opened.frame_rate,
                "frames": result.frame_count,
                "size": opened.frames.size if opened.frames else None,
                "detections": result.detector or "given",
                "broken": self.broken,
            },
            "counts": {
                "detections": len(result.detections),
                "tracks": result.tracks.count,
                "boxes": len(result.tracks),
                "interpolated": int(result.tracks.interpolated.sum()),
            },
            "seconds": {stage: round(seconds, 4) for stage, seconds in self.seconds.items()},
            "config": job.parameters.model_dump(),
            "versions": {"python": platform.python_version(), **{name: version(name) for name in RECORDED_PACKAGES}},
        }


def _check_results(name: str, job: Job) -> None:
    """Refuse to replace earlier results unless asked to."""
    for path in (job.output / f"{name}{suffix}" for suffix in (".txt", ".mp4", ".json")):
        if path.exists() and not job.overwrite:
            raise OutputError(f"{path} exists; --overwrite replaces it")


def _detections_of(source: str, job: Job) -> Path | None:
    """The detection file for a source: as given, or inside the sequence's folder."""
    if job.detections is None or job.detections.exists() or not is_sequence(Path(source)):
        return job.detections
    inside = Path(source) / job.detections
    if not inside.exists():
        raise ConfigError(f"--detections {job.detections}: no such file here or in {source}")
    return inside


def _track_and_draw(opened: TrackingInput, job: Job, video: Path | None, staged: Path, progress: Progress) -> Outcome:
    """Track, then draw; a live source, which can be read only once, is drawn while it is tracked."""
    live_video = annotated_video(video, opened) if video and opened.live else nullcontext()
    with live_video as on_frame:
        result = track_input(opened, job.detector, job.parameters, progress, on_frame=on_frame)
    text, record = staged / f"{opened.name}.txt", staged / f"{opened.name}.json"
    with output_errors(text):
        text.write_text(result.tracks.to_mot_text(), encoding="ascii")
    watch = Stopwatch()
    try:
        if video and not opened.live:
            with watch.stage("draw"):
                _draw(opened, result, video, progress)
    finally:
        broken = result.broken or (opened.frames.broken if opened.frames else None)
        outcome = Outcome(opened, result, broken, {**result.seconds, **watch.seconds})
        with output_errors(record):
            record.write_text(json.dumps(outcome.record(job), indent=2) + "\n", encoding="utf-8")
    return outcome


@contextmanager
def annotated_video(path: Path, opened: TrackingInput) -> Iterator[OnFrame]:
    """A video to which each frame is added with its tracks drawn upon it."""
    from siamlink.tools.annotate import Annotator
    from siamlink.tools.video_writer import VideoWriter

    annotator = Annotator(opened.frame_rate)
    size = opened.frames.size if opened.frames else (0, 0)
    with VideoWriter(path, opened.frame_rate, size) as writer:
        yield lambda image, tracks: writer.write(annotator.draw(image, tracks))


def _draw(opened: TrackingInput, result: TrackingResult, path: Path, progress: Progress) -> None:
    with annotated_video(path, opened) as draw:
        for frame in opened.frames or ():
            draw(frame.image, result.tracks.in_frame(frame.number))
            progress("draw", frame.number, opened.frame_count)
