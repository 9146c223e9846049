"""`Detections`: the boxes of one or many frames, in columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamlink.detectors.base.arrays import BoolArray, Box, Float32Array
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import InputError

MAX_COORDINATE = 1e7
"""Pixels; a coordinate beyond is an error, because squared distances would overflow."""
LAST_FRAME = 2**31 - 1
"""The largest number of a frame."""
MAX_IN_FRAME = 20_000
"""Boxes; more would take too long, because each is compared with the others of its frame."""
TOO_MANY = f"at most {MAX_IN_FRAME} are plausible; keep those of the highest scores"


@dataclass(frozen=True, eq=False, repr=False)
class Detections:
    """Boxes of one or many frames, sorted by frame; validated when made, then immutable.

    Attributes:
        frame: (N,) int32, counted from 1.
        box: (N, 4) float32, `x1 y1 x2 y2` in pixels; may extend beyond the image.
        score: (N,) float32, higher is more certain; need not be a probability.
        label: (N,) int16, the class of the object; 0 is a person for the built-in detectors.

    Raises:
        InputError: columns differ in length, a frame is below 1 or has too many rows, a number is not finite or too
            large for its column, or a box has no area.
    """

    frame: NDArray[np.int32]
    box: Box
    score: Float32Array
    label: NDArray[np.int16]

    _dtypes: ClassVar[dict[str, type]] = {"frame": np.int32, "box": np.float32, "score": np.float32, "label": np.int16}
    _empty: ClassVar[dict[type, Any]] = {}

    def __post_init__(self) -> None:
        columns = {name: _column(name, getattr(self, name), dtype) for name, dtype in self._dtypes.items()}
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"the columns of {type(self).__name__} differ in length: {lengths}")
        _validate(columns)
        order = np.argsort(columns["frame"], kind="stable")
        for name, column in columns.items():
            self._set(name, column[order])

    @classmethod
    def of_columns(cls, columns: dict[str, NDArray[Any]]) -> Self:
        """Rows by columns that are known to be valid, sorted by frame and of their types; nothing else holds them."""
        rows = object.__new__(cls)
        for column in columns.values():
            column.setflags(write=False)
        vars(rows).update(columns)
        return rows

    @classmethod
    def from_boxes(
        cls, frame: int, box: ArrayLike, score: ArrayLike | None = None, label: ArrayLike | None = None
    ) -> "Detections":
        """Detections of a single frame: `box` (N, 4) corners, `score` (N,) default 1, `label` (N,) default 0."""
        box = _column("box", box, np.float32)
        count = len(box)
        return Detections(
            frame=np.full(count, frame),
            box=box,
            score=np.ones(count, np.float32) if score is None else _column("score", score, np.float32),
            label=np.zeros(count, np.int16) if label is None else _column("label", label, np.int16),
        )

    @classmethod
    def from_supervision(cls, detections: Any, frame: int) -> "Detections":
        """Convert a `supervision.Detections` of one frame, or any object with `xyxy`, `confidence` and `class_id`."""
        return Detections.from_boxes(frame, detections.xyxy, detections.confidence, detections.class_id)

    def to_supervision(self) -> Any:
        """Convert to `supervision.Detections`; the frame numbers are lost.

        Raises:
            InputError: the package `supervision` is not installed.
        """
        try:
            import supervision
        except ImportError:
            raise InputError("the package supervision is not installed: pip install supervision") from None

        return supervision.Detections(**self._supervision_columns())

    def _supervision_columns(self) -> dict[str, Any]:
        return {"xyxy": self.box.copy(), "confidence": self.score.copy(), "class_id": self.label.astype(int)}

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        if cls not in cls._empty:
            cls._empty[cls] = cls(**{name: np.zeros(0, dtype) for name, dtype in cls._dtypes.items()})
        empty: Self = cls._empty[cls]
        return empty

    @classmethod
    def concatenate(cls, parts: Sequence[Self]) -> Self:
        """All rows of `parts`, sorted by frame; rows of one frame keep their order.

        Raises:
            InputError: a frame has too many rows.
        """
        filled = [part for part in parts if len(part)]
        if not filled:
            return cls.empty()
        if len(filled) == 1 and type(filled[0]) is cls and filled[0]._owns_columns:
            return filled[0]
        columns = {name: np.concatenate([getattr(part, name) for part in filled]) for name in cls._dtypes}
        if len(filled) > 1:
            _check_fullest_frame(columns["frame"])
            if (np.diff(columns["frame"]) < 0).any():
                order = np.argsort(columns["frame"], kind="stable")
                columns = {name: column[order] for name, column in columns.items()}
        return cls.of_columns(columns)

    def __setstate__(self, state: dict[str, NDArray[Any]]) -> None:
        """From pickle and copy, which would make the columns writable."""
        for name, column in state.items():
            self._set(name, column)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        span = f", frames {self.frame[0]}-{self.frame[-1]}" if len(self) else ""
        return f"{type(self).__name__}({counted(len(self), 'box')}{span})"

    def __getitem__(self, rows: slice | BoolArray | NDArray[np.intp]) -> Self:
        """The rows of a slice, a mask, or ascending indices, without validation."""
        own = vars(self)
        return self.of_columns({name: own[name][rows] for name in self._dtypes})

    def with_label(self, label: NDArray[np.int16]) -> Self:
        """The same boxes with other classes (N,)."""
        return self._with("label", label)

    def with_frame(self, frame: NDArray[np.int32]) -> Self:
        """The same boxes in other frames (N,), in the same order."""
        return self._with("frame", frame)

    def _with(self, name: str, column: NDArray[Any]) -> Self:
        """The same rows with another column (N,) or (N, 4), without validation."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other._set(name, column)
        return other

    @property
    def _owns_columns(self) -> bool:
        """Whether nothing else can change the columns: they are no views, as those of a window are."""
        return all(column.base is None for column in vars(self).values())

    def later(self, frames: int) -> Self:
        """The same boxes, so many frames later; earlier if the number is below 0."""
        return self if not frames else self.with_frame(self.frame + np.int32(frames))

    def _set(self, name: str, column: NDArray[Any]) -> None:
        column.setflags(write=False)
        vars(self)[name] = column

    def in_frame(self, frame: int) -> Self:
        """The rows of one frame."""
        return self[self.count_until(frame - 1) : self.count_until(frame)]

    def count_until(self, frame: float) -> int:
        """How many rows are in frames up to this one."""
        last = np.int32(max(min(frame, LAST_FRAME), 0))  # of the column's own type, or all of it would be converted
        return int(self.frame.searchsorted(last, "right"))

    def by_frame(self) -> Iterator[tuple[int, Self]]:
        """Each frame that has rows, with these rows, in order."""
        frames, starts = np.unique(self.frame, return_index=True)
        bounds = np.append(starts, len(self)).tolist()
        for frame, start, stop in zip(frames.tolist(), bounds[:-1], bounds[1:], strict=True):
            yield frame, self[start:stop]

    @property
    def row_in_frame(self) -> NDArray[np.int32]:
        """(N,) the place of each row among those of its frame, from 0."""
        return (np.arange(len(self)) - np.searchsorted(self.frame, self.frame)).astype(np.int32)

    @property
    def width(self) -> Float32Array:
        """(N,) box widths in pixels."""
        return self.box[:, 2] - self.box[:, 0]

    @property
    def height(self) -> Float32Array:
        """(N,) box heights in pixels."""
        return self.box[:, 3] - self.box[:, 1]

    @property
    def centre(self) -> Float32Array:
        """(N, 2) box centres in pixels."""
        return (self.box[:, :2] + self.box[:, 2:]) * np.float32(0.5)


