"""The command `siamlink export`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.console.options import FrameRate, Overwrite, VideoOfResults, choice_of, takes
from siamlink.tools.exporting.options import FORMAT_NAMES, ExportOptions, Keyframes

if TYPE_CHECKING:
    from siamlink.tools.exporting.formats import Format


@dataclass(frozen=True)
class ExportArguments:
    """The arguments and options of `siamlink export`."""

    results: Annotated[
        list[Path],
        typer.Argument(metavar="RESULTS", help="Tracks: NAME.txt of a run, with its record NAME.json beside it."),
    ]
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="FORMAT",
            help=f"Format: {', '.join(FORMAT_NAMES)}; such as siamlink export out/street.txt --to csv -o street.csv.",
        ),
    ]
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write; a folder for geff.")]
    video: VideoOfResults = None
    frame_rate: FrameRate = None
    keyframes: Annotated[
        Keyframes,
        typer.Option(
            parser=choice_of(Keyframes),
            metavar="|".join(Keyframes),
            help="For cvat and label-studio: few key frames, between which boxes are right within a pixel, or all.",
        ),
    ] = Keyframes.sparse
    gt: Annotated[
        bool, typer.Option("--gt", help="For mot-zip: ground truth as CVAT imports it, instead of a submission.")
    ] = False
    predictions: Annotated[
        bool, typer.Option("--predictions", help="For label-studio: tracks as predictions instead of annotations.")
    ] = False
    video_url: Annotated[
        str, typer.Option(metavar="URL", help="For label-studio: where it finds the video; by default, the file name.")
    ] = ""
    overwrite: Overwrite = False

    @property
    def options(self) -> ExportOptions:
        """Those of the format."""
        return ExportOptions(self.keyframes, self.gt, self.predictions, self.video_url)

    def target(self) -> "Format":
        """The format; all that can be checked before the tracks are read has been checked.

        Raises:
            ConfigError: there is no such format, its package is missing, or options contradict it or each other.
            OutputError: the file cannot be written.
        """
        from siamlink.detectors.base.errors import ConfigError
        from siamlink.tools.exporting.formats import check_export, format_of
        from siamlink.tools.results.read import files_read

        target = format_of(self.to)
        target.check_installed()
        target.check_options(self.options)
        if self.video and len(self.results) > 1:
            raise ConfigError(f"--video {self.video} belongs to one result, but {len(self.results)} are given")
        inputs = [each for path in self.results for each in files_read(path, self.video)]
        check_export(target, self.output, self.overwrite, inputs)
        return target


@takes(ExportArguments)
def export(arguments: ExportArguments) -> None:
    """Write tracks in the format of another tool.

    Writes FILE; for label-studio also STEM.config.xml beside it, the labelling configuration; for geff a folder.

    cvat, label-studio: annotation tools. coco: JSON with track ids; may hold several videos. csv, jsonl, parquet: a
    table with a row for each box. mot-zip: a submission to MOTChallenge, or with --gt ground truth for CVAT. geff: a
    graph whose edges have the probability of the link, for napari and other scientific tools. 'siamlink import' reads
    corrected tracks again.

    Exit code: 0 success, 2 error.
    """
    from siamlink.tools.console.terminal import show_note
    from siamlink.tools.exporting import formats
    from siamlink.tools.exporting.label_studio import VARIABLE_RATE, has_constant_rate
    from siamlink.tools.exporting.video_tracks import read_video_tracks

    target = arguments.target()
    given = arguments.video, arguments.frame_rate, target.needs
    videos = [read_video_tracks(path, *given) for path in arguments.results]
    formats.export(videos, target, arguments.output, arguments.options, arguments.overwrite)
    for path, video in zip(arguments.results, videos, strict=True):
        for note in video.notes:
            show_note(f"{path}: {note}")
        if target.name == "label-studio" and video.source and not has_constant_rate(video.source):
            show_note(VARIABLE_RATE)
    if not any(len(video.tracks) for video in videos):
        show_note("there are no tracks in the results")
    typer.echo(", ".join(str(path) for path in target.paths(arguments.output)))
