"""Appearance models: descriptors of boxes, comparisons of descriptors, and the features of pairs made from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.descriptors import Crops, Descriptors, DescriptorsPerModel, Features, unit
from siamlink.association.appearance.loaded_appearance import RANKS, LoadedAppearance
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.columns import column_array
from siamlink.association.pairs.rivals import rank_among_rivals
from siamlink.detectors.base.arrays import Box, Image, IntArray
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.parameters import Parameters

if TYPE_CHECKING:
    from siamlink.association.appearance.optical_flow import FlowField, FlowParameters

BLOCK = 256
"""Pairs compared at a time, so that the descriptors of all pairs are never in memory at once."""


class Appearance(Protocol):
    """What an author of an appearance plug-in writes: it describes boxes, and it may compare the descriptors.

    Without a method `compare`, descriptors are compared by their cosine. With the methods `crop(image, box)`, which
    returns a small array (N, ...) of what `describe` uses, and `describe_crops(crops)`, which returns the
    descriptors (N, D) of these, online tracking describes only the boxes that it needs.

    Attributes:
        feature_names: names of the columns that `compare` returns; the first is the similarity, higher for pairs that
            look more alike.
        needs_flow: whether `describe` takes optical flow. If so, an attribute `flow_parameters` may say how the flow is
            computed.
        fingerprint: optional text that changes whenever the descriptors would change: with settings, weights or code.
            Only with a fingerprint are descriptors cached and used to resume an interrupted run.
        reach: optional number of pixels: `describe` uses none farther from its boxes. Only then may images be black
            there, so that a video is not decoded again, and may several threads call it, `crop` and `describe_crops`.
    """

    feature_names: tuple[str, ...]
    needs_flow: bool

    def describe(self, image: Image, box: Box, flow: "FlowField | None" = None) -> Descriptors:
        """(N, D) descriptors of the boxes (N, 4), `x1 y1 x2 y2` in pixels, of an image (H, W, 3) uint8 BGR."""
        ...

    def compare(self, earlier: Descriptors, later: Descriptors) -> Features:
        """(P, F) features of P pairs of descriptors, both (P, D)."""
        ...


class AppearanceGate(Parameters):
    """The pairs whose appearance is compared: those that context leaves open. The others keep its probability."""

    low: float = Field(
        0.05,
        ge=0,
        le=1,
        description="appearance is not compared for pairs whose matching probability by contextual features is lower",
    )
    high: float = Field(
        0.9,
        ge=0,
        le=1,
        description="appearance is not compared for pairs whose matching probability by contextual features is higher",
    )

    def leaves_open(self, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(P,) whether appearance is compared, from the matching probabilities (P,) by contextual features."""
        return (probability >= self.low) & (probability <= self.high)


@dataclass(frozen=True)
class ComparedPairs:
    """The features by each appearance of those of P pairs that were compared.

    Attributes:
        row: (P,) the row of each pair in `values`; -1 for a pair that was not compared.
        values: (K, F) features by each appearance.
    """

    row: IntArray
    values: tuple[Features, ...]

    @classmethod
    def none(cls, count: int) -> "ComparedPairs":
        """A number of pairs, none of which was compared."""
        return cls(np.full(count, -1, np.int64), ())

    @property
    def available(self) -> NDArray[np.bool_]:
        """(P,) whether a pair was compared."""
        return self.row >= 0

    def __getitem__(self, rows: NDArray[np.intp]) -> "ComparedPairs":
        return ComparedPairs(self.row[rows], self.values)


