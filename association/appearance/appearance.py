"""How alike detections look: what an appearance is, how it is named, and the features of pairs that come of it."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import IntArray, Pairs
from siamlink.association.pairs.features import rank_among_rivals
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.fingerprint import fingerprint_of
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.base.plugins import load_attribute
from siamlink.detectors.detector import explain_where
from siamlink.detectors.sources.frame_source import Image

if TYPE_CHECKING:
    from siamlink.association.appearance.optical_flow import FlowField, FlowParameters

Box = NDArray[np.float32]
Features = NDArray[np.float32]
Descriptors = NDArray[Any]
Described = tuple[Descriptors, ...]
"""Descriptors (N, D) of the same boxes by each of several appearances."""

NONE, SIAMESE, ONNX = "none", "siamese", "onnx"
SIAMESE_FILE = "siamese.safetensors"
"""What the weights of a Siamese network are called in the folder of a model."""
SHIPPED = Path(str(files("siamlink.association") / "weights" / SIAMESE_FILE))
"""The weights that come with siamlink."""
EXPECTED = "an appearance is none, siamese, siamese:FILE, onnx:FILE, package.module:attribute or file.py:attribute"
RANKS = ("rank_later", "margin_later", "rank_earlier", "margin_earlier")
"""Per appearance: place and lead of `later` among the candidates of `earlier` at this gap, and the other way round."""
BLOCK = 256
"""Pairs compared at a time, so that their descriptors are never all gathered at once."""


class Appearance(Protocol):
    """Describes detections one by one and compares the descriptors.

    Attributes:
        feature_names: of what `compare` returns; the first one is the likeness, higher for pairs that look more alike.
        needs_flow: whether `describe` is to be given optical flow. If so, `flow_parameters` may say how it is computed.
        fingerprint: where there is one, a text that changes whenever descriptors would: with settings, weights, code.
            Only then are descriptors kept, for a run that was interrupted or in a cache.
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
    """Which pairs appearance is asked about: those that geometry leaves open. The others keep its answer."""

    low: float = Field(0.05, ge=0, le=1, description="pairs that geometry calls less probable are not looked at")
    high: float = Field(0.9, ge=0, le=1, description="pairs that geometry calls more probable are not looked at")

    def leaves_open(self, probability: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(P,) which pairs of these probabilities by context are looked at."""
        return (probability >= self.low) & (probability <= self.high)


@dataclass(frozen=True)
class Comparisons:
    """What each appearance said of some of P pairs.

    Attributes:
        row: (P,) the row of each pair in `values`; -1 where its detections were not looked at.
        values: (K, F) features by each appearance.
    """

    row: IntArray
    values: tuple[Features, ...]

    @classmethod
    def none(cls, count: int) -> "Comparisons":
        """Nothing was said of any of `count` pairs."""
        return cls(np.full(count, -1, np.int64), ())

    @property
    def known(self) -> NDArray[np.bool_]:
        """(P,) which pairs were compared."""
        return self.row >= 0

    def __getitem__(self, pairs: NDArray[np.intp]) -> "Comparisons":
        """What was said of some of the pairs."""
        return Comparisons(self.row[pairs], self.values)


class LoadedAppearance:
    """An appearance with a name: checks what it returns, and compares by cosine where it has no `compare` of its own.

    Args:
        name: what errors call it.
        label: what its features begin with; it tells whether a trained matcher belongs to this appearance.
        appearance: an object with `describe(image, box)`, or a class of such that can be made without arguments.

    Raises:
        ModelError: `appearance` is none of these.
    """

    def __init__(self, name: str, label: str, appearance: object) -> None:
        if isinstance(appearance, type):
            try:
                appearance = appearance()
            except (Exception, SystemExit) as error:
                reason = explain_where(error)
                raise ModelError(f"appearance '{name}' cannot be made without arguments: {reason}") from error
        self.name, self.label, self._appearance = name, label, appearance
        self.needs_flow = bool(getattr(appearance, "needs_flow", False))
        self.flow_parameters: FlowParameters | None = getattr(appearance, "flow_parameters", None)
        self._describe: Any = getattr(appearance, "describe", None)
        self._compare: Any = getattr(appearance, "compare", None) or cosine
        names = ("cosine",) if self._compare is cosine else getattr(appearance, "feature_names", ())
        if not callable(self._describe):
            raise ModelError(
                f"appearance '{name}' is of type {type(appearance).__name__}; expected an object with a method "
                "describe(image, box) that returns (N, D) numbers, or a class of such"
            )
        if not names or isinstance(names, str):
            raise ModelError(f"appearance '{name}' has compare, but no feature_names that say what it returns")
        self.feature_names = tuple(map(str, names))

    @property
    def fingerprint(self) -> str | None:
        """What its descriptors depend on, besides what it is shown; None where it does not say."""
        return fingerprint_of(self._appearance)

    def describe(self, image: Image, box: Box, flow: "FlowField | None" = None) -> Descriptors:
        """(N, D) descriptors, N at least 1; see `Appearance`.

        Raises:
            ModelError: it failed, or returned something else.
        """
        found = self._call(self._describe, image, box, *([flow] if self.needs_flow else []))
        if found.ndim != 2 or len(found) != len(box):
            raise self._surprise("describe", found, f"({len(box)}, D) numbers for {len(box)} boxes")
        return found

    def compare(self, earlier: Descriptors, later: Descriptors) -> Features:
        """(P, F) features, P at least 1; see `Appearance`.

        Raises:
            ModelError: it failed, or returned something else.
        """
        found = self._call(self._compare, earlier, later)
        if found.shape != (len(earlier), len(self.feature_names)):
            wanted = f"({len(earlier)}, {len(self.feature_names)}) numbers for {len(earlier)} pairs"
            raise self._surprise("compare", found, f"{wanted}: {', '.join(self.feature_names)}")
        return found.astype(np.float32)

    def _call(self, function: Any, *given: Any) -> NDArray[Any]:
        try:
            found = function(*given)
            found = np.asarray(found.detach().cpu() if hasattr(found, "detach") else found)
        except ModelError:
            raise
        except (Exception, SystemExit) as error:
            raise ModelError(f"appearance '{self.name}' failed: {explain_where(error)}") from error
        if found.dtype.kind not in "biuf":
            raise ModelError(f"appearance '{self.name}' returned {found.dtype} where numbers were expected")
        return found

    def _surprise(self, method: str, found: NDArray[Any], expected: str) -> ModelError:
        return ModelError(
            f"{method} of appearance '{self.name}' returned an array of shape {found.shape}; expected {expected}"
        )


class Appearances:
    """One or more appearances, each of which adds its features to a pair's."""

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
        """How the optical flow is computed that they were trained on; None if they do not say."""
        return self._flows[0] if self._flows else None

    @property
    def name(self) -> str:
        """What they are called by together."""
        return ",".join(part.name for part in self.parts)

    @property
    def label(self) -> str:
        """What tells whether a trained matcher belongs to them."""
        return ",".join(part.label for part in self.parts)

    @property
    def fingerprint(self) -> str | None:
        """What their descriptors depend on, besides what they are shown; None where one of them does not say."""
        parts = [part.fingerprint for part in self.parts]
        return None if None in parts else "\n".join(map(str, parts))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Of the columns of `pair_features`."""
        return tuple(f"{part.label}.{name}" for part in self.parts for name in (*part.feature_names, *RANKS))

    @property
    def needs_flow(self) -> bool:
        """Whether one of them needs optical flow."""
        return any(part.needs_flow for part in self.parts)

    def describe(self, image: Image, box: Box, flow: "FlowField | None" = None) -> Described:
        """What each makes of the boxes (N, 4) of an image, (N, D); N is at least 1."""
        return tuple(part.describe(image, box, flow) for part in self.parts)

    def join(self, described: Described) -> Features:
        """(N, D) unit descriptors of what `describe` made of N boxes; their cosine is the mean of the parts' cosines.

        Raises:
            ModelError: one of them says how alike two detections look, but not how one looks by itself.
        """
        parts = []
        for part, values in zip(self.parts, described, strict=True):
            if len(part.feature_names) > 1:
                raise ModelError(f"appearance '{part.name}' only compares pairs of detections: set levels=1 with it")
            parts.append(unit(values))
        return np.hstack(parts) * np.float32(len(parts) ** -0.5)

    def compare(self, described: Described, earlier: IntArray, later: IntArray) -> tuple[Features, ...]:
        """What each says of P pairs, (P, F), given by rows (P,) of the descriptors; P is at least 1."""
        return tuple(
            np.concatenate([part.compare(values[earlier[rows]], values[later[rows]]) for rows in _blocks(len(earlier))])
            for part, values in zip(self.parts, described, strict=True)
        )

    def pair_features(self, compared: Comparisons, pairs: Pairs, gap: IntArray) -> Features:
        """The features that a matcher is asked with, named by `feature_names`.

        Args:
            compared: P pairs, all of which were compared.
            pairs: the same; rivals of one pair (same detection, same gap) must all be there.
            gap: (P,) frames between the two.
        """
        if not len(pairs):
            return np.zeros((0, len(self.feature_names)), np.float32)
        columns: list[NDArray[np.floating]] = []
        for values in compared.values:
            features = values[compared.row]
            misfit = -features[:, 0].astype(np.float64)
            ranks = [rank_among_rivals(misfit, owner, gap)[:, :2] for owner in (pairs.earlier, pairs.later)]
            columns += [features, *ranks]
        return np.hstack(columns).astype(np.float32)


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, count, BLOCK)]


def cosine(earlier: Descriptors, later: Descriptors) -> Features:
    """(P, 1) the cosine of the angle between descriptors: 1 for alike, 0 for unlike, and for descriptors of nothing."""
    a, b = earlier.astype(np.float32), later.astype(np.float32)
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    alike: Features = np.einsum("ij,ij->i", a, b) / np.maximum(length, 1e-12)
    return alike[:, None]


def unit(descriptor: Descriptors) -> Features:
    """(N, D) the descriptors with length 1; those of length 0 stay so."""
    numbers = descriptor.astype(np.float32)
    scaled: Features = numbers / np.maximum(np.linalg.norm(numbers, axis=1, keepdims=True), 1e-12)
    return scaled


def load_appearance(spec: object) -> Appearances | None:
    """Make appearances ready.

    Args:
        spec: `none`; `siamese`, the network shipped with siamlink; `siamese:FILE`; `onnx:FILE`, any re-identification
            network; `package.module:attribute`, searched in the current folder too, or `file.py:attribute`; several of
            them, joined by commas; or an object or class itself.

    Returns:
        The appearances; None for `none` or nothing.

    Raises:
        ModelError: there is no such appearance, or it is broken.
    """
    if not isinstance(spec, str):
        name = getattr(spec, "__qualname__", type(spec).__qualname__)
        return Appearances([LoadedAppearance(name, _label(name), spec)])
    names = [name for name in map(str.strip, spec.split(",")) if name not in ("", NONE)]
    return Appearances([_load_by_name(name) for name in names]) if names else None


def _load_by_name(spec: str) -> LoadedAppearance:
    kind, colon, rest = spec.partition(":")
    if kind in (SIAMESE, ONNX) and colon and not rest:
        raise ModelError(f"'{spec}' names no file; give one as {kind}:FILE")
    path = Path(rest).expanduser()
    if kind == SIAMESE:
        from siamlink.association.appearance.siamese.inference import Siamese

        weights = path if rest else SHIPPED
        loaded = Siamese.load(weights)
        return LoadedAppearance(spec, _file_label(weights), loaded)
    if kind == ONNX and rest:
        from siamlink.association.appearance.onnx_reid import ReidNetwork

        network = ReidNetwork(path)
        return LoadedAppearance(spec, _file_label(path), network)
    if colon:
        found = load_attribute(spec, EXPECTED, ModelError)
        return LoadedAppearance(spec, _label(spec.rpartition(":")[2]), found)
    hints = {".onnx": f"{ONNX}:{spec}", ".safetensors": f"{SIAMESE}:{spec}", ".py": f"{spec}:ATTRIBUTE"}
    hint = hints.get(Path(spec).suffix)
    raise ModelError(f"there is no appearance '{spec}'" + (f"; did you mean '{hint}'?" if hint else f"; {EXPECTED}"))


def _file_label(path: Path) -> str:
    """The file's name and a checksum: a matcher trained with other weights is told apart, wherever the file lies."""
    return f"{_label(path.stem)}-{zlib.crc32(path.read_bytes()):08x}"


def _label(name: str) -> str:
    """A name as XGBoost takes it in feature names."""
    return re.sub(r"[^\w.-]", "_", name)