def _column(name: str, values: Any, dtype: type) -> NDArray[Any]:
    """One column as an array of its own type and shape: (N, 4) for boxes, (N,) for the others; not always a copy."""
    shape = (4,) if name == "box" else ()
    if type(values) is np.ndarray and values.dtype == dtype and values.ndim and values.shape[1:] == shape:
        return values
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"the column '{name}' is not an array: {error}") from None
    if array.dtype.kind not in "biuf":
        raise InputError(f"the column '{name}' does not consist of numbers")
    with np.errstate(over="ignore", invalid="ignore"):
        column: NDArray[Any] = array.astype(dtype)
    if name == "box" and array.size == 0:
        column = column.reshape(0, 4)
    if column.shape[1:] != shape or not column.ndim:
        expected = "(N, 4)" if name == "box" else "(N,)"
        raise InputError(f"the column '{name}' has the shape {array.shape}; expected {expected}")
    if np.issubdtype(dtype, np.integer) and (column != array).any():
        raise InputError(f"the column '{name}' holds {array[column != array][0]:g}, which is no whole {column.dtype}")
    return column


def _validate(columns: dict[str, NDArray[Any]]) -> None:
    frame, box, score = columns["frame"], columns["box"], columns["score"]
    is_valid = (
        frame.min(initial=1) >= 1
        and (np.abs(box) <= MAX_COORDINATE).all()
        and (box[:, 2:] > box[:, :2]).all()
        and np.isfinite(score).all()
    )
    if not is_valid:
        _raise_fault(frame, box, score)
    _check_fullest_frame(frame)


def _raise_fault(frame: NDArray[np.int32], box: Box, score: Float32Array) -> None:
    """Raise the error that names the first row with a fault."""
    faults = (
        (frame < 1, "frame number below 1"),
        (~np.isfinite(box).all(axis=1), "box with a coordinate that is not finite"),
        (
            (box[:, 2] <= box[:, 0]) | (box[:, 3] <= box[:, 1]),
            "box without area (x2 must exceed x1, y2 exceed y1)",
        ),
        (~np.isfinite(score), "score that is not finite"),
        ((np.abs(box) > MAX_COORDINATE).any(axis=1), f"box with a coordinate beyond {MAX_COORDINATE:.0f} pixels"),
    )
    for fault, message in faults:
        if fault.any():
            row = int(np.argmax(fault))
            values = ", ".join(f"{value:g}" for value in box[row])
            raise InputError(f"{message}: row {row}, frame {frame[row]}, box [{values}], score {score[row]:g}")


def _check_fullest_frame(frame: NDArray[np.int32]) -> None:
    if len(frame) > MAX_IN_FRAME:
        frames, counts = np.unique(frame, return_counts=True)
        fullest = int(counts.argmax())
        if counts[fullest] > MAX_IN_FRAME:
            raise InputError(f"{counts[fullest]} boxes in frame {frames[fullest]}: {TOO_MANY}")
