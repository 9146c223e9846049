"""Networks and metrics of an ablation: trained on crops alone, so that no network saw a video."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.descriptors import unit
from siamlink.association.appearance.loading import SIAMESE_FILE
from siamlink.association.appearance.optical_flow import FlowField
from siamlink.association.appearance.patches import Patches, extract_patches
from siamlink.association.appearance.siamese.architecture import NetworkParameters
from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.appearance.siamese.losses.registry import LOSS_NAMES, make_loss
from siamlink.association.training.batch_sampler import SamplingParameters
from siamlink.association.training.identity_crops import IdentityCrops, read_crops
from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG, SiameseTrainer, check_settings
from siamlink.association.training.siamese_validation import Validation, split_identities
from siamlink.detectors.base.arrays import Float32Array, Image
from siamlink.detectors.base.extras import import_extra
from siamlink.detectors.base.parameters import build
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import make_folder
from siamlink.tools.studies.ablation.metric_learning import METRICS, OWN_METRICS, Metric, learn_metric
from siamlink.tools.training.siamese_data import VALIDATION_SHARE
from siamlink.tools.training.siamese_run import finish_run

NETWORKS = "networks"
VALIDATION_PAIRS, CHECK_EVERY, PATIENCE = 600, 500, 1000
"""Pairs of each folder of crops; steps between validations; a patience so long that no training stops early."""
METRIC_CROPS = 1500
"""Descriptors that a metric is learned from."""
AT_ONCE = 512
"""Patches described together; few enough for the network's activations to fit into memory."""
PAIR_LOSS, DESCRIPTOR_LOSS = "softmax", "leal-taixe"
"""The losses of Leal-Taixé et al. 2016 for networks of pairs and of descriptors."""
LARGEST_DESCRIPTOR = 4096
"""Numbers; larger descriptors are not stored, but computed again for every block of pairs."""


