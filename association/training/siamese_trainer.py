"""Training of the Siamese networks. A step depends only on the seed and its number, so a resumed run is the same."""

import copy
import csv
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.loading import NONE, SIAMESE_FILE
from siamlink.association.appearance.patches import Patches, network_input
from siamlink.association.appearance.siamese.checkpoint import (
    load_into,
    read_checkpoint,
    restore,
    save_siamese,
    write_checkpoint,
)
from siamlink.association.appearance.siamese.inference import Siamese
from siamlink.association.appearance.siamese.losses.identity_triplet import IdentityTriplet
from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import (
    EmbeddingNetwork,
    Network,
    build_network,
    channels_last,
)
from siamlink.association.appearance.siamese.weights_file import read_weights
from siamlink.association.training.augmentation import AugmentationParameters, augment
from siamlink.association.training.batch_loss import batch_loss
from siamlink.association.training.batch_sampler import Batch, BatchSampler
from siamlink.association.training.distillation import prepare_teacher_descriptors
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.precision import trains_in_half
from siamlink.association.training.siamese_parameters import SiameseTrainingParameters
from siamlink.association.training.siamese_validation import Validation
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import use_present_keys
from siamlink.detectors.base.stopwatch import Progress

CHECKPOINT = "checkpoint.safetensors"
RUN_LOG = "run.csv"
SMALL_PATCH = (81, 35)
"""Height and width of the patches at the beginning of a training with `small_share`."""
WARM_UP = 0.05
"""Share of the steps in which the learning rate rises from zero."""


@dataclass
class _State:
    """The state that changes during training."""

    network: Network
    average: Network
    loss: PairLoss
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = float("inf")
    checks_since_best: int = 0
    log: list[dict[str, float]] = field(default_factory=list)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The modules with weights."""
        return {"network": self.network, "average": self.average, "loss": self.loss}

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the average towards the network; at first faster, so that it forgets the random weights."""
        decay = min(decay, (self.step + 1) / (self.step + 10))
        present = self.network.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.is_floating_point():
                mean.lerp_(present[name], 1 - decay)


