"""How many pairs of detections a second a network answers, asked in several ways."""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from siamlink.association.appearance.siamese.inference import Siamese, channels_last
from siamlink.association.appearance.siamese.networks import (
    EmbeddingNetwork,
    JointInput,
    NetworkParameters,
    build_network,
)
from siamlink.association.appearance.siamese.split_inference import SplitJoint
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.tables import Table, table

IntArray = NDArray[np.int64]
BATCH = 64
"""Pairs, or patches, given to a network together."""


@dataclass(frozen=True)
class Way:
    """One way of asking: its speed, how it compares with the plain one, and how far its answers are from that one's."""

    name: str
    seconds: float
    pairs_a_second: float
    ratio: float
    difference: float | None


@dataclass(frozen=True)
class MatchBenchmark:
    """The ways that were measured, the plain one first."""

    patches: int
    pairs: int
    threads: int
    ways: tuple[Way, ...]

    def table(self) -> Table:
        """The figures for a terminal."""
        title = f"{self.pairs} pairs of {self.patches} detections, {self.threads} threads on {os.cpu_count()} cores"
        rows = [
            (
                way.name,
                f"{way.pairs_a_second:,.0f}",
                f"{way.ratio:.2f}",
                "" if way.difference is None else f"{way.difference:.1e}",
            )
            for way in self.ways
        ]
        return table(("way", "pairs/s", "ratio", "largest difference"), rows, title=title)

    def json(self) -> str:
        """The figures for a program."""
        return json.dumps(asdict(self), indent=2) + "\n"


def measure(weights: Path | None, patches: int, pairs: int, repeats: int, progress: Progress) -> MatchBenchmark:
    """Measure a joint-input network plain, in half precision and split, and an embedding network beside it.

    Args:
        weights: of the joint-input network; None: random ones, which are as fast.
        patches: how many detections there are.
        pairs: how many pairs of them are asked about.
        repeats: runs of each way after one to warm up; the median counts.
        progress: told how far it is.

    Raises:
        ConfigError: the weights are not those of a joint-input network that can be split.
    """
    torch.manual_seed(0)
    network, embedding = _joint(weights), _embedding()
    given = torch.randn(patches, 5, 121, 53)
    earlier, later = np.random.default_rng(0).integers(0, patches, (2, pairs))
    split = SplitJoint(network)
    ways: dict[str, Callable[[], Tensor]] = {
        "joint input, plain": lambda: _plain(network, given, earlier, later),
        "joint input, plain, bfloat16": lambda: _plain(network, given, earlier, later, half=True),
        "joint input, first layer once a detection": lambda: split.compare(*split.first_maps(given), earlier, later)[0],
        "embedding, residual": lambda: _cosines(embedding, given, earlier, later),
    }
    answers: dict[str, Tensor] = {}
    seconds: dict[str, float] = {}
    for done, (name, ask) in enumerate(ways.items()):
        progress("measure", done, len(ways))
        answers[name], seconds[name] = _median_seconds(ask, repeats)
    plain = next(iter(ways))
    compared = []
    for name, taken in seconds.items():
        comparable = answers[name].shape == answers[plain].shape and name != plain
        difference = float((answers[name] - answers[plain]).abs().max()) if comparable else None
        compared.append(Way(name, taken, pairs / taken, seconds[plain] / taken, difference))
    return MatchBenchmark(patches, pairs, torch.get_num_threads(), tuple(compared))


def _joint(weights: Path | None) -> JointInput:
    if weights is None:
        network = channels_last(build_network(NetworkParameters(topology="joint", size="compact", flow=True)).eval())
    else:
        network = Siamese.load(weights).network
    if not isinstance(network, JointInput) or not SplitJoint.pays(network):
        raise ConfigError(f"{weights} is no compact joint-input network, whose first layer could be split")
    return network


def _embedding() -> EmbeddingNetwork:
    network = channels_last(build_network(NetworkParameters()).eval())
    assert isinstance(network, EmbeddingNetwork)
    return network


def _median_seconds(ask: Callable[[], Tensor], repeats: int) -> tuple[Tensor, float]:
    answer, taken = ask(), []
    for _ in range(repeats):
        start = time.perf_counter()
        answer = ask()
        taken.append(time.perf_counter() - start)
    return answer, statistics.median(taken)


@torch.inference_mode()
def _plain(network: JointInput, given: Tensor, earlier: IntArray, later: IntArray, half: bool = False) -> Tensor:
    answers = []
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        for start in range(0, len(earlier), BATCH):
            part = slice(start, start + BATCH)
            left, right = given[earlier[part]], given[later[part]]
            answers.append(network(_ordered(left), _ordered(right))[0].float())
    return torch.cat(answers)


@torch.inference_mode()
def _cosines(network: EmbeddingNetwork, given: Tensor, earlier: IntArray, later: IntArray) -> Tensor:
    described = torch.cat(
        [network.embed(_ordered(given[start : start + BATCH])) for start in range(0, len(given), BATCH)]
    )
    unit = torch.nn.functional.normalize(described, dim=1)
    return (unit[earlier] * unit[later]).sum(1)


def _ordered(patches: Tensor) -> Tensor:
    return patches.contiguous(memory_format=torch.channels_last)
