"""`BoxFile`: what a file of boxes holds, in one form for all formats."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import BoolArray, Float32Array, FloatArray, IntArray
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections


@dataclass(frozen=True, eq=False)
class BoxFile:
    """The boxes of a file: detections, tracks or ground truth.

    Attributes:
        path: the file or folder.
        format: the name of its format, such as `MOT text`.
        rows: (N, C) float64 MOT rows in the file's order: frame from 1, id (-1: none), left, top, width, height in
            pixels, score. The rows of MOT text have all columns of the file. Those of other formats have ten: then
            class number, link probability (-1: not known) and 1 where interpolated, 2 where found, else -1.
        label: (N,) int16 class numbers, -1 where a box has none; all 0 if the file has no classes.
        has_classes: whether the file has classes.
        class_names: their names, if the file states them.
        interpolated: (N,) which boxes are marked as interpolated.
        found: (N,) which of these were found by a search in the image.
        link_probability: (N,) float32 probability of the link to the next box of the track, NaN where not known.
        first_frame: the number of the first picture; not 1 only where pictures are numbered by their names.
        notes: what was assumed or is odd, a line each, without the name of the file.
    """

    path: Path
    format: str
    rows: FloatArray
    label: NDArray[np.int16]
    has_classes: bool
    class_names: ClassNames | None
    interpolated: BoolArray
    link_probability: Float32Array
    found: BoolArray
    first_frame: int = 1
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def frame(self) -> IntArray:
        """(N,) frames."""
        return self.rows[:, 0].astype(np.int64)

    @property
    def track_id(self) -> IntArray:
        """(N,) ids as they stand; -1 or below where there is none."""
        return self.rows[:, 1].astype(np.int64)

    @property
    def score(self) -> FloatArray:
        """(N,) scores; 1 where the file states none."""
        return self.rows[:, 6]

    @property
    def corners(self) -> FloatArray:
        """(N, 4) boxes as `x1 y1 x2 y2` in pixels."""
        return np.hstack([self.rows[:, 2:4], self.rows[:, 2:4] + self.rows[:, 4:6]])

    def detections(self) -> Detections:
        """The boxes as detections, sorted by frame.

        Raises:
            FormatError: a box is so thin that its corners are equal in float32.
        """
        try:
            return Detections(
                frame=self.frame.astype(np.int32),
                box=self.corners.astype(np.float32),
                score=self.score.astype(np.float32),
                label=self.label,
            )
        except InputError as error:
            raise FormatError(self.path, str(error)) from None
