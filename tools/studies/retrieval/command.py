"""The command `siamlink study retrieve`."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import OutputFolder, Overwrite, takes
from siamlink.tools.studies.appearance_study import AppearanceNames, FiguresFile, StudyFiles

RESULTS, PICTURE = "retrieval.json", "retrieval.png"


@dataclass(frozen=True)
class RetrieveOptions:
    """The arguments and options of `siamlink study retrieve`."""

    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER", help="Folders of crops named IDENTITY_CAMERA_....jpg, or folders of such."),
    ]
    output: OutputFolder
    appearance: AppearanceNames = None
    held_out: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Use only the identities that 'siamlink train siamese --set held_out=N' does not learn from; 0: all.",
        ),
    ] = 0
    json_file: FiguresFile = None
    overwrite: Overwrite = False


@takes(RetrieveOptions)
def retrieve(options: RetrieveOptions) -> None:
    """Measure how well appearance models find objects again among folders of crops.

    For each identity and camera, one crop is searched for among all other crops of its folder, without those of the
    same identity by the same camera; every crop of an unknown camera is searched for. Measures, in per cent:

    rank-1, rank-5: the share of searches with a right crop among the one, or five, most similar ones.

    mAP: mean average precision of the order by similarity.

    The 95 % intervals are by the bootstrap over identities. Writes DIR/retrieval.json and DIR/retrieval.png.
    """
    from siamlink.association.appearance.loading import SIAMESE
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.matching.samples import load_appearances
    from siamlink.tools.studies.retrieval.evaluation import evaluate_retrieval, find_crops
    from siamlink.tools.studies.retrieval.report import as_dict, draw, table

    files = StudyFiles(options.output, RESULTS, PICTURE, options.json_file, options.overwrite)
    files.check()
    folders = find_crops(options.folders, options.held_out)
    appearances = load_appearances(options.appearance or [SIAMESE])
    with stage_bars() as progress:
        results = evaluate_retrieval(folders, appearances, progress)
    labels = {part.name: part.label for part in appearances.parts}
    figures = {"held_out": options.held_out, "appearances": labels, **as_dict(results)}
    files.write(figures, partial(draw, results))
    show_table(table(results))
