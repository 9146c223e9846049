"""The detections of the last seconds in columns, which grow at the end and lose rows at the beginning."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import DETECTION_FEATURES
from siamlink.detectors.base.arrays import BoolArray, Float32Array, FloatArray, IntArray
from siamlink.detectors.detections import Detections

_COLUMNS: dict[str, tuple[type, tuple[int, ...], float]] = {
    "frame": (np.int32, (), 0),
    "box": (np.float32, (4,), 0),
    "score": (np.float32, (), 0),
    "label": (np.int16, (), 0),
    "row_in_frame": (np.int32, (), 0),
    "track": (np.int32, (), 0),
    "followed": (np.bool_, (), 0),
    "score_rank": (np.float64, (), 0),
    "velocity": (np.float64, (2,), np.nan),
    "predecessors": (np.float64, (), 0),
    "support_past": (np.float64, (), 0),
    "support_future": (np.float64, (), 0),
    "features": (np.float32, (len(DETECTION_FEATURES),), 0),
    "probability": (np.float64, (), 0),
    "cost": (np.float64, (), 0),
}
"""Name of each column: its type, the shape of a row, and the value of new rows."""
_GIVEN = {*Detections._dtypes, "row_in_frame"}
"""Those that new rows come with."""


class DetectionWindow:
    """N detections, sorted by frame. A row keeps its number for as long as it is in the window.

    Attributes:
        first: number of the oldest row; those before were dropped.
        stop: number after the newest row.
        frame, box, score, label: (N,) or (N, 4), as in `Detections`.
        row_in_frame: (N,) the row of each among all of its frame.
        track: (N,) the final track, 0 for none.
        followed: (N,) whether a later detection is in the same final track.
        score_rank: (N,) by the scene's statistics.
        velocity, predecessors: (N, 2) and (N,), as in `Motion`.
        support_past, support_future: (N,) largest matching probability with an earlier and with a later detection.
        features: (N, F) as `DETECTION_FEATURES` names them.
        probability: (N,) that each shows an object.
        cost: (N,) of each in the program of the first level, in nats.
    """

    frame: NDArray[np.int32]
    box: Float32Array
    score: Float32Array
    label: NDArray[np.int16]
    row_in_frame: NDArray[np.int32]
    track: NDArray[np.int32]
    followed: BoolArray
    score_rank: FloatArray
    velocity: FloatArray
    predecessors: FloatArray
    support_past: FloatArray
    support_future: FloatArray
    features: Float32Array
    probability: FloatArray
    cost: FloatArray

    def __init__(self) -> None:
        self.first = self.stop = 0
        self._begin, self._capacity = 0, 256
        self._buffers: dict[str, NDArray[Any]] = {
            name: np.zeros((self._capacity, *shape), dtype) for name, (dtype, shape, _) in _COLUMNS.items()
        }
        self._set_views()

    def __len__(self) -> int:
        return self.stop - self.first

    def append(self, new: Detections, row_in_frame: NDArray[np.int32]) -> range:
        """Add later detections; returns their row numbers."""
        start, count = len(self), len(new)
        if self._begin + start + count > self._capacity:
            self._make_room(start + count)
        stop, self.stop = self.stop, self.stop + count
        self._set_views()
        own = vars(self)
        for name, (_, _, value) in _COLUMNS.items():
            if name not in _GIVEN:
                own[name][start:] = value
        self.frame[start:], self.box[start:], self.score[start:] = new.frame, new.box, new.score
        self.label[start:], self.row_in_frame[start:] = new.label, row_in_frame
        return range(stop, self.stop)

    def drop_before(self, frame: int) -> range:
        """Drop the detections before a frame; returns their row numbers."""
        count = int(np.searchsorted(self.frame, frame))
        dropped = range(self.first, self.first + count)
        self.first += count
        self._begin += count
        if count:
            self._set_views()
        return dropped

    def detections(self, since: int = 0) -> Detections:
        """The detections from a place on, counted from the oldest; valid until rows are added or dropped."""
        own = vars(self)
        return Detections.of_columns({name: own[name][since:] for name in Detections._dtypes})

    def place_since(self, frame: int) -> int:
        """The place, counted from the oldest, of the first detection in a frame or later."""
        return int(np.searchsorted(self.frame, frame))

    def set_supports(self, places: IntArray | slice) -> None:
        """Let the features hold the present supports of the detections at some places, counted from the oldest."""
        past, future = self.support_past[places], self.support_future[places]
        self.features[places, _PAST], self.features[places, _FUTURE] = past, future
        self.features[places, _BOTH] = past + future

    @property
    def held(self) -> BoolArray:
        """(N,) which detections are in a final track."""
        held: BoolArray = self.track > 0
        return held

    def _make_room(self, count: int) -> None:
        """Move the rows to the beginning of buffers that hold more than `count` rows."""
        self._capacity = max(self._capacity, 2 * count)
        for name, buffer in self._buffers.items():
            larger = np.empty((self._capacity, *buffer.shape[1:]), buffer.dtype)
            larger[: len(self)] = getattr(self, name)
            self._buffers[name] = larger
        self._begin = 0

    def _set_views(self) -> None:
        rows = slice(self._begin, self._begin + len(self))
        vars(self).update({name: buffer[rows] for name, buffer in self._buffers.items()})


_PAST, _FUTURE, _BOTH = (DETECTION_FEATURES.index(name) for name in ("support_past", "support_future", "support_both"))