class SiameseTrainer:
    """Trains one network; writes a checkpoint, run.csv and the best weights so far into a folder.

    Args:
        crop_sets: to learn from.
        validation: on other identities; the weights with the best result there are kept.
        parameters: of the training.
        folder: for the checkpoint, the log and the weights; training resumes from a checkpoint that is there.
        start: file of weights to begin with instead of random ones.

    Raises:
        ConfigError: the device is cuda, which is not available, or the loss does not fit the topology.
        InputError: there is nothing to learn from.
        ModelError: the weights to begin with are of another network.
    """

    def __init__(
        self,
        crop_sets: Sequence[IdentityCrops],
        validation: Validation,
        parameters: SiameseTrainingParameters,
        folder: Path,
        start: Path | None = None,
    ) -> None:
        check_settings(parameters)
        self.parameters, self.folder, self.validation = parameters, folder, validation
        self.device = _device(parameters.device)
        self.half = trains_in_half(parameters.precision, self.device)
        torch.manual_seed(parameters.seed)
        network = channels_last(build_network(parameters.network), self.device)
        described = prepare_teacher_descriptors(crop_sets, network.feature_count)
        self.sampler = BatchSampler(described, parameters.sampling)
        if start is not None:
            load_into(network, start)
        identities = self.sampler.identity_count
        loss = make_loss(parameters.loss, network.feature_count, identities, **parameters.loss_settings)
        loss = loss.to(self.device)
        self.state = _State(network, copy.deepcopy(network), loss, _optimiser(network, loss, parameters))
        if start is not None and isinstance(loss, IdentityTriplet):
            loss.begin_at(self._mean_descriptors())
        if (folder / CHECKPOINT).is_file():
            self._resume()

    @torch.inference_mode()
    def _mean_descriptors(self, most: int = 8) -> Tensor:
        """(identities, D) the mean of the unit descriptors of each identity, by the present network."""
        network = self.state.network.eval()
        assert isinstance(network, EmbeddingNetwork)
        means = torch.zeros(self.sampler.identity_count, network.feature_count, device=self.device)
        for identity, patches in self.sampler.each_identity(most):
            inputs = torch.from_numpy(network_input(patches, self.parameters.luma)).to(self.device)
            means[identity] = functional.normalize(network.embed(inputs), dim=1).mean(0)
        return means

    def run(self, progress: Progress) -> Siamese:
        """Train to the last step, or until validation stops improving; returns the best network."""
        state, parameters = self.state, self.parameters
        batches = self._batches(state.step)
        started, losses = time.perf_counter(), []
        while state.step < parameters.steps and state.checks_since_best < parameters.patience:
            losses.append(self._step(next(batches)))
            state.update_average(parameters.average)
            state.step += 1
            progress("train", state.step, parameters.steps)
            if state.step % parameters.check_every == 0 or state.step == parameters.steps:
                self._check(float(np.mean(losses)), time.perf_counter() - started)
                started, losses = time.perf_counter(), []
        return Siamese.load(self.folder / SIAMESE_FILE)

    def _batches(self, first: int) -> Iterator[tuple[Batch, Tensor]]:
        """The batches from step `first` on, prefetched in another thread."""
        with ThreadPoolExecutor(1) as worker:
            queue = [worker.submit(self._batch, step) for step in (first, first + 1)]
            step = first + 2
            while True:
                yield queue.pop(0).result()
                queue.append(worker.submit(self._batch, step))
                step += 1

    def _batch(self, step: int) -> tuple[Batch, Tensor]:
        random = np.random.default_rng([self.parameters.seed, step])
        batch = self.sampler.draw(random)
        patches = augment(batch.patches, self._augmentation(random), random)
        flow = patches.flow.copy()
        flow[random.random(len(flow)) < self.parameters.flow_dropout] = 0
        inputs = network_input(Patches(patches.image, flow), self.parameters.luma)
        return batch, torch.from_numpy(inputs).contiguous(memory_format=torch.channels_last)

    def _augmentation(self, random: np.random.Generator) -> AugmentationParameters:
        """For pair networks either all patches of a batch are mirrored or none, so that their flow agrees."""
        augmentation = self.parameters.augmentation
        if self.parameters.network.embeds:
            return augmentation
        return augmentation.model_copy(update={"flip": float(random.random() < augmentation.flip)})

    def _step(self, prepared: tuple[Batch, Tensor]) -> float:
        """One step of the optimiser; returns the loss."""
        batch, inputs = prepared
        state, random = self.state, np.random.default_rng([self.parameters.seed, self.state.step, 1])
        torch.manual_seed(self.parameters.seed * 1_000_003 + state.step)  # for the dropout
        state.network.train()
        state.loss.train()
        for group in state.optimiser.param_groups:
            group["lr"] = self._learning_rate(state.step)
        if state.step < self.parameters.small_share * self.parameters.steps:
            inputs = functional.interpolate(inputs, SMALL_PATCH, mode="area")
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.half):
            value = batch_loss(
                state.network,
                state.loss,
                batch,
                inputs.to(self.device),
                self.parameters.pairing,
                random,
                self.parameters.teacher.weight,
            )
        state.optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_([*state.network.parameters(), *state.loss.parameters()], 10.0)
        state.optimiser.step()
        return float(value.detach())

    def _learning_rate(self, step: int) -> float:
        warm = max(1, round(WARM_UP * self.parameters.steps))
        if step < warm:
            return self.parameters.learning_rate * (step + 1) / warm
        done = (step - warm) / max(1, self.parameters.steps - warm)
        return self.parameters.learning_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)

    def _check(self, loss: float, seconds: float) -> None:
        """Validate, store the weights if they are the best so far, and write checkpoint and log."""
        state = self.state
        current = self.folder / f".{SIAMESE_FILE}"
        save_siamese(current, state.average, state.loss, self.parameters.description)
        scores = self.validation.scores(Siamese.load(current))
        state.log.append({"step": state.step, "loss": loss, "seconds": seconds, **scores})
        state.checks_since_best += 1
        if scores["fpr95"] < state.best:
            state.best, state.checks_since_best = scores["fpr95"], 0
            current.replace(self.folder / SIAMESE_FILE)
        current.unlink(missing_ok=True)
        self._write_log()
        self._save_checkpoint()

    def _write_log(self) -> None:
        with (self.folder / RUN_LOG).open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.state.log[0]))
            writer.writeheader()
            writer.writerows({name: f"{value:.6g}" for name, value in row.items()} for row in self.state.log)

    def _save_checkpoint(self) -> None:
        state = self.state
        description = {
            "parameters": self.parameters.model_dump(mode="json"),
            "identities": self.sampler.identity_count,
            "step": state.step,
            "best": state.best,
            "checks_since_best": state.checks_since_best,
            "log": state.log,
        }
        write_checkpoint(self.folder / CHECKPOINT, state.modules, state.optimiser, description)

    def _resume(self) -> None:
        path, state = self.folder / CHECKPOINT, self.state
        tensors, description = read_checkpoint(path)
        settings, count = self.parameters.model_dump(mode="json"), self.sampler.identity_count
        earlier = use_present_keys(SiameseTrainingParameters, description.get("parameters", {}), str(path))
        if earlier != settings or description.get("identities", description.get("people")) != count:
            raise ConfigError(f"{path} is of a training with other settings or data; use another folder")
        restore(tensors, state.modules, state.optimiser)
        state.step, state.best = description["step"], description["best"]
        state.checks_since_best, state.log = description["checks_since_best"], description["log"]


def check_settings(parameters: SiameseTrainingParameters, start: Path | None = None) -> None:
    """Check before the training that the settings fit one another and this machine.

    Raises:
        ConfigError: the loss is unknown or does not fit the topology, or the device is cuda, which is not available.
        ModelError: the weights to begin with cannot be read.
    """
    _device(parameters.device)
    if parameters.teacher.appearance != NONE and not parameters.network.embeds:
        raise ConfigError(f"teacher: the topology {parameters.network.topology} gives no descriptors to teach")
    loss = make_loss(parameters.loss, 1, 2, **parameters.loss_settings)
    if parameters.network.embeds == (loss.kind == "logit"):
        kind = "a loss of logits" if loss.kind != "logit" else "a loss of descriptors"
        raise ConfigError(f"loss: the topology {parameters.network.topology} needs {kind}, not {parameters.loss}")
    network = parameters.network
    if parameters.small_share and network.size not in {"residual", "ibn"}:
        raise ConfigError(f"small_share: the size {network.size} takes whole patches only; use 0")
    if parameters.small_share and network.topology == "two-stream":
        raise ConfigError("small_share: the topology two-stream cuts the centre out of whole patches; use 0")
    if start is not None:
        read_weights(start)


def _device(name: str) -> torch.device:
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ConfigError("device: CUDA is not available here; use device=cpu or device=auto")
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def _optimiser(network: Network, loss: PairLoss, parameters: SiameseTrainingParameters) -> torch.optim.Optimizer:
    weights: list[Any] = [*network.parameters(), *loss.parameters()]
    rate, decay = parameters.learning_rate, parameters.weight_decay
    if parameters.optimiser == "sgd":
        return torch.optim.SGD(weights, rate, momentum=0.9, weight_decay=decay)
    return torch.optim.AdamW(weights, rate, weight_decay=decay)
