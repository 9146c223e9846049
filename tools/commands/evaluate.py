"""The command `siamlink evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from siamlink.tools.evaluation import Evaluation

TABLE_WIDTH = 120
"""A narrower terminal wraps the table's lines; digits are never hidden."""


def evaluate(
    ground_truth: Annotated[
        Path, typer.Argument(metavar="GT", help="A MOT sequence (gt/gt.txt inside) or a folder of sequences.")
    ],
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="MOT text: one sequence's file, or a folder of SEQUENCE.txt.")
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the scores as JSON: sequences and overall.")
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="F", help="Write the table's rows as CSV.")] = None,
    events_file: Annotated[
        Path | None,
        typer.Option("--events", metavar="F", help="Write every identity switch as CSV: frame, ids, boxes."),
    ] = None,
    benchmark: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="By whose rules: mot15, mot16, mot17 or mot20; auto goes by the ground truth's columns, "
            "and by the sequence's name for MOT20.",
        ),
    ] = "auto",
    switches: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw the ten worst identity switches: switch-01.jpg and so on, worst first."),
    ] = None,
    limit: Annotated[
        Path | None,
        typer.Option(
            metavar="DETECTIONS",
            help="The detections that were tracked, MOT text; may be a path inside each sequence's folder such as "
            "det/det.txt. Shows what perfect links of them would reach.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace output files that exist.")] = False,
) -> None:
    """Score tracks against ground truth: HOTA, CLEAR and Identity, for each sequence and overall.

    Prints a table. Files are written only where --json, --csv, --events or --switches name them.

    --switches draws each switch as a strip: half a second before, the old track's last frame on the person, midway,
    the new track's first, and half a second after, with all tracks, and the person's ground truth in white dashes. The
    worst have the most boxes on the shorter side: of the person's boxes in a row that the old track is on and those
    that the new one is on, the fewer are wrong whichever of the two is right. Sequences without frames are left out.

    With --limit, two more tables tell errors of detection from errors of association. The limit gives each detection
    the identity of the person that it covers by at least half (IoU), one to one in each frame, throws away the others
    and fills no gap. Result/limit is 0 for no tracks at all, for MOTA too, and 100 at the limit. Detection error is
    what the limit lacks of 100, association error what the result lacks of the limit: it is below 0 where tracks that
    fill gaps gain more than wrong links lose. The last table counts the annotated boxes without a track that had a
    detection and those that had none, and the boxes that tracks found without a detection.
    """
    from rich.console import Console

    from siamlink.tools.console.files import check_folder, check_output
    from siamlink.tools.evaluation import evaluate as score

    for path in (json_file, csv_file, events_file):
        if path is not None:
            check_output(path, overwrite)
    if switches is not None:
        from siamlink.tools.drawing.switch_pictures import PICTURE_NAMES

        check_folder(switches, PICTURE_NAMES, overwrite)
    log = Console(stderr=True)
    with log.status("scoring"):
        evaluation = score(ground_truth, results, benchmark, limit)
    if evaluation.missing:
        log.print(f"warning: not scored, no results: {', '.join(evaluation.missing)}", style="yellow", soft_wrap=True)
    console = Console(width=max(TABLE_WIDTH, log.width))
    console.print(evaluation.table())
    if evaluation.limits:
        console.print("", evaluation.limits.metric_table(), "", evaluation.limits.box_table(), sep="\n")
    if json_file is not None:
        evaluation.to_json(json_file, overwrite)
    if csv_file is not None:
        evaluation.to_csv(csv_file, overwrite)
    if events_file is not None:
        evaluation.switches_to_csv(events_file, overwrite)
    if switches is not None:
        _draw(evaluation, ground_truth, results, switches)


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
