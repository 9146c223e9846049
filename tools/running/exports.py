"""The results of a run in the formats of other tools, beside its tracks."""

from pathlib import Path

from siamlink.detectors.base.errors import InputError
from siamlink.tools.console.files import publish, staging
from siamlink.tools.exporting.formats import check_export, replace_folder
from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import Outcome
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.tracks import Tracks


def check_exports(source: TrackingInput, job: Job) -> None:
    """Check before an input is tracked that its tracks can be written in all formats of the job.

    Raises:
        InputError: a format needs the size of the pictures, and there are none.
        OutputError: a file exists and may not be replaced.
    """
    for target in job.exports:
        if "size" in target.needs and not (source.image_size or source.declared_size):
            raise InputError(
                f"{source.name} has no pictures, and --export {target.name} needs their size: write imWidth and "
                "imHeight into its seqinfo.ini"
            )
        if target.is_folder and job.output.is_dir():
            check_export(target, job.output / f"{source.name}{target.suffix}", job.may_replace(source))


def write_exports(outcome: Outcome, job: Job, tracks: Tracks, staged: Path) -> None:
    """Write tracks in all formats of the job to a staging folder.

    Raises:
        OutputError: a file cannot be written.
    """
    if not job.exports:
        return
    source, result = outcome.source, outcome.result
    pictures = source.frames.files if source.frames and Path(source.origin).is_dir() else ()
    video = VideoTracks(
        name=source.name,
        tracks=tracks,
        frame_rate=source.frame_rate,
        frame_count=max(result.frame_count, int(tracks.frame.max(initial=0)) - result.first_frame + 1),
        size=source.image_size or source.declared_size or (0, 0),
        class_names=result.class_names,
        video=Path(source.origin).name,
        image_files=tuple(file.name for file in pictures) if len(pictures) == result.frame_count else (),
        first_frame=result.first_frame,
        record=outcome.record(job.parameters),
    )
    for target in job.exports:
        path = staged / f"{source.name}{target.suffix}"
        target.write(path, [video], ExportOptions())
        if target.is_folder and (job.output / path.name).is_dir():
            replace_folder(path, job.output / path.name)


def export_live(outcome: Outcome, job: Job, text: Path) -> None:
    """Write the tracks of a live input, which are in a file, in all formats of the job.

    Raises:
        OutputError: a file cannot be written.
    """
    if job.exports:
        with staging(job.output) as staged:
            write_exports(outcome, job, Tracks.from_mot(text), staged)
            publish(staged, job.output, job.overwrite)
