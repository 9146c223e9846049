"""The pixels around the detections of a video, kept while it is detected, so that it need not be decoded again."""

from collections.abc import Iterable, Iterator
from typing import Self

import numpy as np

from siamlink.association.appearance.appearance import Appearances
from siamlink.detectors.base.arrays import Box, Image, IntArray
from siamlink.detectors.sources.frame_source import Frame

MOST_BYTES = 512 * 2**20
"""Pixels that are kept of one video; of a video with more of them none is kept."""

Region = tuple[slice, slice]
"""Rows and columns of an image."""


class KeptPixels:
    """Pixels of the frames of one video, as far as an appearance uses them.

    Args:
        reach: pixels around a box that the appearance uses.
        most_bytes: once there would be more pixels, all are dropped.
    """

    def __init__(self, reach: int, most_bytes: int = MOST_BYTES) -> None:
        self._reach, self._bytes_left = reach, most_bytes
        self._frames: dict[int, list[tuple[Region, Image]]] = {}
        self._shape: tuple[int, ...] = ()

    @classmethod
    def seen_by(cls, appearances: Iterable[Appearances]) -> Self | None:
        """For any of some appearances; None if there is none, or one may use whole images."""
        reach = [each.reach for each in appearances]
        known = [each for each in reach if each is not None]
        return cls(max(known)) if known and len(known) == len(reach) else None

    @property
    def complete(self) -> bool:
        """Whether all that was added is kept."""
        return self._bytes_left >= 0

    def add(self, frame: int, image: Image, box: Box) -> None:
        """Keep what belongs to the boxes (N, 4) of a frame, which is a later one than those before."""
        if not self.complete:
            return
        self._shape = image.shape
        regions = _regions(box, self._reach, image.shape)
        self._bytes_left -= sum((y.stop - y.start) * (x.stop - x.start) * image.shape[2] for y, x in regions)
        if self.complete:
            self._frames[frame] = [(region, image[region].copy()) for region in regions]
        else:
            self._frames.clear()

    def frames(self) -> Iterator[Frame]:
        """The frames with their images, which are black where nothing was kept; their times are not known."""
        for number, kept in self._frames.items():
            image = np.zeros(self._shape, np.uint8)
            for region, pixels in kept:
                image[region] = pixels
            yield Frame(number, np.nan, image)


def _regions(box: Box, reach: int, shape: tuple[int, ...]) -> list[Region]:
    """The regions of an image (H, W, 3) around boxes (N, 4); of a box outside of it, the nearest pixels."""
    size = np.array(shape[1::-1])
    first = np.clip(np.floor(box[:, :2]) - reach, 0, size - 1).astype(np.int64)
    last = np.clip(np.ceil(box[:, 2:]) + reach, first + 1, size).astype(np.int64)
    edges: IntArray = np.hstack([first, last])
    return [(slice(top, bottom), slice(left, right)) for left, top, right, bottom in edges.tolist()]
