"""The appearance of detections, of which only those are described that the tracker asks for."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.appearance.descriptors import Crops
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import Float32Array, Image, IntArray
from siamlink.detectors.base.threads import on_all_cores
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.postprocessing.camera_motion import CameraMotion

MOST_BYTES = 256 * 2**20
"""Of crops that are kept; if there are more, the oldest are described and dropped."""
SMALLEST_PART = 4
"""Boxes that a thread crops or describes; in smaller parts, each takes more time."""


class DescribedOnDemand:
    """Keeps the crops of detections, and describes them when they are asked for; each once.

    Args:
        describer: of this video; its appearance describes in two steps.
        camera: sees the camera's motion; None: it is taken to stand still.
    """

    def __init__(self, describer: FrameDescriber, camera: CameraMotion | None = None) -> None:
        assert describer.appearance is not None
        self.requested_count = self.described_count = 0
        self._appearance, self._stopwatch, self._camera = describer.appearance, describer.stopwatch, camera
        self._threads = describer.threads
        self._first = self._stop = 0
        self._crops: dict[int, tuple[Crops, ...]] = {}
        self._bytes = 0
        self._descriptor: dict[int, Float32Array] = {}

    def see(self, frame: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Keep the crops of a frame's detections."""
        if image is None:
            self.requested_count += len(box)
        elif len(box):
            with self._stopwatch.stage("appearance"):
                parts = self._in_parts(len(box), lambda some: self._appearance.crop(image, box[some]))
                for row in range(len(box)):
                    crops = tuple(part[row].copy() for part in parts)
                    self._crops[self._stop + row] = crops
                    self._bytes += _size(crops)
                while self._bytes > MOST_BYTES:
                    self._describe_rows([row for row, _ in zip(self._crops, range(len(box)), strict=False)])
        self._stop += len(box)
        if self._camera:
            self._camera.see(frame, image, box)

    def compare(self, _: Detections, pairs: Pairs) -> ComparedPairs:
        """The comparisons of P pairs: unknown, as descriptors are compared by their cosine alone."""
        return ComparedPairs.none(len(pairs))

    def describe(self, _: Detections, rows: IntArray) -> Float32Array:
        """Unit descriptors (K, D) of `rows` (K,) of the window's detections, NaN where an image was missing."""
        numbers = (rows + self._first).tolist()
        with self._stopwatch.stage("appearance"):
            self._describe_rows([row for row in dict.fromkeys(numbers) if row in self._crops])
        found = [self._descriptor.get(row) for row in numbers]
        length = max((len(each) for each in found if each is not None), default=0)
        missing = np.full(length, np.nan, np.float32)
        return (
            np.stack([missing if each is None else each for each in found]) if found else np.zeros((0, 0), np.float32)
        )

    def camera_motion(self, _: Detections) -> CameraMotion | None:
        """The camera's motion as far as images have come."""
        return self._camera

    def forget(self, count: int, frame: int) -> None:
        """Drop crops, descriptors and motion that nothing later needs."""
        for row in range(self._first, self._first + count):
            self._bytes -= _size(self._crops.pop(row, ()))
            self._descriptor.pop(row, None)
        self._first += count
        if self._camera:
            self._camera.forget_before(frame)

    def _describe_rows(self, rows: list[int]) -> None:
        """Describe detections, by their row numbers, and drop their crops."""
        if not rows:
            return
        crops = [self._crops.pop(row) for row in rows]
        self._bytes -= sum(map(_size, crops))
        whole = [np.stack(parts) for parts in zip(*crops, strict=True)]
        described = self._in_parts(
            len(rows), lambda some: self._appearance.describe_crops([each[some] for each in whole])
        )
        self._descriptor.update(zip(rows, self._appearance.join(described), strict=True))
        self.requested_count += len(rows)
        self.described_count += len(rows)

    def _in_parts(self, count: int, work: Callable[[slice], tuple[NDArray[Any], ...]]) -> tuple[NDArray[Any], ...]:
        """The arrays that `work` makes of `count` boxes, at least 1; on all cores if the appearance allows it.

        Args:
            count: number of boxes.
            work: makes arrays (K, ...) of the K boxes at some places.
        """
        number = max(1, min(self._threads, count // SMALLEST_PART))
        bounds = [count * part // number for part in range(number + 1)]
        parts = on_all_cores(work, [slice(start, stop) for start, stop in pairwise(bounds)])
        return tuple(np.concatenate(each) for each in zip(*parts, strict=True))


def _size(crops: tuple[Crops, ...]) -> int:
    """Bytes of the crops of a detection."""
    return sum(each.nbytes for each in crops)
