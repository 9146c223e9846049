"""What the log-odds of links are made of: a base and the contributions of features, which add up to them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray

CLASSES = "classes"
APPEARANCE = "appearance similarity"
"""Names of terms that are the same in all programs."""


class Feature(NamedTuple):
    """One feature of a link.

    Attributes:
        name: in plain words.
        value: None if it has none, or is not known.
        contribution: to the log-odds of the link, in nats.
    """

    name: str
    value: float | None
    contribution: float


@dataclass(frozen=True)
class Terms:
    """The log-odds of P links, as the sum of a base and F contributions.

    Attributes:
        base: (P,) log-odds without features.
        names: of the F features, in plain words, all different.
        value: (P, F) NaN where a feature has none, or is not known.
        contribution: (P, F) nats.
    """

    base: FloatArray
    names: tuple[str, ...]
    value: FloatArray
    contribution: FloatArray

    @property
    def log_odds(self) -> FloatArray:
        """(P,) the sums."""
        total: FloatArray = self.base + self.contribution.sum(axis=1)
        return total

    def of(self, row: int) -> tuple[float, tuple[Feature, ...]]:
        """The base of one link, and its features, the strongest first; those that say nothing are left out."""
        contribution = self.contribution[row]
        order = [place for place in np.argsort(-np.abs(contribution), kind="stable") if contribution[place] != 0]
        values = [None if np.isnan(value) else float(value) for value in self.value[row]]
        features = tuple(Feature(self.names[place], values[place], float(contribution[place])) for place in order)
        return float(self.base[row]), features


class TermSum:
    """Collects contributions to the log-odds of P links; those of one name are added.

    Args:
        base: (P,) log-odds without features.
    """

    def __init__(self, base: FloatArray) -> None:
        self._base = base
        self._value: dict[str, NDArray[np.floating]] = {}
        self._contribution: dict[str, FloatArray] = {}

    def add(self, name: str, contribution: FloatArray, value: NDArray[np.floating] | None = None) -> None:
        """Add the contribution (P,) of a feature, and its value (P,) if it has one; the first value counts."""
        self._contribution[name] = self._contribution.get(name, 0.0) + contribution
        if value is not None:
            self._value.setdefault(name, value)

    def terms(self) -> Terms:
        """All of them."""
        names, unknown = tuple(self._contribution), np.full(len(self._base), np.nan)
        shape = len(names), len(self._base)
        value = np.array([self._value.get(name, unknown) for name in names], np.float64).reshape(shape)
        contribution = np.array([self._contribution[name] for name in names], np.float64).reshape(shape)
        return Terms(self._base, names, value.T, contribution.T)
