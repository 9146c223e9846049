"""Training of the Siamese networks. A step depends on the seed and its number alone, so a resumed run is the same."""

import csv
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from siamlink.association.appearance.appearance import NONE, SIAMESE_FILE
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.appearance.patches import Luma, Patches, network_input
from siamlink.association.appearance.siamese.checkpoint import below, read_checkpoint, restore, write_checkpoint
from siamlink.association.appearance.siamese.inference import Siamese, channels_last, read_weights, save_siamese
from siamlink.association.appearance.siamese.losses.identity_triplet import IdentityTriplet
from siamlink.association.appearance.siamese.losses.pair import PairLoss
from siamlink.association.appearance.siamese.losses.registry import make_loss
from siamlink.association.appearance.siamese.networks import EmbeddingNetwork, Network, NetworkParameters, build_network
from siamlink.association.training.augmentation import AugmentationParameters, augment
from siamlink.association.training.batch_loss import PairingParameters, batch_loss
from siamlink.association.training.batch_sampler import Batch, BatchSampler, SamplingParameters
from siamlink.association.training.distillation import TeacherParameters, prepare_lessons
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.siamese_validation import Validation
from siamlink.detectors.base.errors import ConfigError, ModelError
from siamlink.detectors.base.parameters import Parameters

Progress = Callable[[str, int, int | None], None]
CHECKPOINT = "checkpoint.safetensors"
RUN_LOG = "run.csv"
WARM_UP = 0.05
"""Share of the steps in which the learning rate rises."""


class SiameseTrainingParameters(Parameters):
    """How a Siamese network is trained."""

    network: NetworkParameters = Field(NetworkParameters(), description="the network")
    loss: str = Field("identity-triplet", description="what is minimised; docs/losses.md lists the losses")
    loss_settings: dict[str, float | str] = Field({}, description="other values of the loss, such as its margin")
    flow: FlowParameters = Field(FlowParameters(), description="optical flow")
    luma: Luma = Field("fixed", description="brightness of a patch: as it is, equalised, or less a fitted plane")
    sampling: SamplingParameters = Field(SamplingParameters(), description="what a batch is made of")
    augmentation: AugmentationParameters = Field(AugmentationParameters(), description="how patches are varied")
    flow_dropout: float = Field(
        0.5, ge=0, le=1, description="share of the patches of videos whose flow is hidden, as crops have none"
    )
    pairing: PairingParameters = Field(PairingParameters(), description="which pairs of a batch are compared")
    teacher: TeacherParameters = Field(TeacherParameters(), description="a trained network to learn from as well")
    steps: int = Field(6500, ge=1, le=10_000_000, description="batches in all")
    optimiser: Literal["adamw", "sgd"] = Field("adamw", description="sgd: with momentum 0.9")
    learning_rate: float = Field(1e-3, gt=0, le=10, description="highest; it rises, then falls as a cosine")
    weight_decay: float = Field(0.02, ge=0, le=1, description="of all weights")
    precision: Literal["float32", "bfloat16"] = Field("bfloat16", description="of the network's activations")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where to train; auto: CUDA where it is there")
    check_every: int = Field(500, ge=1, le=1_000_000, description="steps between validations and checkpoints")
    patience: int = Field(8, ge=1, le=1000, description="validations without improvement after which training stops")
    seed: int = Field(0, ge=0, description="of everything random")

    @property
    def description(self) -> dict[str, Any]:
        """What the file of the weights says besides the network."""
        return {
            "loss": self.loss,
            "loss_settings": self.loss_settings,
            "luma": self.luma,
            "flow": self.flow.model_dump(),
        }


@dataclass
class _State:
    """What changes during training."""

    network: Network
    loss: PairLoss
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = float("inf")
    checks_since_best: int = 0
    log: list[dict[str, float]] = field(default_factory=list)

    @property
    def modules(self) -> dict[str, nn.Module]:
        """What holds weights."""
        return {"network": self.network, "loss": self.loss}


