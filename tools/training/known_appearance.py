"""Descriptors that were made before, found by frame and box."""

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.descriptors import Descriptors
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance_source import KnownAppearance


def known_appearance(described: Detections, descriptor: NDArray[np.floating]) -> KnownAppearance:
    """An appearance source that reads no frames.

    Args:
        described: N detections.
        descriptor: (N, D) their descriptors; other detections have none (NaN).
    """
    row_of = {key: row for row, key in enumerate(_keys(described))}
    padded = np.concatenate([descriptor, np.full((1, descriptor.shape[1]), np.nan, descriptor.dtype)])

    def describe(detections: Detections, rows: IntArray) -> Descriptors:
        return padded[[row_of.get(key, -1) for key in _keys(detections[rows])]]

    return KnownAppearance(descriptors=describe)


def _keys(detections: Detections) -> list[tuple[int, bytes]]:
    """(N,) the frame and the box of each detection."""
    return [(frame, box.tobytes()) for frame, box in zip(detections.frame.tolist(), detections.box, strict=True)]
