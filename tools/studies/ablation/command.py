"""The commands `siamlink study ablate ...`."""

import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.console.group import Group
from siamlink.tools.console.options import OutputFolder, takes

if TYPE_CHECKING:
    from siamlink.tools.console.tables import Table
    from siamlink.tools.studies.ablation.rows import Ablation
    from siamlink.tools.studies.ablation.study import Row

    Rows = tuple[dict[str, Row], list[Table]]

app = typer.Typer(cls=Group, no_args_is_help=True)

Data = Annotated[Path, typer.Argument(metavar="DATA", help="Folder of MOT sequences with gt/, det/ and frames.")]
Sequences = Annotated[
    str | None, typer.Option(metavar="A,B,...", help="Test only these sequences; training still uses all others.")
]
Docs = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Also write the tables into this document, between <!-- NAME --> and <!-- /NAME -->."
    ),
]
Appearance = Annotated[
    str,
    typer.Option(metavar="SPEC", help="Appearance model, as for 'study match'; must not be trained on these videos."),
]
CropFolders = Annotated[
    list[Path] | None,
    typer.Option("--crops", metavar="DIR", help="Folder of person crops, repeatable; by default the crops in DATA."),
]
Steps = Annotated[int, typer.Option(metavar="N", min=1, help="Number of training batches of each network.")]


@dataclass(frozen=True)
class AppearanceOptions:
    """The arguments and options of `siamlink study ablate features` and `solvers`."""

    data: Data
    output: OutputFolder
    appearance: Appearance = "siamese"
    sequences: Sequences = None
    docs: Docs = None


@dataclass(frozen=True)
class TopologyOptions:
    """The arguments and options of `siamlink study ablate topologies`."""

    data: Data
    output: OutputFolder
    crops: CropFolders = None
    steps: Steps = 3000
    paper_steps: Annotated[
        int, typer.Option(metavar="N", min=0, help="Number of batches of the network of the paper; 0 leaves it out.")
    ] = 100
    topology: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Compare only this topology; repeatable; by default all five."),
    ] = None
    sequences: Sequences = None
    docs: Docs = None


@dataclass(frozen=True)
class LossOptions:
    """The arguments and options of `siamlink study ablate losses`."""

    data: Data
    output: OutputFolder
    crops: CropFolders = None
    steps: Steps = 3000
    size: Annotated[str, typer.Option(metavar="NAME", help="Size of the networks, as network.size.")] = "compact"
    patches: Annotated[int, typer.Option(metavar="N", min=8, help="Number of patches in a batch, and of pairs.")] = 64
    small_share: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Share of the steps that see small patches.")
    ] = 0.0
    tracks: Annotated[
        bool, typer.Option("--tracks/--no-tracks", help="Measure tracking, too; it takes most of the time.")
    ] = True
    loss: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Compare only this loss or metric; repeatable; by default all are compared."),
    ] = None
    sequences: Sequences = None
    docs: Docs = None


Options = AppearanceOptions | TopologyOptions | LossOptions


@app.callback()
def ablate() -> None:
    """Measure what each part contributes, on videos new to the models.

    Each video is tested by boosted models of the other videos. Each finished row is written to DIR/rows, so that the
    same command continues after an interruption. Writes DIR/ablation.json.
    """


@app.command()
@takes(AppearanceOptions)
def features(options: AppearanceOptions) -> None:
    """Compare contextual features, appearance, and both.

    Pairs of detections up to 5 seconds apart are classified by boosted trees on the six contextual features of
    Leal-Taixé et al. 2016 (with gap, distance, overlap and score ranks), on the appearance, and on both: up to 1000
    pairs of the same identity and 1000 of different identities per range of gaps. Also tracking without and with the
    appearance, and with an appearance model that always returns the same value. It shows what the additional boosted
    model gains without any appearance.
    """
    from siamlink.tools.studies.ablation import report as ablation_report

    words = ["--appearance", options.appearance]
    _run("features", options, words, [], lambda each: ablation_report.features(each, options.appearance))