class SiameseTrainer:
    """Trains one network and keeps what it has in a folder: checkpoint, run.csv and the best weights so far.

    Args:
        galleries: to learn from.
        validation: of other people; the weights that do best there are kept.
        parameters: how.
        folder: for the checkpoint, the log and the weights; training goes on from a checkpoint that lies there.
        start: weights to begin with instead of random ones.

    Raises:
        ConfigError: CUDA is asked for and not there, or the loss does not fit the topology.
        InputError: there is nothing to learn from.
        ModelError: the weights to start with are of another network.
    """

    def __init__(
        self,
        galleries: Sequence[IdentityCrops],
        validation: Validation,
        parameters: SiameseTrainingParameters,
        folder: Path,
        start: Path | None = None,
    ) -> None:
        check_settings(parameters)
        self.parameters, self.folder, self.validation = parameters, folder, validation
        self.device = _device(parameters.device)
        torch.manual_seed(parameters.seed)
        network = channels_last(build_network(parameters.network), self.device)
        self.sampler = BatchSampler(prepare_lessons(galleries, network.feature_count), parameters.sampling)
        if start is not None:
            _start_from(network, start)
        loss = make_loss(parameters.loss, network.feature_count, self.sampler.people, **parameters.loss_settings).to(
            self.device
        )
        self.state = _State(network, loss, _optimiser(network, loss, parameters))
        if start is not None and isinstance(loss, IdentityTriplet):
            loss.begin_at(self._mean_descriptors())
        if (folder / CHECKPOINT).is_file():
            self._resume()

    @torch.inference_mode()
    def _mean_descriptors(self, most: int = 8) -> Tensor:
        """(people, D) the mean of each person's unit descriptors, by the network as it is."""
        network = self.state.network.eval()
        assert isinstance(network, EmbeddingNetwork)
        means = torch.zeros(self.sampler.people, network.feature_count, device=self.device)
        for person, patches in self.sampler.each_person(most):
            given = torch.from_numpy(network_input(patches, self.parameters.luma)).to(self.device)
            means[person] = functional.normalize(network.embed(given), dim=1).mean(0)
        return means

    def run(self, progress: Progress) -> Siamese:
        """Train to the end, or until validation stops improving; gives the best network."""
        state, parameters = self.state, self.parameters
        batches = self._batches(state.step)
        started, seen = time.perf_counter(), []
        while state.step < parameters.steps and state.checks_since_best < parameters.patience:
            seen.append(self._step(next(batches)))
            state.step += 1
            progress("train", state.step, parameters.steps)
            if state.step % parameters.check_every == 0 or state.step == parameters.steps:
                self._check(float(np.mean(seen)), time.perf_counter() - started)
                started, seen = time.perf_counter(), []
        return Siamese.load(self.folder / SIAMESE_FILE)

    def _batches(self, first: int) -> Iterator[tuple[Batch, Tensor]]:
        """The batches from a step on, made ready one ahead in another thread."""
        with ThreadPoolExecutor(1) as worker:
            ahead = [worker.submit(self._batch, step) for step in (first, first + 1)]
            step = first + 2
            while True:
                yield ahead.pop(0).result()
                ahead.append(worker.submit(self._batch, step))
                step += 1

    def _batch(self, step: int) -> tuple[Batch, Tensor]:
        random = np.random.default_rng([self.parameters.seed, step])
        batch = self.sampler.draw(random)
        patches = augment(batch.patches, self._augmentation(random), random)
        flow = patches.flow.copy()
        flow[random.random(len(flow)) < self.parameters.flow_dropout] = 0
        given = network_input(Patches(patches.image, flow), self.parameters.luma)
        return batch, torch.from_numpy(given).contiguous(memory_format=torch.channels_last)

    def _augmentation(self, random: np.random.Generator) -> AugmentationParameters:
        """For networks of pairs all patches of a batch are mirrored or none: their flow must agree."""
        varied = self.parameters.augmentation
        if self.parameters.network.embeds:
            return varied
        return varied.model_copy(update={"flip": float(random.random() < varied.flip)})

    def _step(self, prepared: tuple[Batch, Tensor]) -> float:
        batch, given = prepared
        state, random = self.state, np.random.default_rng([self.parameters.seed, self.state.step, 1])
        torch.manual_seed(self.parameters.seed * 1_000_003 + state.step)  # of the dropout
        state.network.train()
        state.loss.train()
        for group in state.optimiser.param_groups:
            group["lr"] = self._learning_rate(state.step)
        half = self.parameters.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            value = batch_loss(
                state.network,
                state.loss,
                batch,
                given.to(self.device),
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
        """Validate, keep the weights if they are the best so far, and write checkpoint and log."""
        state = self.state
        current = self.folder / f".{SIAMESE_FILE}"
        save_siamese(current, state.network, state.loss, self.parameters.description)
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
            "people": self.sampler.people,
            "step": state.step,
            "best": state.best,
            "checks_since_best": state.checks_since_best,
            "log": state.log,
        }
        write_checkpoint(self.folder / CHECKPOINT, state.modules, state.optimiser, description)

    def _resume(self) -> None:
        path, state = self.folder / CHECKPOINT, self.state
        tensors, described = read_checkpoint(path)
        settings = self.parameters.model_dump(mode="json")
        if described.get("parameters") != settings or described.get("people") != self.sampler.people:
            raise ConfigError(f"{path} is of a training with other settings or data; use another folder")
        restore(tensors, state.modules, state.optimiser)
        state.step, state.best = described["step"], described["best"]
        state.checks_since_best, state.log = described["checks_since_best"], described["log"]


def check_settings(parameters: SiameseTrainingParameters, start: Path | None = None) -> None:
    """See to it before the work that settings fit one another and this machine.

    Raises:
        ConfigError: the loss is unknown or does not fit the topology, or CUDA is asked for and not there.
        ModelError: the weights to start with cannot be read.
    """
    _device(parameters.device)
    if parameters.teacher.appearance != NONE and not parameters.network.embeds:
        raise ConfigError(f"teacher: the topology {parameters.network.topology} makes no descriptors to teach")
    loss = make_loss(parameters.loss, 1, 2, **parameters.loss_settings)
    if parameters.network.embeds == (loss.kind == "logit"):
        wanted = "a loss of logits" if loss.kind != "logit" else "a loss of descriptors"
        raise ConfigError(f"loss: the topology {parameters.network.topology} needs {wanted}, not {parameters.loss}")
    if start is not None:
        read_weights(start)


def _device(wanted: str) -> torch.device:
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigError("device: there is no CUDA here; use device=cpu or device=auto")
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


def _optimiser(network: Network, loss: PairLoss, parameters: SiameseTrainingParameters) -> torch.optim.Optimizer:
    weights: list[Any] = [*network.parameters(), *loss.parameters()]
    rate, decay = parameters.learning_rate, parameters.weight_decay
    if parameters.optimiser == "sgd":
        return torch.optim.SGD(weights, rate, momentum=0.9, weight_decay=decay)
    return torch.optim.AdamW(weights, rate, weight_decay=decay)


def _start_from(network: Network, start: Path) -> None:
    """Begin with the weights of a trained network, of the convolutions at least.

    Raises:
        ModelError: the file is no weights of such a network.
    """
    try:
        network.load_state_dict(below(read_weights(start), "network."))
    except RuntimeError:
        raise ModelError(f"{start} holds the weights of another network than {network.settings.topology}") from None
