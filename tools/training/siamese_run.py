"""The files of a training of the network, checked before it and completed after it."""

from collections.abc import Sequence
from pathlib import Path

from siamlink.association.appearance.loading import SHIPPED, SIAMESE_FILE
from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.retrieval import retrieve
from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG
from siamlink.association.training.siamese_validation import Validation
from siamlink.tools.console.files import check_folder
from siamlink.tools.console.tables import Table
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


def compare_retrieval(held_out: Sequence[IdentityCrops], network: Siamese) -> Table:
    """How well the new network finds the identities that were held out, and the shipped one, which may know them."""
    rows = []
    for crops in held_out:
        found = []
        for siamese in (Siamese.load(SHIPPED), network):
            result = retrieve(siamese.describe_patches(crops.patches), crops.identity, crops.camera)
            found += [f"{result.rank1:.3f}", f"{result.mean_precision:.3f}"]
        rows.append((crops.name, str(crops.identity_count), str(len(crops)), *found))
    heads = ("crops", "identities", "images", "rank-1, shipped", "mAP, shipped", "rank-1, new", "mAP, new")
    return Table(heads, tuple(rows), title="Identities that were held out, searched for among each other")


def compare_networks(validation: Validation, network: Siamese) -> Table:
    """How well the new network and the shipped one separate the identities of the validation."""
    rows = [
        (name, f"{scores['ap']:.3f}", f"{scores['fpr95']:.3f}")
        for name, scores in (
            ("shipped network", validation.scores(Siamese.load(SHIPPED))),
            ("new network", validation.scores(network)),
        )
    ]
    return Table(
        ("", "average precision", "false positives at 95 % recall"),
        tuple(rows),
        title="Pairs of patches of identities that the new network was not trained on",
    )
