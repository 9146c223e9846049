"""Track one source and write its results: tracks as MOT text, an annotated video, and a record of the run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import OutputError, SiamlinkError
from siamlink.detectors.base.output_files import partial_path
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tools.console.files import growing_text, output_errors, publish, staging, write_text
from siamlink.tools.running.job import Job
from siamlink.tools.running.live import ended_by_signal
from siamlink.tools.running.outcome import Outcome
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.run import Interrupted
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks


def run(
    source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, progress: Progress
) -> Outcome:
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


def _run_live(
    source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, progress: Progress
) -> Outcome:
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
        append = AppendTracks(write, _class_names(source, detector))
        sinks = (append, DrawTracks(draw)) if draw else (append,)
        result = track_input(
            source, TrackingOptions(job.parameters, detector, matcher, progress, sinks, keeps_tracks=False)
        )
    outcome = Outcome(source, result, time.perf_counter() - start)
    write_text(text.with_suffix(".json"), outcome.record_text(job.parameters), job.overwrite)
    _remove_stale_video(source, job)
    return outcome


def _track(
    source: TrackingInput, job: Job, detector: LoadedDetector | None, matcher: Matcher, progress: Progress
) -> TrackingResult:
    """Track; if windowed or online tracking is interrupted, its final tracks are written."""
    try:
        return track_input(source, TrackingOptions(job.parameters, detector, matcher, progress))
    except Interrupted as interrupted:
        if interrupted.final_frame:
            text = interrupted.tracks.to_mot_text(_class_names(source, detector))
            write_text(job.partial(source), text, overwrite=True)
        raise interrupted.__cause__ or interrupted from None


def _class_names(source: TrackingInput, detector: LoadedDetector | None) -> ClassNames | None:
    """Those of the detector, or of the detections that are given."""
    return source.class_names if detector is None else detector.class_names


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
        text.write_text(outcome.result.tracks.to_mot_text(outcome.result.class_names), encoding="ascii")
        record.write_text(outcome.record_text(job.parameters), encoding="utf-8")
    publish(staged, job.output, job.overwrite)
    with output_errors(job.partial(outcome.source)):
        job.partial(outcome.source).unlink(missing_ok=True)
    _remove_stale_video(outcome.source, job)


def _remove_stale_video(source: TrackingInput, job: Job) -> None:
    stale = job.stale_video(source)
    if stale and job.overwrite:
        with output_errors(stale):
            stale.unlink()
