"""The command `siamlink study match`."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import OutputFolder, Overwrite, takes
from siamlink.tools.studies.appearance_study import AppearanceNames, FiguresFile, StudyFiles

RESULTS, PICTURE = "match.json", "roc.png"


@dataclass(frozen=True)
class MatchOptions:
    """The arguments and options of `siamlink study match`."""

    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA", help="MOT sequences with gt/, detections and frames, or folders of such."),
    ]
    output: OutputFolder
    appearance: AppearanceNames = None
    detections: Annotated[str, typer.Option(metavar="FILE", help="Detection file inside each sequence.")] = (
        "det/det.txt"
    )
    ways: Annotated[
        int, typer.Option(metavar="N", help="Number of identities in a one-shot trial, or all of a sequence.")
    ] = 20
    near: Annotated[bool, typer.Option("--near", help="Use only pairs that pass the gate.")] = False
    json_file: FiguresFile = None
    overwrite: Overwrite = False


@takes(MatchOptions)
def match(options: MatchOptions) -> None:
    """Measure how well appearance models tell identities apart, on sequences with ground truth and frames.

    Each detection gets the ground-truth identity with the highest IoU (at least 0.5); others are left out. Measures,
    from 0 to 1:

    Pairs of detections by gap in frames, up to 5 seconds: average precision (AP) and false positive rate at 95 %
    recall (FPR95), on up to 1000 pairs of the same identity and 1000 of different identities per range of gaps.

    Pairs of tracklets of up to one second, 0.3 to 5 seconds apart: AP and FPR95 of all pairs. A tracklet is described
    by its 4 best detections: by the mean of their unit descriptors, or, for networks that compare pairs, by the mean
    over all pairs of detections.

    One-shot accuracy: the share of 2000 trials in which, among one detection of each of N identities, the most similar
    one has the right identity (Koch 2015).

    The mean over the sequences has equal weights. Writes DIR/match.json and DIR/roc.png, the ROC curves of the
    tracklets.
    """
    from siamlink.association.appearance.loading import SIAMESE
    from siamlink.detectors.base.parameters import build
    from siamlink.tools.console.terminal import show_note, show_table, stage_bars
    from siamlink.tools.studies.matching.evaluation import evaluate_matches
    from siamlink.tools.studies.matching.report import as_dict, draw_roc, tables
    from siamlink.tools.studies.matching.samples import MatchParameters, find_annotated, load_appearances

    values = {"ways": options.ways, "pairs": {"near": options.near}}
    parameters = build(MatchParameters, values, "study match")
    files = StudyFiles(options.output, RESULTS, PICTURE, options.json_file, options.overwrite)
    files.check()
    sequences, notes = find_annotated(options.data, options.detections)
    appearances = load_appearances(options.appearance or [SIAMESE])
    for note in notes:
        show_note(note)
    with stage_bars() as progress:
        results = evaluate_matches(sequences, options.detections, appearances, parameters, progress)
    labels = {part.name: part.label for part in appearances.parts}
    setup = {"detections": options.detections, "appearances": labels, "parameters": parameters.model_dump()}
    files.write({**setup, **as_dict(results)}, partial(draw_roc, results))
    for table in tables(results):
        show_table(table)
