"""The command `siamlink study retrieve`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from siamlink.tools.console.options import OutputFolder, Overwrite, takes

if TYPE_CHECKING:
    from siamlink.tools.studies.retrieval.evaluation import RetrievalResult

RESULTS, PICTURE = "retrieval.json", "retrieval.png"


@dataclass(frozen=True)
class RetrieveOptions:
    """The arguments and options of `siamlink study retrieve`."""

    folders: Annotated[
        list[Path],
        typer.Argument(metavar="FOLDER", help="Folders of crops named IDENTITY_CAMERA_....jpg, or folders of such."),
    ]
    output: OutputFolder
    appearance: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SPEC",
            help="Appearance model: siamese (shipped with siamlink, the default), siamese:FILE, onnx:FILE, "
            "package.module:attribute or file.py:attribute; repeatable.",
        ),
    ] = None
    held_out: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Use only the identities that 'siamlink train siamese --set held_out=N' does not learn from; 0: all.",
        ),
    ] = 0
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the figures to this file.")
    ] = None
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
    from siamlink.tools.console.files import check_folder, check_output
    from siamlink.tools.console.terminal import show_table, stage_bars
    from siamlink.tools.studies.matching.samples import load_appearances
    from siamlink.tools.studies.retrieval.evaluation import evaluate_retrieval, find_crops
    from siamlink.tools.studies.retrieval.report import table

    check_folder(options.output, (RESULTS, PICTURE), options.overwrite)
    if options.json_file is not None:
        check_output(options.json_file, options.overwrite)
    folders = find_crops(options.folders, options.held_out)
    appearances = load_appearances(options.appearance or [SIAMESE])
    with stage_bars() as progress:
        results = evaluate_retrieval(folders, appearances, progress)
    labels = {part.name: part.label for part in appearances.parts}
    _write(results, {"held_out": options.held_out, "appearances": labels}, options)
    show_table(table(results))


def _write(results: "list[RetrievalResult]", setup: dict[str, Any], options: RetrieveOptions) -> None:
    import json

    from siamlink.tools.console.files import make_folder, output_errors, publish, staging, write_text
    from siamlink.tools.studies.retrieval.report import as_dict, draw

    text = json.dumps({**setup, **as_dict(results)}, indent=2) + "\n"
    make_folder(options.output)
    with staging(options.output) as staged, output_errors(options.output):
        (staged / RESULTS).write_text(text, encoding="utf-8", newline="")
        draw(results, staged / PICTURE)
        publish(staged, options.output)
    if options.json_file is not None:
        write_text(options.json_file, text, options.overwrite)