@app.command()
@takes(TopologyOptions)
def topologies(options: TopologyOptions) -> None:
    """Compare the layers at which networks join the two patches.

    Compact networks and one of the size of the paper, trained on person crops alone, without optical flow. Measures:
    pairs of detections per second; AP and FPR95 of pairs of detections at gaps of 4 frames to 5 seconds, and of pairs
    of tracklets (mean over 4 crops of each); tracking with contextual features and network, also with an
    appearance model that always returns the same value. It shows what the additional boosted model gains without any
    appearance. The network of the paper is slow: it is tested on 1000 and 200 pairs per sequence.
    """
    from siamlink.tools.studies.ablation import report as ablation_report

    names, steps, paper_steps = options.topology or [*ablation_report.TOPOLOGIES], options.steps, options.paper_steps
    words = ["--steps", str(steps), "--paper-steps", str(paper_steps), *_repeated("--topology", options.topology)]
    _run(
        "topologies",
        options,
        words,
        options.crops,
        lambda each: ablation_report.topologies(each, names, steps, paper_steps),
    )


@app.command()
@takes(LossOptions)
def losses(options: LossOptions) -> None:
    """Compare the losses that networks are trained with.

    Networks of one size, measured as in 'ablate topologies'. Losses on descriptors train networks that describe each
    detection; losses on logits train networks of joint input. Metrics are learned on the descriptors of the network of
    the loss leal-taixe; they need the package metric-learn, and are left out by default without it.
    """
    _check_torch()
    from siamlink.tools.studies.ablation import report as ablation_report
    from siamlink.tools.studies.ablation.networks import Training, all_losses

    names = options.loss or all_losses()
    training = Training(options.steps, options.size, options.patches, options.small_share)
    words = [word for name, value in asdict(training).items() for word in (f"--{name.replace('_', '-')}", str(value))]
    words += [*([] if options.tracks else ["--no-tracks"]), *_repeated("--loss", options.loss)]
    _run("losses", options, words, options.crops, lambda each: ablation_report.losses(each, names, training))


@app.command(short_help="Compare the linear program and the Hungarian method.")
@takes(AppearanceOptions)
def solvers(options: AppearanceOptions) -> None:
    """Compare the linear program and the Hungarian method, without and with an appearance model."""
    from siamlink.tools.studies.ablation import report as ablation_report

    words = ["--appearance", options.appearance]
    _run("solvers", options, words, [], lambda each: ablation_report.solvers(each, options.appearance))


def _check_torch() -> None:
    from siamlink.detectors.base.extras import import_extra

    import_extra("torch", "train", "siamlink study ablate")


def _repeated(option: str, values: list[str] | list[Path] | None) -> list[str]:
    return [word for value in values or [] for word in (option, str(value))]


def _run(
    kind: str,
    options: Options,
    words: list[str],
    crops: list[Path] | None,
    make: "Callable[[Ablation], Rows]",
) -> None:
    """Make the rows of an ablation, write them and print them.

    Args:
        kind: the name of the command.
        options: the options that all kinds have.
        words: the other options, as words of a command line.
        crops: folders of crops; None for those in the data, empty where no network is trained.
        make: makes the rows and tables.
    """
    _check_torch()
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.ablation.rows import Ablation
    from siamlink.tools.studies.ablation.tables import check_block, fill_block

    data, output, sequences, docs = options.data, options.output, options.sequences, options.docs
    if docs is not None:
        check_block(docs, kind)
    words = ["siamlink", "study", "ablate", kind, str(data), "-o", str(output), *_repeated("--crops", crops), *words]
    command = shlex.join([*words, *(["--sequences", sequences] if sequences else [])])
    with stage_bars() as progress:
        tested = sequences.split(",") if sequences else None
        tracks = not isinstance(options, LossOptions) or options.tracks
        ablation = Ablation(data, output, tested, _crop_folders(crops, data), progress, tracks)
        rows, tables = make(ablation)
        ablation.study.write_results(kind, command, rows)
    if docs is not None:
        shown = "\n".join(table.markdown() for table in tables)
        fill_block(docs, kind, f"Made by\n\n    {command}\n\n{shown}")
    for table in tables:
        show_table(table)


def _crop_folders(crops: list[Path] | None, data: Path) -> list[Path]:
    from siamlink.association.training.identity_crops import find_identity_crops
    from siamlink.detectors.base.errors import InputError

    if crops == []:
        return []
    found = [folder for given in crops or [data] for folder in find_identity_crops(given)[1]]
    if not found:
        raise InputError(f"{data} holds no person crops named ID_....jpg to train on; name a folder with --crops")
    return found