class PatchAppearance(Protocol):
    """An appearance model that describes patches."""

    feature_names: tuple[str, ...]

    def describe_patches(self, patches: Patches) -> Float32Array:
        """Descriptors (N, D) of patches."""
        ...

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, F) features of pairs of descriptors (P, D); the first is the similarity."""
        ...


@dataclass(frozen=True)
class Training:
    """How all networks are trained.

    Attributes:
        steps: number of batches.
        size: of the networks.
        patches: number of patches, and of pairs, in each batch.
        small_share: share of the steps that see small patches.
    """

    steps: int
    size: str = "compact"
    patches: int = 64
    small_share: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """A network, the loss that it is trained with, and the training."""

    topology: str
    loss: str
    training: Training

    @property
    def name(self) -> str:
        """The name of its row and its folder."""
        return f"{self.topology}-{self.training.size}-{self.loss}"

    @property
    def parameters(self) -> SiameseTrainingParameters:
        """The settings of its training."""
        training = self.training
        return build(
            SiameseTrainingParameters,
            {
                "network": {"topology": self.topology, "size": training.size, "flow": False},
                "loss": self.loss,
                "sampling": {"identities": max(2, training.patches // SamplingParameters().patches)},
                "pairing": {"pairs": training.patches},
                "steps": training.steps,
                "small_share": training.small_share,
                "check_every": min(CHECK_EVERY, training.steps),
                "patience": PATIENCE,
            },
            "ablate",
        )


def recipe_of_topology(topology: str, training: Training) -> Recipe:
    """A topology with the loss of Leal-Taixé et al. 2016 for it."""
    embeds = build(NetworkParameters, {"topology": topology}, "--topology").embeds
    return Recipe(topology, DESCRIPTOR_LOSS if embeds else PAIR_LOSS, training)


def recipe_of_loss(loss: str, training: Training) -> Recipe:
    """A loss with the topology for it.

    Raises:
        ConfigError: there is no such loss.
    """
    return Recipe("joint" if make_loss(loss, 1, 2).kind == "logit" else "cost-function", loss, training)


def all_losses() -> list[str]:
    """The losses, and the metrics where metric-learn is installed."""
    from importlib.util import find_spec

    return [*LOSS_NAMES, *OWN_METRICS, *(METRICS if find_spec("metric_learn") else ())]


def check_losses(names: list[str], training: Training) -> None:
    """Check that there are losses or metrics of these names, and networks of this size, which can be trained so.

    Raises:
        ConfigError: there is none of a name or size, small patches do not fit it, or metric-learn is not installed.
    """
    check_settings(recipe_of_loss(DESCRIPTOR_LOSS, training).parameters)
    for name in names:
        if name in OWN_METRICS:
            continue
        if name not in METRICS:
            make_loss(name, 1, 2)
        elif name not in all_losses():
            import_extra("metric_learn", "metric", f"--loss {name}")


class Crops:
    """Folders of person crops, read when the first network is trained; some identities of each are for validation.

    Args:
        folders: of crops.
        progress: receives the images read.
    """

    def __init__(self, folders: list[Path], progress: Progress) -> None:
        self._folders, self._progress = folders, progress
        self._read: tuple[list[IdentityCrops], Validation] | None = None

    @property
    def learned(self) -> list[IdentityCrops]:
        """The identities for training."""
        return self._both()[0]

    @property
    def validation(self) -> Validation:
        """Pairs of other identities."""
        return self._both()[1]

    def _both(self) -> tuple[list[IdentityCrops], Validation]:
        if self._read is None:
            parts = [
                split_identities(_without_flow(read_crops(each, self._progress)), VALIDATION_SHARE)
                for each in self._folders
            ]
            apart = Validation([part for _, part in parts], pairs=VALIDATION_PAIRS)
            self._read = [_without_flow(part) for part, _ in parts], apart
        return self._read

    def sample(self, count: int) -> tuple[Patches, NDArray[np.int64]]:
        """About `count` patches of random identities, and (N,) their identities."""
        random = np.random.default_rng(0)
        patches, identities, known = [], [], 0
        for crops in self.learned:
            share = count * len(crops) // sum(map(len, self.learned))
            size = np.bincount(crops.identity)
            order = random.permutation(crops.identity_count)
            people = order[: 1 + int(np.searchsorted(np.cumsum(size[order]), share))]
            rows = np.flatnonzero(np.isin(crops.identity, people))
            patches.append(crops.patches[rows])
            identities.append(crops.identity[rows] + known)
            known += crops.identity_count
        return Patches.concatenate(patches), np.concatenate(identities)


def _without_flow(crops: IdentityCrops) -> IdentityCrops:
    """The crops without memory for flow, which they do not have."""
    image = crops.patches.image
    patches = Patches(image, np.broadcast_to(np.float16(0), (*image.shape[:3], 2)))
    return replace(crops, patches=patches)


def train_network(recipe: Recipe, crops: Crops, folder: Path, progress: Progress) -> tuple[Siamese, float]:
    """Train a network, continue its training, or load it; also returns the seconds of its training.

    Args:
        recipe: what to train.
        crops: for training and validation.
        folder: of the ablation, with weights and checkpoints.
        progress: receives the steps.
    """
    own = folder / NETWORKS / recipe.name
    make_folder(own)
    if not (own / SIAMESE_FILE).is_file() or (own / CHECKPOINT).is_file():

        def stepped(stage: str, done: int, total: int | None) -> None:
            progress(f"{stage} {recipe.name}", done, total)

        SiameseTrainer(crops.learned, crops.validation, recipe.parameters, own).run(stepped)
        finish_run(own)
    with (own / RUN_LOG).open(newline="", encoding="utf-8") as log:
        seconds = sum(float(row["seconds"]) for row in csv.DictReader(log))
    return Siamese.load(own / SIAMESE_FILE), seconds


class MetricAppearance:
    """A learned metric on the descriptors of a network of normalised descriptors.

    Attributes:
        feature_names: the similarity alone.
        needs_flow: never.
    """

    feature_names: tuple[str, ...] = ("similarity",)
    needs_flow = False

    def __init__(self, siamese: Siamese, metric: Metric) -> None:
        self._siamese, self._metric = siamese, metric

    @classmethod
    def learn(cls, name: str, siamese: Siamese, crops: Crops) -> "MetricAppearance":
        """Learn a metric by name.

        Raises:
            ConfigError: metric-learn is missing.
            InputError: too few identities have enough crops.
        """
        patches, identity = crops.sample(METRIC_CROPS)
        return cls(siamese, learn_metric(name, unit(describe(siamese, patches)), identity))

    def describe(self, image: Image, box: Float32Array, flow: FlowField | None = None) -> Float32Array:
        """Descriptors (N, D) of the boxes of an image."""
        return self.describe_patches(extract_patches(image, box))

    def describe_patches(self, patches: Patches) -> Float32Array:
        """(N, K) what the metric compares of each patch."""
        return self._metric.describe(unit(self._siamese.describe_patches(patches))).astype(np.float32)

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1) the similarities."""
        return self._metric.compare(earlier, later).astype(np.float32)[:, None]


class Blind:
    """A baseline without information: tracking gains only from a second model of context for the open pairs.

    Attributes:
        feature_names: one similarity, which is always 0.
        needs_flow: never.
    """

    feature_names: tuple[str, ...] = ("similarity",)
    needs_flow = False

    def describe(self, image: Image, box: Float32Array, flow: FlowField | None = None) -> Float32Array:
        """(N, 1) zeros for the boxes of an image."""
        return np.zeros((len(box), 1), np.float32)

    def describe_patches(self, patches: Patches) -> Float32Array:
        """(N, 1) zeros."""
        return np.zeros((len(patches), 1), np.float32)

    def compare(self, earlier: Float32Array, later: Float32Array) -> Float32Array:
        """(P, 1) zeros."""
        return np.zeros((len(earlier), 1), np.float32)


def describe(appearance: PatchAppearance, patches: Patches) -> Float32Array:
    """Descriptors (N, D) of any number of patches."""
    starts = range(0, max(1, len(patches)), AT_ONCE)
    return np.concatenate([appearance.describe_patches(patches[start : start + AT_ONCE]) for start in starts])
