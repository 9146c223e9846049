"""The report of a source, beside its tracks."""

from pathlib import Path

from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import is_sequence, open_sequence
from siamlink.tools.report.data import Scene
from siamlink.tools.report.shown_video import VideoPlace, copy_of
from siamlink.tools.report.truth import Truth
from siamlink.tools.report.write import with_video, write_page
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import Outcome
from siamlink.tracker.linking.explained import why_unexplained
from siamlink.tracker.runs.inputs import TrackingInput


def explains(job: Job) -> bool:
    """Whether the links of the job's tracks are explained in their reports."""
    return job.report and not why_unexplained(job.parameters)


def copies_beside(source: TrackingInput, job: Job) -> list[Path]:
    """The copy of the video that may be written beside the report of an input."""
    return [copy_of(_report(source, job))] if job.report and source.frames else []


def write_outcome_report(outcome: Outcome, job: Job, staged: Path, progress: Progress) -> None:
    """Write the report of a source to a staging folder; its video is read once more.

    Raises:
        InputError: the video or the ground truth cannot be read.
        OutputError: a file cannot be written.
    """
    source, result = outcome.source, outcome.result
    scene = Scene(
        name=source.name,
        frame_rate=source.frame_rate,
        frame_count=max(result.frame_count, int(result.tracks.frame.max(initial=0)) - result.first_frame + 1),
        first_frame=result.first_frame,
        size=source.picture_size,
        class_names=result.class_names,
        truth=_truth(source),
        tracks_file=f"{source.name}.txt",
    )
    place = VideoPlace(_report(source, job), staged)
    if source.frames:
        scene = with_video(scene, source.frames, result.tracks, place, progress)
    reason = why_unexplained(job.parameters)
    notes = (f"the links are not explained: {reason}",) if reason else ()
    write_page(scene, result.tracks, result.explanations, place, notes)


def _report(source: TrackingInput, job: Job) -> Path:
    return job.output / f"{source.name}.html"


def _truth(source: TrackingInput) -> Truth | None:
    """The ground truth of a MOT sequence."""
    folder = Path(source.origin)
    if not is_sequence(folder) or not open_sequence(folder).truth_file.is_file():
        return None
    return Truth.read(folder, source.name)
