"""Descriptors of the detections in a window."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, ComparedPairs
from siamlink.association.appearance.descriptors import DescriptorsPerModel
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import IntArray


class RecentDescriptors:
    """Descriptors of the latest detections, some of which may have none, as their frame came without an image."""

    def __init__(self) -> None:
        self._has_descriptor = np.zeros(0, bool)
        self._described: DescriptorsPerModel = ()

    def add(self, count: int, described: DescriptorsPerModel) -> None:
        """Add `count` detections with their descriptors, or with none."""
        self._has_descriptor = np.append(self._has_descriptor, np.full(count, bool(described)))
        if described:
            parts = zip(self._described, described, strict=True) if self._described else zip(described, strict=True)
            self._described = tuple(np.concatenate(each) for each in parts)

    def forget(self, count: int) -> None:
        """Drop the first `count` detections."""
        described_count = int(self._has_descriptor[:count].sum())
        self._has_descriptor = self._has_descriptor[count:]
        self._described = tuple(each[described_count:] for each in self._described)

    def descriptors(self, rows: IntArray, appearance: Appearances) -> NDArray[np.float32]:
        """Unit descriptors (K, D) of detections, NaN where there is none; D = 0 if there is none of any."""
        place, has_descriptor = self._place[rows], self._has_descriptor[rows]
        if not has_descriptor.any():
            return np.zeros((len(rows), 0), np.float32)
        joined = appearance.join(tuple(each[place[has_descriptor]] for each in self._described))
        descriptors = np.full((len(rows), joined.shape[1]), np.nan, np.float32)
        descriptors[has_descriptor] = joined
        return descriptors

    def compare(self, pairs: Pairs, appearance: Appearances) -> ComparedPairs:
        """The comparisons of P pairs of these detections."""
        place = self._place
        earlier, later = place[pairs.earlier], place[pairs.later]
        known = (earlier >= 0) & (later >= 0)
        if not known.any():
            return ComparedPairs.none(len(pairs))
        row = np.where(known, np.cumsum(known) - 1, -1)
        return ComparedPairs(row, appearance.compare(self._described, earlier[known], later[known]))

    @property
    def _place(self) -> IntArray:
        """The row of each detection among the descriptors, -1 where it has none."""
        return np.where(self._has_descriptor, np.cumsum(self._has_descriptor) - 1, -1)
