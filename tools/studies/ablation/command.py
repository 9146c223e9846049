"""The commands `siamlink ablate ...`."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siamlink.tools.console.options import OutputFolder

if TYPE_CHECKING:
    from siamlink.tools.studies.ablation.rows import Ablation
    from siamlink.tools.studies.ablation.study import Row
    from siamlink.tools.studies.ablation.tables import Table

TABLE_WIDTH = 120

app = typer.Typer(no_args_is_help=True, help="Measure what each part is worth, on videos that no model saw.")

Data = Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/, det/ and frames.")]
Sequences = Annotated[
    str | None, typer.Option(metavar="A,B,...", help="Test these only; training still uses all others.")
]
Docs = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write the tables into this document, between <!-- NAME --> and <!-- /NAME -->."),
]
Appearance = Annotated[
    str, typer.Option(metavar="SPEC", help="As for 'match-eval'. If it was learned, then from other videos than these.")
]
CropFolders = Annotated[
    list[Path] | None,
    typer.Option("--crops", metavar="DIR", help="Folder of person crops or of such folders; by default those in DATA."),
]
Steps = Annotated[int, typer.Option(metavar="N", min=1, help="Batches that each network is trained on.")]


@app.callback()
def ablate() -> None:
    """Measure what each part is worth, on videos that no model saw.

    Every video is tested by boosted models of the other videos. Each finished row is kept in DIR/rows, so that the same
    command given again goes on where it was stopped. Writes DIR/ablation.json.
    """


@app.command()
def features(
    data: Data,
    output: OutputFolder,
    appearance: Appearance = "siamese",
    sequences: Sequences = None,
    docs: Docs = None,
) -> None:
    """Compare context only, CNN only, and CNN with context.

    Pairs of detections by their gap in frames, up to 5 seconds, judged by boosted trees on the six features of
    Leal-Taixé et al. 2016 with gap, distance, overlap and score ranks; on what the appearance says; and on both. Of
    each kind, one person or two, up to 1000 pairs are drawn for each range of gaps. And tracking, without and with the
    appearance; and with one that sees nothing, which shows what a second model of context brings alone.
    """
    from siamlink.tools.studies.ablation import report as ablation_report

    options = ["--appearance", appearance]
    _run(
        ("features", data, output, options, sequences, docs),
        [],
        lambda ablation: ablation_report.features(ablation, appearance),
    )


@app.command()
def topologies(
    data: Data,
    output: OutputFolder,
    crops: CropFolders = None,
    steps: Steps = 3000,
    paper_steps: Annotated[
        int, typer.Option(metavar="N", min=0, help="The same of the network of the paper; 0 leaves it out.")
    ] = 100,
    topology: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this topology; repeatable. By default all five.")
    ] = None,
    sequences: Sequences = None,
    docs: Docs = None,
) -> None:
    """Compare where the two patches meet in the network.

    Compact networks, and one of the size of the paper, trained on person crops alone and so without optical flow.
    Measured: pairs of detections a second, with two pairs a detection to describe; pairs of detections at gaps of 4
    frames to 5 seconds; pairs of tracklets, as alike as 4 crops of each are on average; and tracking by context and
    network. A blind network shows what tracking gains by a second model of context alone. The network of the paper is
    slow: it is asked about fewer of these pairs, 1000 and 200 of a sequence.
    """
    from siamlink.tools.studies.ablation import report as ablation_report

    names = topology or [*ablation_report.TOPOLOGIES]
    options = ["--steps", str(steps), "--paper-steps", str(paper_steps), *_repeated("--topology", topology)]
    _run(
        ("topologies", data, output, options, sequences, docs),
        crops,
        lambda ablation: ablation_report.topologies(ablation, names, steps, paper_steps),
    )


@app.command()
def losses(
    data: Data,
    output: OutputFolder,
    crops: CropFolders = None,
    steps: Steps = 3000,
    loss: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this loss or metric; repeatable. By default all of docs/losses.md."),
    ] = None,
    sequences: Sequences = None,
    docs: Docs = None,
) -> None:
    """Compare what networks are trained by.

    Compact networks that describe each detection by itself, or, for losses of logits, of joint input, measured as by
    'ablate topologies'. The metrics are learned on the descriptors of the network of the loss leal-taixe; they need
    metric-learn and are left out by default where that is missing.
    """
    from siamlink.tools.studies.ablation import report as ablation_report
    from siamlink.tools.studies.ablation.networks import all_losses

    names = loss or all_losses()
    _run(
        ("losses", data, output, ["--steps", str(steps), *_repeated("--loss", loss)], sequences, docs),
        crops,
        lambda ablation: ablation_report.losses(ablation, names, steps),
    )


@app.command(short_help="Compare the linear program and the Hungarian method.")
def solvers(
    data: Data,
    output: OutputFolder,
    appearance: Appearance = "siamese",
    sequences: Sequences = None,
    docs: Docs = None,
) -> None:
    """Compare the linear program and the Hungarian method, without and with an appearance."""
    from siamlink.tools.studies.ablation import report as ablation_report

    _run(
        ("solvers", data, output, ["--appearance", appearance], sequences, docs),
        [],
        lambda ablation: ablation_report.solvers(ablation, appearance),
    )


def _repeated(option: str, values: list[Any] | None) -> list[str]:
    return [word for value in values or [] for word in (option, str(value))]


def _run(
    asked: tuple[str, Path, Path, list[str], str | None, Path | None],
    crops: list[Path] | None,
    make: "Callable[[Ablation], tuple[dict[str, Row], list[Table]]]",
) -> None:
    """Make the rows of an ablation, write them down and print them.

    Args:
        asked: the kind, the data, the folder, the options, the sequences and the document of the command.
        crops: folders to look for crops in; None for those in the data, empty where no network is trained.
        make: the rows and tables of the kind.
    """
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.ablation.rows import Ablation
    from siamlink.tools.studies.ablation.tables import check_block, fill_block

    kind, data, output, options, sequences, docs = asked
    if docs is not None:
        check_block(docs, kind)
    words = ["siamlink", "ablate", kind, str(data), "-o", str(output), *_repeated("--crops", crops), *options]
    command = shlex.join([*words, *(["--sequences", sequences] if sequences else [])])
    with stage_bars() as progress:
        tested = sequences.split(",") if sequences else None
        ablation = Ablation(data, output, tested, _crop_folders(crops, data), progress)
        rows, tables = make(ablation)
        ablation.study.write_results(kind, command, rows)
    if docs is not None:
        shown = "\n".join(table.markdown() for table in tables)
        fill_block(docs, kind, f"Made by\n\n    {command}\n\n{shown}")
    for table in tables:
        show_table(table.rich(), TABLE_WIDTH)


def _crop_folders(crops: list[Path] | None, data: Path) -> list[Path]:
    from siamlink.association.training.identity_crops import find_identity_crops
    from siamlink.detectors.base.errors import InputError

    if crops == []:
        return []
    found = [folder for given in crops or [data] for folder in find_identity_crops(given)[1]]
    if not found:
        raise InputError(f"{data} holds no person crops named ID_....jpg to train on; name a folder with --crops")
    return found
