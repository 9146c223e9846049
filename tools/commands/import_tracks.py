"""The command `siamlink import`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.tools.console.options import FrameRate, OutputFolder, Overwrite, VideoOfResults, takes

if TYPE_CHECKING:
    from siamlink.tools.importing.corrected import Corrected


@dataclass(frozen=True)
class ImportOptions:
    """The arguments and options of `siamlink import`."""

    corrected: Annotated[
        Path,
        typer.Argument(
            metavar="CORRECTED", help="Corrected tracks: CVAT for video XML, COCO JSON, CSV, JSON lines or MOT text."
        ),
    ]
    output: OutputFolder
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The tracks before the correction: NAME.txt of a run, with its record."),
    ] = None
    detections: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The detections that the tracks are made of, if no results are.")
    ] = None
    video: VideoOfResults = None
    frame_rate: FrameRate = None
    overwrite: Overwrite = False

    def read(self) -> "Corrected":
        """The corrected tracks with what they are compared with.

        Raises:
            ConfigError: both results and detections are given.
            InputError: a file cannot be read or is malformed.
        """
        from dataclasses import replace

        from siamlink.detectors.base.errors import ConfigError
        from siamlink.detectors.formats.read import read_boxes
        from siamlink.tools.importing.corrected import read_corrected
        from siamlink.tools.results.read import read_with_source
        from siamlink.tools.results.video_facts import VideoFacts, facts_of_video

        if self.results and self.detections:
            raise ConfigError("give --results or --detections, not both")
        name = self.results.stem if self.results else self.corrected.name.partition(".")[0]
        if self.results:
            results, _, _ = read_with_source(self.results, self.video, self.frame_rate)
            corrected = read_corrected(self.corrected, name, results.facts)
            names = corrected.class_names or results.class_names
            return replace(corrected, results=results, class_names=names)
        facts = facts_of_video(self.video) if self.video else VideoFacts()
        facts = replace(facts, frame_rate=self.frame_rate or facts.frame_rate)
        corrected = read_corrected(self.corrected, name, facts)
        if self.detections is None:
            return corrected
        return replace(corrected, detections=read_boxes(self.detections).detections())


@takes(ImportOptions)
def import_tracks(options: ImportOptions) -> None:
    """Read tracks that were corrected in another tool, for tracking again, training and evaluation.

    Writes DIR/NAME.txt, the corrected tracks in MOT format; DIR/NAME/, a MOT sequence whose ground truth they are; with
    --results or --detections also DIR/NAME.constraints.txt, for 'siamlink track --constraints': tracking again under
    these constraints gives the corrected identities. With --detections, DIR/NAME.detected.txt has the detections that
    the constraints name.

    Exit code: 0 success, 2 error.
    """
    from siamlink.tools.console.files import check_folder, publish, results_folder, staging
    from siamlink.tools.console.terminal import show_note
    from siamlink.tools.importing.corrected import write_corrected

    corrected = options.read()
    given = (options.corrected, options.results, options.detections, options.video)
    inputs = [each for each in given if each]
    files = [name for name in corrected.file_names if name != corrected.name]
    check_folder(options.output, files, options.overwrite, inputs)
    check_folder(options.output / corrected.name, ("seqinfo.ini",), options.overwrite)
    check_folder(options.output / corrected.name / "gt", ("gt.txt",), options.overwrite)
    with results_folder(options.output), staging(options.output) as staged:
        notes = write_corrected(corrected, staged, options.output)
        publish(staged, options.output, options.overwrite)
    for note in notes:
        show_note(f"{corrected.name}: {note}")
    tracks = corrected.tracks
    typer.echo(f"{counted(tracks.count, 'track')} with {counted(len(tracks), 'box')} in {options.output}")
