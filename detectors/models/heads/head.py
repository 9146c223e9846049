"""The parts that all families share: what is known of a network, the protocol `Head`, and grids of cells."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Float32Array, IntArray
from siamlink.detectors.models.model_metadata import ModelMetadata
from siamlink.detectors.models.preprocessing import Preprocessing

Outputs = dict[str, NDArray[Any]]
"""The outputs of a network for one image by name."""


@dataclass(frozen=True)
class Probe:
    """What is known of a network.

    Attributes:
        size: height and width of its input.
        outputs: those for a grey image.
        inputs: the names of its inputs.
        metadata: what the file says of itself.
    """

    size: tuple[int, int]
    outputs: Outputs
    inputs: tuple[str, ...] = ("images",)
    metadata: ModelMetadata = field(default_factory=ModelMetadata)

    @property
    def extra_columns(self) -> int | None:
        """Columns of a row that describe the object's mask and key points; None if it is not known how many.

        The mask of an object is given by coefficients of the prototypes (1, count, height, width) in another output.
        """
        if self.metadata.task not in ("", "detect", "segment", "pose"):
            return None
        if self.metadata.task == "pose":
            return self.metadata.keypoint_values or None
        counts = [output.shape[1] for output in self.outputs.values() if output.ndim == 4]
        return counts[0] if len(counts) == 1 else 0

    @property
    def only_rows(self) -> Float32Array | None:
        """The only output of shape (1, A, B), as (A, B) float32; None if there is none or more than one."""
        rows = [output for output in self.outputs.values() if output.ndim == 3 and output.dtype.kind == "f"]
        return rows[0][0].astype(np.float32) if len(rows) == 1 and len(rows[0]) == 1 else None


class Candidates(NamedTuple):
    """Boxes that a network found, before the selection by class, score and overlap.

    Attributes:
        box: (A, 4) `x1 y1 x2 y2` in pixels of the input.
        score: (A, classes) or, where each box has one class, (A,); in 0-1.
        label: (A,) the classes of the boxes; None if `score` has a column for each class.
    """

    box: Float32Array
    score: Float32Array
    label: IntArray | None = None


class Head(Protocol):
    """A network of one family.

    Attributes:
        family: its name.
        score_threshold: the lowest score that is useful for tracking.
        iou_limit: for the non-maximum suppression; None if the network does not need it.
        preprocessing: what the networks of this family usually take.
        class_count: how many classes it knows; None if its outputs do not tell.
    """

    score_threshold: ClassVar[float]
    iou_limit: ClassVar[float | None]

    @property
    def family(self) -> str:
        """See above."""
        ...

    @property
    def preprocessing(self) -> Preprocessing:
        """See above."""
        ...

    @property
    def class_count(self) -> int | None:
        """See above."""
        ...

    @classmethod
    def recognise(cls, probe: Probe) -> Self | None:
        """The head of a network; None if it is of another family."""
        ...

    def decode(self, outputs: Outputs) -> Candidates:
        """The boxes of one image."""
        ...


def rows_of(outputs: Outputs) -> Float32Array:
    """The output (1, A, B) of `Probe.only_rows` as (A, B) float32."""
    rows: Float32Array = next(each for each in outputs.values() if each.ndim == 3)[0].astype(np.float32)
    return rows


def grid(size: tuple[int, int], strides: tuple[int, ...]) -> tuple[Float32Array, Float32Array]:
    """Column and row (A, 2) of every cell, row by row, and its stride (A, 1), from the first stride to the last.

    Args:
        size: height and width of the input; a last cell may lie partly outside.
        strides: pixels of the input per cell.
    """
    cells, per_cell = [], []
    for stride in strides:
        row, column = np.indices((-(-size[0] // stride), -(-size[1] // stride)), np.float32).reshape(2, -1)
        cells.append(np.stack([column, row], axis=1))
        per_cell.append(np.full((len(row), 1), stride, np.float32))
    return np.concatenate(cells), np.concatenate(per_cell)


def cell_counts(size: tuple[int, int], strides: tuple[int, ...]) -> list[int]:
    """How many cells the grid of each stride has."""
    return [-(-size[0] // stride) * -(-size[1] // stride) for stride in strides]


def corners(centre: Float32Array, sides: Float32Array) -> Float32Array:
    """Boxes (A, 4) `x1 y1 x2 y2` for centres (A, 2) and widths and heights (A, 2)."""
    return np.hstack([centre - sides / 2, centre + sides / 2])


def are_probabilities(values: NDArray[Any]) -> bool:
    """Whether all values are in 0-1."""
    return bool(((values >= 0) & (values <= 1)).all())
