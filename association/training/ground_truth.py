"""Ground truth of detections and of pairs: identities, and which detection is the next one of its object."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.gap_prior import PairLabel
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.sequence import Sequence
from siamlink.detectors.mot.text import corners, has_classes

NO_OBJECT, NOT_COUNTED = -1, -2
"""Identity of a false detection, and of one that overlaps an annotated box that is not counted."""
PEDESTRIAN = 1
"""The class that is counted in MOT16 and later."""


@dataclass(frozen=True)
class GroundTruth:
    """The annotated boxes of a sequence.

    Attributes:
        boxes: the N annotated boxes, sorted by frame.
        identity: (N,) number of the object, or `NOT_COUNTED` for a box that counts neither as right nor as wrong.
    """

    boxes: Detections
    identity: IntArray


def read_ground_truth(sequence: Sequence, every_class: bool = False) -> GroundTruth:
    """Read `gt/gt.txt`. Boxes with the flag 0, and in MOT16 and later those of other classes, are not counted.

    Args:
        sequence: the sequence.
        every_class: whether objects of every class are counted, not pedestrians only.

    Raises:
        InputError: the file is missing or malformed.
    """
    if not sequence.truth_file.is_file():
        raise InputError(f"{sequence.folder} has no ground truth (gt/gt.txt)")
    rows = read_boxes(sequence.truth_file, sequence.pictures, unique_ids=True).rows
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    counted = rows[:, 6] != 0
    if has_classes(rows) and not every_class:
        counted &= rows[:, 7] == PEDESTRIAN
    boxes = Detections(rows[:, 0], corners(rows), rows[:, 6], np.zeros(len(rows)))  # type: ignore[arg-type]
    return GroundTruth(boxes, np.where(counted, rows[:, 1].astype(np.int64), NOT_COUNTED))


def identify(detections: Detections, truth: GroundTruth, smallest_iou: float = 0.5) -> IntArray:
    """Match N detections with annotated boxes, one to one within each frame, so that the sum of IoU is largest.

    Returns:
        (N,) identities of the matched boxes, which may be `NOT_COUNTED`; `NO_OBJECT` for detections without a match.
    """
    from scipy.optimize import linear_sum_assignment

    identity = np.full(len(detections), NO_OBJECT, np.int64)
    row = 0
    for frame, part in detections.by_frame():
        first, last = np.searchsorted(truth.boxes.frame, [frame, frame + 1])
        overlap = iou_matrix(truth.boxes.box[first:last], part.box)
        overlap[overlap < smallest_iou] = 0
        for box, detection in zip(*linear_sum_assignment(overlap, maximize=True), strict=True):
            if overlap[box, detection] > 0:
                identity[row + detection] = truth.identity[first + box]
        row += len(part)
    return identity


def is_next(pairs: Pairs, identity: IntArray) -> NDArray[np.bool_]:
    """(P,) whether `later` is the next detection of the object of `earlier`; `identity` (N,) is that of detections."""
    successor = np.full(len(identity), -1, np.int64)
    order = np.flatnonzero(identity >= 0)
    order = order[np.argsort(identity[order], kind="stable")]
    same = identity[order][1:] == identity[order][:-1]
    successor[order[:-1][same]] = order[1:][same]
    follows: NDArray[np.bool_] = successor[pairs.earlier] == pairs.later
    return follows


def is_same(pairs: Pairs, identity: IntArray) -> NDArray[np.bool_]:
    """(P,) whether both detections of a pair show one object; `identity` (N,) is that of the detections."""
    earlier = identity[pairs.earlier]
    same: NDArray[np.bool_] = (earlier == identity[pairs.later]) & (earlier >= 0)
    return same


def label_pairs(pairs: Pairs, identity: IntArray, label: PairLabel) -> NDArray[np.bool_]:
    """(P,) the pairs that a matching model learns as right; `identity` (N,) is that of the detections."""
    return is_same(pairs, identity) if label == "same" else is_next(pairs, identity)


def has_ground_truth(pairs: Pairs, identity: IntArray) -> NDArray[np.bool_]:
    """(P,) whether both detections of a pair are counted; `identity` (N,) is that of the detections."""
    counted: NDArray[np.bool_] = (identity[pairs.earlier] != NOT_COUNTED) & (identity[pairs.later] != NOT_COUNTED)
    return counted


def is_same_video(one: GroundTruth, other: GroundTruth, smallest_share: float = 0.5) -> bool:
    """Whether two annotations are of one video: most boxes of the smaller one have an IoU of 0.5 with one of the other.

    Benchmarks publish one video under several names, but a model must not be tested on a video it was trained on.
    """
    small, large = sorted((one.boxes, other.boxes), key=len)
    matched = sum(
        int((iou_matrix(part.box, large.in_frame(frame).box).max(axis=1, initial=0) >= 0.5).sum())
        for frame, part in small.by_frame()
    )
    return matched >= smallest_share * max(len(small), 1)
