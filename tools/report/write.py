"""Write a report: from results to one HTML file."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tools.console.files import output_errors, publish, staging
from siamlink.tools.report.data import Scene, build_report_data
from siamlink.tools.report.find_inputs import ReportInputs
from siamlink.tools.report.html_page import html_page
from siamlink.tools.report.shown_video import VideoPlace, show_video
from siamlink.tracker.drawing.render import open_recording
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        files: the report, and the copy of the video if there is one beside it.
        data: of the report.
    """

    files: tuple[Path, ...]
    data: dict[str, Any]


def write_report(
    inputs: ReportInputs,
    tracks: Tracks,
    explanations: Explanations | None,
    output: Path,
    progress: Progress,
    embed: bool | None = None,
    overwrite: bool = False,
) -> Written:
    """Write a report of results that were read.

    Args:
        inputs: the results, with their video and ground truth.
        tracks: of the results, as they were read or as the linking has given them again.
        explanations: why their links were chosen; None where that is not known.
        output: the HTML file.
        progress: called with the steps.
        embed: whether the video is put into the report; None: as `VideoPlace` says.
        overwrite: whether earlier files may be replaced.

    Raises:
        InputError: the video cannot be read.
        ConfigError: it is too large to be embedded.
        OutputError: a file cannot be written.
    """
    with staging(output.parent) as staged:
        place = VideoPlace(output, staged, embed)
        data = write_page(make_scene(inputs, place, progress), tracks, explanations, place)
        files = tuple(sorted(output.parent / each.name for each in staged.iterdir()))
        publish(staged, output.parent, overwrite)
    return Written(files, data)


def make_scene(inputs: ReportInputs, place: VideoPlace, progress: Progress) -> Scene:
    """What a report shows besides the tracks; the video is read once.

    Raises:
        InputError: the video cannot be read.
        ConfigError: it is too large to be embedded.
        OutputError: its copy cannot be written.
    """
    results = inputs.results
    facts, tracks = results.facts, results.tracks
    last = int(tracks.frame.max(initial=facts.first_frame))
    scene = Scene(
        name=results.path.stem,
        frame_rate=facts.frame_rate,
        frame_count=max(facts.frame_count or 0, last - facts.first_frame + 1),
        first_frame=facts.first_frame,
        size=facts.size,
        class_names=results.class_names,
        truth=inputs.truth,
        tracks_file=results.path.name,
        notes=inputs.notes,
    )
    if not inputs.has_video:
        return scene
    rate = facts.frame_rate if inputs.source and inputs.source.is_dir() else None
    return with_video(scene, open_recording(str(inputs.source), rate), tracks, place, progress)


def with_video(scene: Scene, frames: FrameSource, tracks: Tracks, place: VideoPlace, progress: Progress) -> Scene:
    """The scene with its video, which is read once, and with crops of the tracks.

    Raises:
        InputError: the video cannot be read.
        ConfigError: it is too large to be embedded.
        OutputError: its copy cannot be written.
    """
    shown = show_video(frames, tracks, place, progress)
    return replace(
        scene,
        frame_rate=scene.frame_rate or shown.part["rate"],
        frame_count=max(scene.frame_count, shown.frame_count or 0),
        size=scene.size or shown.size,
        video=shown.part,
        crops=shown.crops,
        notes=(*scene.notes, *shown.notes),
    )


def write_page(
    scene: Scene, tracks: Tracks, explanations: Explanations | None, place: VideoPlace, notes: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Write the page to the staging folder, and return its data.

    Raises:
        InputError: a class of the ground truth is not one of its benchmark's.
        OutputError: it cannot be written.
    """
    data = build_report_data(scene, tracks, explanations, notes=notes)
    with output_errors(place.report):
        (place.staged / place.report.name).write_text(html_page(data), encoding="utf-8")
    return data
