"""The command `siamlink match-eval`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import OutputFolder, Overwrite

RESULTS, PICTURE = "match-eval.json", "roc.png"
TABLE_WIDTH = 120
"""A narrower terminal wraps the tables' lines; digits are never hidden."""


def match_eval(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA...", help="MOT sequences with gt/, detections and frames, or folders of such."),
    ],
    output: OutputFolder,
    appearance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC",
            help="siamese, siamese:FILE, onnx:FILE, package.module:attribute or file.py:attribute; repeatable. "
            "By default siamese, the network shipped with siamlink.",
        ),
    ] = None,
    detections: Annotated[
        str, typer.Option(metavar="FILE", help="The detections to compare: a file inside each sequence.")
    ] = "det/det.txt",
    ways: Annotated[
        int, typer.Option(metavar="N", help="People in a one-shot trial; all of a sequence that shows fewer.")
    ] = 20,
    near: Annotated[bool, typer.Option("--near", help="Only pairs that a person's motion would allow.")] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="F", help="Write the figures to this file too.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Measure how well appearances tell people apart, on sequences with ground truth and frames.

    Detections are whom they overlap best in the ground truth; those of nobody are left out. Three measures, shares
    from 0 to 1:

    Pairs of detections by their gap in frames, up to 5 seconds: average precision (AP), and the false positive rate
    at 95 % recall (FPR95). Of each kind, one person or two, up to 1000 pairs are drawn for each range of gaps.

    Pairs of tracklets, stretches of one person of up to a second, 0.3 to 5 seconds apart: the same of all pairs.
    A tracklet is judged by its 4 best detections by score, size and sharpness, spread over its time: by the cosine of
    the means of the unit descriptors; or, for networks that look at pairs, by the mean over the pairs of detections.

    One-shot accuracy: whether a detection looks most like another one of its person among those of N people
    (Koch 2015), in 2000 trials a sequence.

    Means weigh all sequences alike, over those where a figure is defined. Writes DIR/match-eval.json and DIR/roc.png,
    the ROC curves of the tracklets.
    """
    import json

    from siamlink.association.appearance.appearance import SIAMESE
    from siamlink.detectors.base.parameters import build
    from siamlink.tools.console.files import (
        check_folder,
        check_output,
        make_folder,
        output_errors,
        publish,
        staging,
        write_text,
    )
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars
    from siamlink.tools.studies.matching.evaluation import evaluate_matches
    from siamlink.tools.studies.matching.questions import MatchEvalParameters, find_annotated, load_appearances
    from siamlink.tools.studies.matching.report import as_dict, draw_roc, tables

    parameters = build(MatchEvalParameters, {"ways": ways, "pairs": {"near": near}}, "match-eval")
    check_folder(output, (RESULTS, PICTURE), overwrite)
    if json_file is not None:
        check_output(json_file, overwrite)
    sequences, notes = find_annotated(data, detections)
    appearances = load_appearances(appearance or [SIAMESE])
    for note in notes:
        show_note(note)
    with stage_bars() as progress:
        results = evaluate_matches(sequences, detections, appearances, parameters, progress)
    labels = {part.name: part.label for part in appearances.parts}
    asked = {"detections": detections, "appearances": labels, "parameters": parameters.model_dump()}
    text = json.dumps({**asked, **as_dict(results)}, indent=2) + "\n"
    make_folder(output)
    with staging(output) as staged, output_errors(output):
        (staged / RESULTS).write_text(text, encoding="utf-8", newline="")
        draw_roc(results, staged / PICTURE)
        publish(staged, output)
    if json_file is not None:
        write_text(json_file, text, overwrite)
    for table in tables(results):
        show_table(table, TABLE_WIDTH)
