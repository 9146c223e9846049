"""Pairs of detections per second that a network compares, in several ways."""

import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from siamlink.association.appearance.descriptors import cosine
from siamlink.association.appearance.loading import SHIPPED
from siamlink.association.appearance.patches import PATCH_SIZE
from siamlink.association.appearance.siamese.architecture import CHANNELS, NetworkParameters
from siamlink.association.appearance.siamese.onnx_layers import Weights
from siamlink.association.appearance.siamese.onnx_networks import (
    JointInput,
    SplitJointInput,
    TrainedNetwork,
    load_network,
)
from siamlink.association.appearance.siamese.weights_file import below, read_weights
from siamlink.detectors.base.arrays import Float32Array, IntArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import build
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.tables import Table, table

BATCH = 32
"""Pairs, or patches, given to a network together."""
PAPER = SHIPPED.parent / "paper" / SHIPPED.name
"""The shipped joint-input network."""


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
    ways: tuple[Way, ...]

    def table(self) -> Table:
        """The figures for a terminal."""
        cores = counted(os.cpu_count() or 1, "core")
        title = f"{counted(self.pairs, 'pair')} of {counted(self.patches, 'detection')}, one thread on {cores}"
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
    """Measure a joint-input network plain and split, and the shipped embedding network.

    Args:
        weights: of the joint-input network; None: the shipped one.
        patches: number of detections.
        pairs: number of pairs of them.
        repeats: runs of each way after one to warm up; the median is reported.
        progress: receives the progress.

    Raises:
        ConfigError: the weights are not those of a joint-input network that can be split.
        ModelError: the weights cannot be read.
    """
    parameters, arrays = _read(weights or PAPER)
    if not SplitJointInput.pays(parameters):
        raise ConfigError(f"{weights} is not a compact joint-input network, whose first layer can be split")
    networks: dict[str, TrainedNetwork] = {
        "joint input, plain": JointInput(parameters, Weights(arrays)),
        "joint input, first layer once per detection": SplitJointInput(parameters, Weights(arrays)),
        "embedding, residual": load_network(*_read(SHIPPED), lambda a, b: cosine(a, b)[:, 0]),
    }
    random = np.random.default_rng(0)
    inputs = random.normal(size=(patches, CHANNELS, *PATCH_SIZE)).astype(np.float32)
    earlier, later = random.integers(0, patches, (2, pairs))
    results: dict[str, Float32Array] = {}
    seconds: dict[str, float] = {}
    for done, (name, network) in enumerate(networks.items()):
        progress("measure", done, len(networks))
        run = partial(_compare, network, inputs, earlier, later)
        results[name], seconds[name] = _median_seconds(run, repeats)
    plain = next(iter(networks))
    compared = []
    for name, taken in seconds.items():
        comparable = results[name].shape == results[plain].shape and name != plain
        difference = float(np.abs(results[name] - results[plain]).max()) if comparable else None
        compared.append(Way(name, taken, pairs / taken, seconds[plain] / taken, difference))
    return MatchBenchmark(patches, pairs, tuple(compared))


def _read(path: Path) -> tuple[NetworkParameters, dict[str, Float32Array]]:
    """The parameters and the weights of a network."""
    arrays, description = read_weights(path)
    return build(NetworkParameters, description["network"], str(path)), below(arrays, "network.")


def _compare(network: TrainedNetwork, inputs: Float32Array, earlier: IntArray, later: IntArray) -> Float32Array:
    """The features of pairs, from their patches on."""
    described = np.concatenate([network.describe(inputs[rows]) for rows in _blocks(len(inputs))])
    pairs = [network.compare(described[earlier[rows]], described[later[rows]]) for rows in _blocks(len(earlier))]
    return np.concatenate(pairs)


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + BATCH) for start in range(0, count, BATCH)]


def _median_seconds(run: Callable[[], Float32Array], repeats: int) -> tuple[Float32Array, float]:
    result, taken = run(), []
    for _ in range(repeats):
        start = time.perf_counter()
        result = run()
        taken.append(time.perf_counter() - start)
    return result, statistics.median(taken)
