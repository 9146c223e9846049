"""The files of a training of the network, checked before it and completed after it."""

from pathlib import Path

from siamlink.association.appearance.loading import SIAMESE_FILE
from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG
from siamlink.tools.console.files import check_folder
from siamlink.tools.training.siamese_plot import plot_run

RUN_PICTURE = "run.png"


def check_run(output: Path, overwrite: bool) -> None:
    """Check that weights may be written: there are none, or a checkpoint shows that a training continues.

    Args:
        output: the folder of the run.
        overwrite: whether to start again; the checkpoint is removed.

    Raises:
        OutputError: there are weights.
    """
    if overwrite:
        (output / CHECKPOINT).unlink(missing_ok=True)
    elif not (output / CHECKPOINT).exists():
        check_folder(output, [SIAMESE_FILE])


def finish_run(output: Path) -> None:
    """Draw the run log, and remove the checkpoint."""
    plot_run(output / RUN_LOG, output / RUN_PICTURE)
    (output / CHECKPOINT).unlink()
