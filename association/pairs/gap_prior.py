"""How probable each gap is between a detection and the next one of its object, as counted in training videos.

It complements matching models that learn whether two detections show the same object, wherever others are between.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.errors import InputError, ModelError

PairLabel = Literal["next", "same"]
PAIR_LABEL = (
    "which pairs the matching models of the first level learn as right. next: those of consecutive detections of one "
    "object; same: all of one object; then the cost of gaps is counted separately"
)
LARGEST_FILE = 100_000
"""Bytes; siamlink writes no larger file."""


@dataclass(frozen=True)
class GapPrior:
    """The probability that an object is detected again after each gap, and not before.

    A matching model that learned whether two detections show one object does not know how often an object is missed.
    With this prior, a link over a gap costs what the misses are worth.

    Attributes:
        probability: (G,) of a gap of 1, 2, ... G frames; longer gaps are as probable as one of G frames.
    """

    probability: FloatArray

    @classmethod
    def estimate(cls, gaps: list[IntArray]) -> "GapPrior":
        """Count gaps; every video counts alike, and every gap as if it had been seen at least once in a thousand times.

        Args:
            gaps: for each video, the frames between consecutive detections of one object.

        Raises:
            InputError: there is no gap at all.
        """
        if not any(len(gap) for gap in gaps):
            raise InputError("nothing to learn from: no pair holds consecutive detections of one object")
        longest = max(int(gap.max()) for gap in gaps if len(gap))
        shares = [np.bincount(gap, minlength=longest + 1)[1:] / len(gap) for gap in gaps if len(gap)]
        probability = np.maximum(np.mean(shares, axis=0), 1e-3)
        return cls(probability / probability.sum())

    def cost(self, gap: IntArray) -> FloatArray:
        """(P,) nats of gaps (P,) in frames: -log of their probability."""
        cost: FloatArray = -np.log(self.probability[np.minimum(gap, len(self.probability)) - 1])
        return cost

    def save(self, path: Path) -> None:
        """Write as JSON."""
        path.write_text(json.dumps({"probability": self.probability.tolist()}) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> "GapPrior":
        """Read what `save` has written.

        Raises:
            ModelError: the file is not such a file, or not all values are in (0, 1].
        """
        try:
            if path.stat().st_size > LARGEST_FILE:
                raise ValueError("too large")
            probability = np.array(json.loads(path.read_text(encoding="utf-8"))["probability"], np.float64)
            if probability.ndim != 1 or not len(probability) or not ((probability > 0) & (probability <= 1)).all():
                raise ValueError("not probabilities")
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise ModelError(f"{path} does not hold the probabilities of gaps, or is damaged; train it again") from None
        return cls(probability)
