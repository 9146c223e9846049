"""The command `siamlink train siamese`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Overwrite, Settings

RUN_PICTURE = "run.png"


def siamese(
    data: Annotated[
        list[Path],
        typer.Argument(
            metavar="DATA...",
            help="MOT sequences with gt/ and frames, folders of crops named ID_*.jpg, or folders of such.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the weights.")],
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="SEQ", help="Leave out a sequence and every other of the same video.")
    ] = None,
    validate: Annotated[
        list[str] | None, typer.Option(metavar="SEQ", help="Validate on this sequence instead of learning from it.")
    ] = None,
    start: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Begin with these weights instead of random ones.")
    ] = None,
    settings: Settings = None,
    overwrite: Overwrite = False,
) -> None:
    """Train the network that says how alike two detections look.

    Without --validate, the twentieth part of the people of each folder of crops is kept apart to validate on, or, where
    there are none, of each video. A training that was stopped goes on where it was when the command is given again.

    Writes DIR/siamese.safetensors, the weights that validated best; DIR/run.csv and DIR/run.png, the loss and the
    validation by step; and, until it ends, DIR/checkpoint.safetensors, to go on from.
    """
    from siamlink.association.training.siamese_trainer import SiameseTrainer, SiameseTrainingParameters, check_settings
    from siamlink.detectors.base.parameters import apply_override, build
    from siamlink.tools.console.files import make_folder, output_errors
    from siamlink.tools.console.terminal import stage_bars
    from siamlink.tools.training.siamese_data import read_training_data

    values: dict[str, object] = {}
    for setting in settings or []:
        apply_override(values, setting)
    parameters = build(SiameseTrainingParameters, values, "--set")
    check_settings(parameters, start)
    make_folder(output)
    with stage_bars() as progress, output_errors(output):
        prepare(output, overwrite)
        galleries, validation = read_training_data(data, exclude or [], validate or [], parameters, progress)
        SiameseTrainer(galleries, validation, parameters, output, start).run(progress)
        finish(output)
    typer.echo(f"trained on {', '.join(gallery.name for gallery in galleries)}; weights in {output}")


def prepare(output: Path, overwrite: bool) -> None:
    """See to it that weights may be written: none are there, or those of a training that goes on."""
    from siamlink.association.appearance.appearance import SIAMESE_FILE
    from siamlink.association.training.siamese_trainer import CHECKPOINT
    from siamlink.tools.console.files import check_folder

    if overwrite:
        (output / CHECKPOINT).unlink(missing_ok=True)
    elif not (output / CHECKPOINT).exists():
        check_folder(output, [SIAMESE_FILE])


def finish(output: Path) -> None:
    """Draw the run and take away what only an unfinished training needs."""
    from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG
    from siamlink.tools.training.siamese_plot import plot_run

    plot_run(output / RUN_LOG, output / RUN_PICTURE)
    (output / CHECKPOINT).unlink()
