"""The command `siamlink train all`."""

from pathlib import Path
from typing import Annotated

import typer

from siamlink.tools.console.options import Overwrite


def everything(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="DATA...", help="As for 'train siamese'; its MOT sequences teach the matcher, too."),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the model.")],
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="SEQ", help="Leave out a sequence and every other of the same video.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of 'train siamese'.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Train the network, then the matcher on what it sees: one folder for 'siamlink track --set model=DIR'.

    Writes all that 'train siamese' and 'train matcher' write. A training that was stopped goes on where it was when the
    command is given again.
    """
    from siamlink.association.appearance.appearance import SIAMESE_FILE
    from siamlink.association.training.siamese_trainer import CHECKPOINT
    from siamlink.detectors.mot.sequence import is_sequence
    from siamlink.tools.commands.train import matcher
    from siamlink.tools.commands.train_siamese import siamese

    weights = output / SIAMESE_FILE
    if overwrite or not weights.is_file() or (output / CHECKPOINT).is_file():
        siamese(data, output, exclude, settings=settings, overwrite=overwrite)
    sequences = [child for folder in data for child in sorted(folder.iterdir()) if is_sequence(child)]
    sequences += [folder for folder in data if is_sequence(folder)]
    matcher(sequences, output, exclude, settings=[f"appearance=siamese:{weights}"], overwrite=overwrite)
