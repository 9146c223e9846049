"""Pairs of detections per second that a network compares, in several ways."""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from siamlink.association.appearance.siamese.inference import Siamese, channels_last
from siamlink.association.appearance.siamese.networks import (
    EmbeddingNetwork,
    JointInput,
    NetworkParameters,
    build_network,
)
from siamlink.association.appearance.siamese.split_inference import SplitJoint
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.tables import Table, table

BATCH = 64
"""Pairs, or patches, inputs to a network together."""


@dataclass(frozen=True)
class Way:
    """One way to compare pairs: its speed, the ratio to the plain way, and the largest difference from its results."""

    name: str
    seconds: float
    pairs_per_second: float
    ratio: float
    difference: float | None


@dataclass(frozen=True)
class MatchBenchmark:
    """The measured ways, the plain one first."""

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
                f"{way.pairs_per_second:,.0f}",
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
    """Measure a joint-input network plain, in half precision and split, and an embedding network.

    Args:
        weights: of the joint-input network; None: random ones, which are as fast.
        patches: number of detections.
        pairs: number of pairs of them.
        repeats: runs of each way after one to warm up; the median is reported.
        progress: receives the progress.

    Raises:
        ConfigError: the weights are not those of a joint-input network that can be split.
    """
    torch.manual_seed(0)
    network, embedding = _joint(weights), _embedding()
    inputs = torch.randn(patches, 5, 121, 53)
    earlier, later = np.random.default_rng(0).integers(0, patches, (2, pairs))
    split = SplitJoint(network)

    def first_layer_once() -> Tensor:
        return split.compare(*split.first_maps(inputs), earlier, later)[0]

    ways: dict[str, Callable[[], Tensor]] = {
        "joint input, plain": lambda: _plain(network, inputs, earlier, later),
        "joint input, plain, bfloat16": lambda: _plain(network, inputs, earlier, later, half=True),
        "joint input, first layer once per detection": first_layer_once,
        "embedding, residual": lambda: _cosines(embedding, inputs, earlier, later),
    }
    results: dict[str, Tensor] = {}
    seconds: dict[str, float] = {}
    for done, (name, run) in enumerate(ways.items()):
        progress("measure", done, len(ways))
        results[name], seconds[name] = _median_seconds(run, repeats)
    plain = next(iter(ways))
    compared = []
    for name, taken in seconds.items():
        comparable = results[name].shape == results[plain].shape and name != plain
        difference = float((results[name] - results[plain]).abs().max()) if comparable else None
        compared.append(Way(name, taken, pairs / taken, seconds[plain] / taken, difference))
    return MatchBenchmark(patches, pairs, torch.get_num_threads(), tuple(compared))


def _joint(weights: Path | None) -> JointInput:
    if weights is None:
        network = channels_last(build_network(NetworkParameters(topology="joint", size="compact", flow=True)).eval())
    else:
        network = Siamese.load(weights).network
    if not isinstance(network, JointInput) or not SplitJoint.pays(network):
        raise ConfigError(f"{weights} is not a compact joint-input network, whose first layer can be split")
    return network


def _embedding() -> EmbeddingNetwork:
    network = channels_last(build_network(NetworkParameters()).eval())
    assert isinstance(network, EmbeddingNetwork)
    return network


def _median_seconds(run: Callable[[], Tensor], repeats: int) -> tuple[Tensor, float]:
    result, taken = run(), []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        taken.append(time.perf_counter() - start)
    return result, statistics.median(taken)


@torch.inference_mode()
def _plain(network: JointInput, inputs: Tensor, earlier: IntArray, later: IntArray, half: bool = False) -> Tensor:
    results = []
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        for start in range(0, len(earlier), BATCH):
            part = slice(start, start + BATCH)
            left, right = inputs[earlier[part]], inputs[later[part]]
            results.append(network(_ordered(left), _ordered(right))[0].float())
    return torch.cat(results)


@torch.inference_mode()
def _cosines(network: EmbeddingNetwork, inputs: Tensor, earlier: IntArray, later: IntArray) -> Tensor:
    described = torch.cat(
        [network.embed(_ordered(inputs[start : start + BATCH])) for start in range(0, len(inputs), BATCH)]
    )
    unit = torch.nn.functional.normalize(described, dim=1)
    return (unit[earlier] * unit[later]).sum(1)


def _ordered(patches: Tensor) -> Tensor:
    return patches.contiguous(memory_format=torch.channels_last)
