"""The command `siamlink report`."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.console.options import FrameRate, Overwrite, VideoOfResults, takes

if TYPE_CHECKING:
    from siamlink.tools.report.find_inputs import ReportInputs


@dataclass(frozen=True)
class ReportOptions:
    """The arguments and options of `siamlink report`."""

    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="Tracks: NAME.txt of a run, or any file of tracks, with its record NAME.json beside it.",
        ),
    ]
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The report; by default NAME.html beside the results."),
    ] = None
    video: VideoOfResults = None
    ground_truth: Annotated[
        Path | None,
        typer.Option(
            metavar="GT|none",
            help="Ground truth: a file, MOT sequence or folder; by default that of a source that is a MOT sequence.",
        ),
    ] = None
    frame_rate: FrameRate = None
    explain: Annotated[
        bool,
        typer.Option(
            "--explain/--no-explain",
            help="Link again with the settings of the run, to explain why each link was chosen.",
        ),
    ] = True
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Cache of the run, if it had one; with it, linking again needs no detector and no network.",
        ),
    ] = None
    embed: Annotated[
        bool | None,
        typer.Option(
            "--embed/--no-embed",
            help="Put the video into the report, or leave it beside; by default one below 30 MB that does not lie "
            "beside or below the report is put into it.",
            show_default=False,
        ),
    ] = None
    overwrite: Overwrite = False
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve the report to browsers of this machine until Ctrl-C: each correction is solved at once. Then "
            "--output is the folder in which corrections are saved.",
        ),
    ] = False
    port: Annotated[int, typer.Option(metavar="P", min=0, max=65535, help="Port of --serve; 0: any that is free.")] = 0
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the browser at the URL of --serve.", show_default=False)
    ] = False


@takes(ReportOptions)
def report(options: ReportOptions) -> None:
    """Write a report: one HTML file that shows the tracks over their video, and what to check first.

    Writes FILE, by default NAME.html beside the results; it opens in any browser, without server and network. If
    browsers do not play the video, or do not jump in it fast, a copy is put into the report, or written beside it as
    NAME.report.mp4.

    With --serve, writes no report but serves it: a correction in the page is solved at once, and 'Save' writes
    NAME.constraints.txt, NAME.corrected.txt and its record NAME.corrected.json beside the results.

    Exit code: 0 success, 2 error, 130 interrupted, as --serve always is.
    """
    from siamlink.detectors.base.errors import InputError
    from siamlink.tools.console.files import check_outputs
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.report.find_inputs import find_report_inputs
    from siamlink.tools.report.shown_video import copy_of
    from siamlink.tools.report.write import write_report
    from siamlink.tools.running.explained import ExplainedTracks, explained_tracks

    if options.cache and not options.cache.is_dir():
        raise InputError(f"there is no cache {options.cache}: it is not a folder")
    inputs = find_report_inputs(options.results, options.video, options.ground_truth, options.frame_rate)
    if options.serve:
        _serve(options, inputs)
        return
    output = options.output or options.results.with_suffix(".html")
    check_outputs((output, copy_of(output)), options.overwrite, inputs.files)
    explained = ExplainedTracks(inputs.results.tracks, None)
    with stage_bars(options.results.stem) as progress:
        if options.explain:
            explained = explained_tracks(inputs.results, inputs.source, options.cache, progress)
        written = write_report(
            inputs.noted(inputs.earlier_corrections).noted(explained.note),
            explained.tracks,
            explained.explanations,
            output,
            progress,
            options.embed,
            options.overwrite,
        )
    for note in written.data["notes"]:
        show_note(note)
    for file in written.files:
        typer.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def _serve(options: ReportOptions, inputs: "ReportInputs") -> None:
    """Serve the report until Ctrl-C."""
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.serving.serve import opened_site, serve
    from siamlink.tools.serving.server import check_port

    check_port(options.port)
    folder = options.output or options.results.parent
    with ExitStack() as stack:
        with stage_bars(options.results.stem) as progress:
            site = stack.enter_context(opened_site(inputs, folder, options.cache, options.overwrite, progress))
        for note in site.notes:
            show_note(note)
        serve(site, options.port, options.open_browser, typer.echo)