class Appearances:
    """One or more appearances that are used together; each adds its own features to a pair.

    Raises:
        ModelError: two have the same label, or they were trained on differently computed optical flow.
    """

    def __init__(self, parts: Sequence[LoadedAppearance]) -> None:
        labels = [part.label for part in parts]
        if len(set(labels)) < len(labels):
            raise ModelError(f"one appearance is named twice: {', '.join(part.name for part in parts)}")
        self.parts = tuple(parts)
        if len({repr(each) for each in self._flows}) > 1:
            raise ModelError(f"'{self.name}' were trained on different optical flow (flow): use one of them alone")

    @property
    def _flows(self) -> "list[FlowParameters]":
        return [part.flow_parameters for part in self.parts if part.needs_flow and part.flow_parameters]

    @property
    def flow_parameters(self) -> "FlowParameters | None":
        """How the optical flow is computed that the appearances were trained on; None if they do not say."""
        return self._flows[0] if self._flows else None

    @property
    def name(self) -> str:
        """The names of all, separated by commas."""
        return ",".join(part.name for part in self.parts)

    @property
    def label(self) -> str:
        """The labels of all, separated by commas; shows whether a trained matcher belongs to them."""
        return ",".join(part.label for part in self.parts)

    @property
    def fingerprint(self) -> str | None:
        """The fingerprints of all, one a line; None if one of them has none."""
        parts = [part.fingerprint for part in self.parts]
        return None if None in parts else "\n".join(map(str, parts))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns of `pair_features`."""
        return tuple(f"{part.label}.{name}" for part in self.parts for name in (*part.feature_names, *RANKS))

    @property
    def needs_flow(self) -> bool:
        """Whether one of them needs optical flow."""
        return any(part.needs_flow for part in self.parts)

    @property
    def reach(self) -> int | None:
        """Pixels around boxes that one of them uses, at most; None if that is not known."""
        known = [part.reach for part in self.parts if part.reach is not None and not part.needs_flow]
        return max(known) if len(known) == len(self.parts) else None

    def describe(self, image: Image, box: Box, flow: "FlowField | None" = None) -> DescriptorsPerModel:
        """The descriptors (N, D) by each appearance of the boxes (N, 4) of an image; N is at least 1."""
        return tuple(part.describe(image, box, flow) for part in self.parts)

    @property
    def crops(self) -> bool:
        """Whether all describe in two steps, `crop` and `describe_crops`."""
        return all(part.crops for part in self.parts)

    def crop(self, image: Image, box: Box) -> tuple[Crops, ...]:
        """The pixels that each appearance uses of the boxes (N, 4) of an image, (N, ...); N is at least 1."""
        return tuple(part.crop(image, box) for part in self.parts)

    def describe_crops(self, crops: Sequence[Crops]) -> DescriptorsPerModel:
        """The descriptors (N, D) by each appearance of its crops (N, ...)."""
        return tuple(part.describe_crops(each) for part, each in zip(self.parts, crops, strict=True))

    def join(self, descriptors: DescriptorsPerModel) -> Features:
        """(N, D) unit vectors that join the descriptors of all; their cosine is the mean of the cosines by each.

        Raises:
            ModelError: an appearance only compares pairs, so that its descriptors alone have no cosine.
        """
        parts = []
        for part, values in zip(self.parts, descriptors, strict=True):
            if len(part.feature_names) > 1:
                remedy = "set levels=1 and matching=learned with it"
                raise ModelError(f"appearance '{part.name}' only compares pairs of detections: {remedy}")
            parts.append(unit(values.astype(np.float32)))
        return np.hstack(parts) * np.float32(len(parts) ** -0.5)

    def compare(self, descriptors: DescriptorsPerModel, earlier: IntArray, later: IntArray) -> tuple[Features, ...]:
        """The features (P, F) by each appearance of P pairs of rows (P,) of the descriptors; P is at least 1."""
        return tuple(
            np.concatenate([part.compare(values[earlier[rows]], values[later[rows]]) for rows in _blocks(len(earlier))])
            for part, values in zip(self.parts, descriptors, strict=True)
        )

    def pair_features(self, compared: ComparedPairs, pairs: Pairs, gap: IntArray) -> Features:
        """(P, F) the features for a matcher, with the names `feature_names`.

        Args:
            compared: P pairs, all of which were compared.
            pairs: the same pairs; must contain all compared rivals of each pair (same detection, same gap).
            gap: (P,) frames between the two detections.
        """
        if not len(pairs):
            return np.zeros((0, len(self.feature_names)), np.float32)
        columns: dict[str, NDArray[Any]] = {}
        for part, values in zip(self.parts, compared.values, strict=True):
            features = values[compared.row]
            misfit = -features[:, 0].astype(np.float64)
            of_earlier, of_later = (rank_among_rivals(misfit, side, gap) for side in (pairs.earlier, pairs.later))
            ranks = {
                "rank_later": of_earlier[:, 0],
                "margin_later": of_earlier[:, 1],
                "rank_earlier": of_later[:, 0],
                "margin_earlier": of_later[:, 1],
            }
            named = zip(part.feature_names, features.T, strict=True)
            columns |= {f"{part.label}.{name}": values for name, values in (*named, *ranks.items())}
        return column_array(columns, self.feature_names)


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]
