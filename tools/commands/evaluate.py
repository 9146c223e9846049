"""The command `siamlink evaluate`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from siamlink.tools.console.options import Overwrite, takes

if TYPE_CHECKING:
    from siamlink.tools.evaluation import Evaluation

EXIT_DIFFERENT = 1


@dataclass(frozen=True)
class EvaluateOptions:
    """The arguments and options of `siamlink evaluate`."""

    ground_truth: Annotated[
        Path, typer.Argument(metavar="GT", help="A MOT sequence (gt/gt.txt inside) or a folder of sequences.")
    ]
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Tracks in MOT format: a file, or a folder of SEQUENCE.txt.")
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
    benchmark: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Rules of the benchmark: mot15, mot16, mot17, mot20, or auto to recognise it from the ground truth.",
        ),
    ] = "auto"
    switches: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw the ten worst identity switches into this folder."),
    ] = None
    limit: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also score the best possible links of these detections (by the ground truth): a MOT file, or a path "
            "inside each sequence's folder.",
        ),
    ] = None
    check: Annotated[
        bool,
        typer.Option("--check", help="Also compute MOTA, IDF1, IDSW, FP and FN by py-motmetrics, and compare."),
    ] = False
    overwrite: Overwrite = False


@takes(EvaluateOptions)
def evaluate(options: EvaluateOptions) -> None:
    """Score tracks against ground truth: HOTA, CLEAR and Identity, for each sequence and overall.

    Prints a table. Writes files only for --json, --csv, --events and --switches.

    --switches draws switch-01.jpg (the worst) and so on. --limit adds two tables that separate detection errors from
    association errors. docs/evaluation.md explains both, and --check.

    Exit code: 0 success, 1 --check found a difference, 2 error.
    """
    from siamlink.tools.console.files import check_folder, check_output
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars
    from siamlink.tools.evaluation import evaluate as score

    for path in (options.json_file, options.csv_file, options.events_file):
        if path is not None:
            check_output(path, options.overwrite)
    if options.switches is not None:
        from siamlink.tools.drawing.switch_pictures import PICTURE_NAMES

        check_folder(options.switches, PICTURE_NAMES, options.overwrite)
    with stage_bars() as progress:
        progress("score", 0, None)
        evaluation = score(options.ground_truth, options.results, options.benchmark, options.limit)
    if evaluation.missing:
        show_note(f"warning: not scored, no results: {', '.join(evaluation.missing)}")
    show_table(evaluation.table())
    for table in (evaluation.limits.metric_table(), evaluation.limits.box_table()) if evaluation.limits else ():
        typer.echo()
        show_table(table)
    _write(evaluation, options)
    if options.switches is not None:
        _draw(evaluation, options.ground_truth, options.results, options.switches)
    if options.check:
        _check(evaluation, options)


def _write(evaluation: "Evaluation", options: EvaluateOptions) -> None:
    if options.json_file is not None:
        evaluation.to_json(options.json_file, options.overwrite)
    if options.csv_file is not None:
        evaluation.to_csv(options.csv_file, options.overwrite)
    if options.events_file is not None:
        evaluation.switches_to_csv(options.events_file, options.overwrite)


def _draw(evaluation: "Evaluation", ground_truth: Path, results: Path, folder: Path) -> None:
    """Draw the worst identity switches, and list them."""
    from siamlink.tools.console.terminal import show_note, stage_bars
    from siamlink.tools.drawing.switch_pictures import WORST, caption, draw_switches

    with stage_bars() as progress:
        drawn = draw_switches(evaluation.switches, ground_truth, results, evaluation.benchmarks, folder, progress)
    for name, switch in drawn.items():
        typer.echo(f"{folder / name}: {caption(switch)}")
    if not evaluation.switches:
        show_note("there is no identity switch to draw")
    elif len(drawn) < min(WORST, len(evaluation.switches)):
        show_note(f"{len(drawn)} identity switches drawn: the frames of the others are missing")


def _check(evaluation: "Evaluation", options: EvaluateOptions) -> None:
    """Compare with py-motmetrics, and say in one line whether the scores agree."""
    from siamlink.tools.evaluation.crosscheck import COMPARED, crosscheck

    differences = crosscheck(evaluation, options.ground_truth, options.results)
    count = len(evaluation.sequences)
    scored = "1 sequence" if count == 1 else f"{count} sequences"
    if not differences:
        typer.echo(f"py-motmetrics agrees on {', '.join(COMPARED)} in {scored}")
        return
    shown = "; ".join(str(each) for each in differences)
    typer.echo(f"py-motmetrics differs: {shown}")
    raise typer.Exit(EXIT_DIFFERENT)
