"""Track one source and write its results: tracks as MOT text, an annotated video, and a record of the run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import OutputError, SiamlinkError
from siamlink.detectors.base.output_files import partial_path
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detector import LoadedDetector
from siamlink.tools.console.files import growing_text, output_errors, publish, staging, write_text
from siamlink.tools.console.standard_output import standard_output
from siamlink.tools.running.annotated import annotated
from siamlink.tools.running.exports import export_live, write_exports
from siamlink.tools.running.job import Job
from siamlink.tools.running.live import ended_by_signal, with_rate_hint
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.running.outcome_report import explains, write_outcome_report
from siamlink.tools.running.track_lines import track_lines
from siamlink.tools.running.window import Window, opened_window
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.interrupted import Interrupted
from siamlink.tracker.runs.options import ToDescribe, TrackingOptions
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks, Sink
from siamlink.tracker.runs.track import track_input


def run(
    source: TrackingInput,
    job: Job,
    detector: LoadedDetector | None,
    matcher: Matcher,
    progress: Progress,
    describe_ahead: Callable[[ToDescribe], None] | None = None,
) -> Outcome:
    """Track one input and write `NAME.txt`, `NAME.mp4` and `NAME.json`; earlier files stay until all is written.

    If the video fails, the tracks are written, unless an earlier video would remain beside them. If windowed or online
    tracking is interrupted, `NAME.partial.txt` holds the final tracks. A job that prints writes no files.

    Raises:
        SiamlinkError: the input breaks, the detector fails, or the results cannot be written.
    """
    with _window(source, job) as window:
        each = Tracking(source, job, detector, matcher, progress, window, describe_ahead)
        if job.prints:
            return each.printed()
        return each.written_live() if source.live else each.written()


@dataclass(frozen=True)
class Tracking:
    """One source to track, and with what.

    Attributes:
        source: the input.
        job: what to do with it.
        detector: finds the detections; None if they are given.
        matcher: the models.
        progress: called with the steps.
        window: shows the annotated frames, if that is wanted.
        describe_ahead: see `TrackingOptions`.
    """

    source: TrackingInput
    job: Job
    detector: LoadedDetector | None
    matcher: Matcher
    progress: Progress
    window: Window | None
    describe_ahead: Callable[[ToDescribe], None] | None = None

    @property
    def class_names(self) -> ClassNames | None:
        """Those of the detector, or of the detections that are given."""
        return self.source.class_names if self.detector is None else self.detector.class_names

    def written(self) -> Outcome:
        """Track a recorded input, draw it, and write all files at once."""
        source, job, start = self.source, self.job, time.perf_counter()
        with staging(job.output) as staged:
            video = staged / f"{source.name}.mp4" if job.draws(source) else None
            result = self._tracked()
            tracked = time.perf_counter()
            try:
                video_broken = self._drawn(result, video)
            except SiamlinkError as error:
                if any(path.exists() for path in job.results(source)):
                    raise
                wall_seconds = time.perf_counter() - start
                _write(Outcome(source, result, wall_seconds), replace(job, report=False), staged, self.progress)
                raise OutputError(f"{error}; the tracks are in {job.results(source)[0]}") from None
            end = time.perf_counter()
            outcome = Outcome(source, result, end - start, video_broken, end - tracked if video else None)
            _write(outcome, job, staged, self.progress)
        return replace(outcome, result=replace(result, explanations=None))

    def written_live(self) -> Outcome:
        """Track and draw a live input; final tracks are written at once, and not kept in memory."""
        source, job, start = self.source, self.job, time.perf_counter()
        assert source.frames is not None
        text, video = job.output / f"{source.name}.txt", job.output / f"{source.name}.mp4"
        with (
            growing_text(text, keep=True, overwrite=job.overwrite) as write,
            ended_by_signal(source.frames, partial_path(text)),
        ):
            append = AppendTracks(write, lambda tracks: tracks.to_mot_text(self.class_names))
            result = self._streamed(append, video if job.draws(source) else None)
        outcome = Outcome(source, result, time.perf_counter() - start)
        write_text(text.with_suffix(".json"), outcome.record_text(job.parameters), job.overwrite)
        export_live(outcome, job, text)
        _remove_stale_video(source, job)
        return outcome

    def printed(self) -> Outcome:
        """Track, and print the tracks as JSON lines as soon as they are final."""
        source, start = self.source, time.perf_counter()
        signals = ended_by_signal(source.frames, None) if source.frames else nullcontext()
        try:
            with standard_output() as write, signals:
                append = AppendTracks(write, lambda tracks: track_lines(tracks, source, self.class_names))
                result = self._streamed(append)
        except Interrupted as interrupted:
            raise interrupted.__cause__ or interrupted from None
        self._drawn(result, None)
        return Outcome(source, result, time.perf_counter() - start)

    def _streamed(self, append: AppendTracks, video: Path | None = None) -> TrackingResult:
        """Track, and append the tracks as they become final; the frames go to the video and the window meanwhile."""
        shows = self.window and not self._is_offline
        drawing = annotated(self.source, video, self.window, self.class_names) if video or shows else nullcontext()
        with drawing as draw:
            sinks = (append, DrawTracks(draw)) if draw else (append,)
            return track_input(self.source, self._options(sinks, keeps_tracks=not self.source.live))

    def _tracked(self) -> TrackingResult:
        """Track; if windowed or online tracking is interrupted, its final tracks are written."""
        shows = self.window and not self._is_offline
        drawing = annotated(self.source, None, self.window, self.class_names) if shows else nullcontext()
        try:
            with drawing as draw:
                return track_input(self.source, self._options((DrawTracks(draw),) if draw else ()))
        except Interrupted as interrupted:
            if interrupted.final_frame:
                text = interrupted.tracks.to_mot_text(self.class_names)
                write_text(self.job.partial(self.source), text, overwrite=True)
            raise interrupted.__cause__ or interrupted from None

    def _options(self, sinks: tuple[Sink, ...], keeps_tracks: bool = True) -> TrackingOptions:
        progress = with_rate_hint(self.progress, self.source.frames)
        return TrackingOptions(
            self.job.parameters,
            self.detector,
            self.matcher,
            progress,
            sinks,
            keeps_tracks,
            explain=explains(self.job),
            describe_ahead=self.describe_ahead,
        )

    @property
    def _is_offline(self) -> bool:
        return self.job.parameters.mode == "offline"

    def _drawn(self, result: TrackingResult, video: Path | None) -> str | None:
        """Draw the tracks on the frames, which are read again, for the video and, offline, the window.

        Returns:
            Why the frames end early; None if they do not, or if there is nothing to draw.
        """
        frames, window = self.source.frames, self.window if self._is_offline else None
        if frames is None or not (video or window):
            return None
        labels = result.counts.classes
        with annotated(self.source, video, window, result.class_names, labels) as draw, prefetch(frames) as decoded:
            for frame in decoded:
                draw(frame, result.tracks.in_frame(frame.number))
                self.progress("draw", frame.number, frames.frame_count)
                if not video and window and not window.open:
                    return None
        last = int(result.detections.frame.max(initial=0))
        if last > frames.last_number and not frames.broken:
            return f"ends with frame {frames.last_number}, but there are detections up to frame {last}"
        return frames.broken


@contextmanager
def _window(source: TrackingInput, job: Job) -> Iterator[Window | None]:
    """The window of a job that shows the frames. While tracking, closing it is Ctrl-C; afterwards it only closes."""
    if not (job.show and source.frames):
        yield None
        return
    frame_rate = None if source.live else source.frame_rate
    with opened_window(source.name, frame_rate, interrupts=job.parameters.mode != "offline") as window:
        yield window


def _write(outcome: Outcome, job: Job, staged: Path, progress: Progress) -> None:
    """Write tracks, record, exports and report to temporary files, and move them with the video to the output folder.

    If no video is drawn, an earlier one is removed.
    """
    text, record = staged / f"{outcome.source.name}.txt", staged / f"{outcome.source.name}.json"
    with output_errors(text):
        text.write_text(outcome.result.tracks.to_mot_text(outcome.result.class_names), encoding="ascii")
        record.write_text(outcome.record_text(job.parameters), encoding="utf-8")
    write_exports(outcome, job, outcome.result.tracks, staged)
    fault = None
    if job.report:
        try:
            write_outcome_report(outcome, job, staged, progress)
        except SiamlinkError as error:
            fault = error
    publish(staged, job.output, job.overwrite)
    if fault:
        raise OutputError(f"{fault}; there is no report, the tracks are in {job.results(outcome.source)[0]}")
    with output_errors(job.partial(outcome.source)):
        job.partial(outcome.source).unlink(missing_ok=True)
    _remove_stale_video(outcome.source, job)


def _remove_stale_video(source: TrackingInput, job: Job) -> None:
    stale = job.stale_video(source)
    if stale and job.overwrite:
        with output_errors(stale):
            stale.unlink()
