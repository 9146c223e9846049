"""Write a report: from results to one HTML file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import check_outputs, output_errors, publish, staging
from siamlink.tools.report.crops import Crops
from siamlink.tools.report.data import Scene, build_report_data
from siamlink.tools.report.find_inputs import ReportInputs
from siamlink.tools.report.html_page import html_page
from siamlink.tools.report.shown_video import VideoPlace, copy_of, show_video


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
    inputs: ReportInputs, output: Path, progress: Progress, embed: bool | None = None, overwrite: bool = False
) -> Written:
    """Write a report of results that were read.

    Args:
        inputs: the results, with their video and ground truth.
        output: the HTML file.
        progress: called with the steps.
        embed: whether the video is put into the report; None: as `VideoPlace` says.
        overwrite: whether earlier files may be replaced.

    Raises:
        InputError: the video cannot be read.
        ConfigError: it is too large to be embedded.
        OutputError: a file exists and may not be replaced, or cannot be written.
    """
    check_outputs((output, copy_of(output)), overwrite, inputs.files)
    with staging(output.parent) as staged:
        scene = make_scene(inputs, VideoPlace(output, staged, embed), progress)
        data = build_report_data(scene, inputs.results.tracks)
        with output_errors(output):
            (staged / output.name).write_text(html_page(data), encoding="utf-8")
        files = tuple(output.parent / each.name for each in staged.iterdir())
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
    video = show_video(inputs.video, tracks, place, facts.frame_rate, progress) if inputs.video else None
    first = facts.first_frame
    counts = (facts.frame_count, video and video.frame_count, int(tracks.frame.max(initial=first)) - first + 1)
    return Scene(
        name=results.path.stem,
        frame_rate=facts.frame_rate,
        frame_count=max(each for each in counts if each),
        first_frame=first,
        size=facts.size or (video.size if video else None),
        class_names=results.class_names,
        video=video.part if video else None,
        crops=video.crops if video else Crops(),
        truth=inputs.truth,
        tracks_file=results.path.name,
        notes=(*inputs.notes, *(video.notes if video else ())),
    )
