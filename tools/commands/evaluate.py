"""The command `siamlink evaluate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.detectors.base.counted import counted
from siamlink.detectors.formats.pictures import BoxFormat, ReadingOptions
from siamlink.tools.console.options import Overwrite, choice_of, takes

if TYPE_CHECKING:
    from siamlink.tools.evaluation import Evaluation
    from siamlink.tools.evaluation.scoring import ScoredFiles

EXIT_DIFFERENT = 1


@dataclass(frozen=True)
class EvaluateOptions:
    """The arguments and options of `siamlink evaluate`."""

    ground_truth: Annotated[
        Path,
        typer.Argument(
            metavar="GT", help="A MOT sequence (gt/gt.txt inside), a folder of sequences or of files, or a file."
        ),
    ]
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS", help="Tracks: a file, a folder of SEQUENCE.txt, or a tracker's folder as in TrackEval."
        ),
    ]
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the scores to this file as JSON.")
    ] = None
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the table to this file as CSV.")
    ] = None
    events_file: Annotated[
        Path | None,
        typer.Option("--events", metavar="FILE", help="Write every identity switch to this file as CSV."),
    ] = None
    sequences: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Score these sequences only: names, or patterns such as '*-FRCNN'."),
    ] = None
    seqmap: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Score the sequences of this file: the line 'name', then one a line."),
    ] = None
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Classes to score, each for itself: names or numbers; 'any' scores all as one. By default those of "
            "the benchmark: pedestrians, for KITTI also cars; without rules, every class of the ground truth.",
        ),
    ] = None
    class_names: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|coco",
            help="Names of the classes that the files number only: a file of one name a line, the first that of class "
            "0, or coco.",
        ),
    ] = None
    benchmark: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Rules of the benchmark: mot15, mot16, mot17, mot20, kitti, plain (none), or auto to recognise it "
            "from the ground truth.",
        ),
    ] = "auto"
    box_format: Annotated[
        BoxFormat | None,
        typer.Option(
            parser=choice_of(BoxFormat),
            metavar="|".join(BoxFormat),
            help="What the four numbers of a box in RESULTS are; by default, what the format of the file defines.",
        ),
    ] = None
    frames_from: Annotated[
        int | None,
        typer.Option(
            metavar="0|1", min=0, max=1, help="What RESULTS count frames from; by default, as their format defines."
        ),
    ] = None
    switches: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw the ten worst identity switches into this folder."),
    ] = None
    limit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also score the best possible links of these detections (by the ground truth): a file, or a path "
            "inside each sequence's folder.",
        ),
    ] = None
    check: Annotated[
        bool,
        typer.Option("--check", help="Also compute MOTA, IDF1, IDSW, FP and FN by py-motmetrics, and compare."),
    ] = False
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop with exit code 2, and write nothing, if there is any warning.")
    ] = False
    overwrite: Overwrite = False


@takes(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> None:
    """Score tracks against ground truth: HOTA, CLEAR and Identity, for each sequence and overall.

    Prints a table: HOTA to IDR in percent, MT to Frag are counts. Writes files only for --json, --csv, --events and
    --switches.

    Warns of missing results, results of unknown sequences or of other frames, and ground truth that does not count.

    --switches draws switch-01.jpg (the worst) and so on. --limit adds two tables that separate detection errors from
    association errors.

    Exit code: 0 success, 1 --check found a difference, 2 error, or a warning with --strict.
    """
    from siamlink.detectors.base.errors import InputError
    from siamlink.tools.console.files import check_folder, check_outputs
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars

    outputs = (options.json_file, options.csv_file, options.events_file)
    check_outputs(outputs, options.overwrite, [options.ground_truth, options.results])
    if options.switches is not None:
        from siamlink.tools.drawing.switch_pictures import PICTURE_NAMES

        check_folder(options.switches, PICTURE_NAMES, options.overwrite)
    files = _files(options)
    with stage_bars() as progress:
        progress("score", 0, None)
        evaluation = files.evaluate(options.limit)
    warnings = [f"not scored, no results: {', '.join(evaluation.missing)}"] if evaluation.missing else []
    warnings += evaluation.notes
    for remark in evaluation.remarks:
        show_note(remark)
    for warning in warnings:
        show_note(f"warning: {warning}")
    if warnings and options.strict:
        raise InputError(f"{counted(len(warnings), 'warning')}, and with --strict nothing is scored then")
    show_table(evaluation.table())
    for table in (evaluation.limits.metric_table(), evaluation.limits.box_table()) if evaluation.limits else ():
        typer.echo()
        show_table(table)
    _write(evaluation, options)
    if options.switches is not None:
        _draw(evaluation, files, options.switches)
    if options.check:
        _check(evaluation, files)


def _files(options: EvaluateOptions) -> "ScoredFiles":
    """Find the files to score."""
    from siamlink.detectors.base.errors import ConfigError
    from siamlink.detectors.class_names import read_class_names
    from siamlink.tools.evaluation.layouts import find_inputs, read_seqmap
    from siamlink.tools.evaluation.scoring import ScoredFiles

    if options.sequences is not None and options.seqmap is not None:
        raise ConfigError("--sequences and --seqmap both choose the sequences: give one of them")
    selection = read_seqmap(options.seqmap) if options.seqmap else _parts(options.sequences)
    names = None if options.class_names is None else read_class_names(options.class_names)
    inputs = find_inputs(options.ground_truth, options.results, selection or ())
    reading = ReadingOptions(options.box_format, options.frames_from)
    return ScoredFiles(inputs, options.benchmark, _parts(options.classes), names, reading)


def _parts(text: str | None) -> list[str] | None:
    """The parts of a list with commas; None for none."""
    parts = [part.strip() for part in (text or "").split(",")]
    return [part for part in parts if part] or None


def _write(evaluation: "Evaluation", options: EvaluateOptions) -> None:
    if options.json_file is not None:
        evaluation.to_json(options.json_file, options.overwrite)
    if options.csv_file is not None:
        evaluation.to_csv(options.csv_file, options.overwrite)
    if options.events_file is not None:
        evaluation.switches_to_csv(options.events_file, options.overwrite)


def _draw(evaluation: "Evaluation", files: "ScoredFiles", folder: Path) -> None:
    """Draw the worst identity switches, and list them."""
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.drawing.switch_pictures import WORST, caption, draw_switches

    sequences = [truth.sequence for truth, _ in files.inputs.scored if truth.sequence]
    with stage_bars() as progress:
        drawn = draw_switches(evaluation.switches, sequences, files.pairs(), folder, progress)
    for name, switch in drawn.items():
        typer.echo(f"{folder / name}: {caption(switch)}")
    if not evaluation.switches:
        show_note("there is no identity switch to draw")
    elif len(drawn) < min(WORST, len(evaluation.switches)):
        show_note(f"{len(drawn)} identity switches drawn: the frames of the others are missing")


def _check(evaluation: "Evaluation", files: "ScoredFiles") -> None:
    """Compare with py-motmetrics, and say in one line whether the scores agree."""
    from siamlink.tools.evaluation.crosscheck import COMPARED, crosscheck

    differences = crosscheck(evaluation, files.pairs())
    scored = counted(len(evaluation.sequences), "sequence")
    if not differences:
        typer.echo(f"py-motmetrics agrees on {', '.join(COMPARED)} in {scored}")
        return
    shown = "; ".join(str(each) for each in differences)
    typer.echo(f"py-motmetrics differs: {shown}")
    raise typer.Exit(EXIT_DIFFERENT)
