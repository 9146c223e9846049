"""What the ground truth says about detections and pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence
from siamlink.detectors.mot.text import corners, has_classes, read_rows

NOBODY, IGNORED = -1, -2
PEDESTRIAN = 1
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """The annotated boxes of a sequence.

    Attributes:
        boxes: `Detections` of all annotated boxes.
        identity: (N,) the person's number, or `IGNORED` for what is not to be counted either way.
    """

    boxes: Detections
    identity: IntArray


def read_truth(sequence: Sequence) -> Truth:
    """Read `gt/gt.txt`. Boxes flagged 0, and in MOT16 and later those of other classes than pedestrian, are ignored.

    Raises:
        InputError: the file is missing or malformed.
    """
    if not sequence.truth_file.is_file():
        raise InputError(f"{sequence.folder} has no ground truth (gt/gt.txt)")
    rows = read_rows(sequence.truth_file, sequence.frame_count, unique_ids=True)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    counted = rows[:, 6] != 0
    if has_classes(rows):
        counted &= rows[:, 7] == PEDESTRIAN
    boxes = Detections(rows[:, 0], corners(rows), rows[:, 6], np.zeros(len(rows)))  # type: ignore[arg-type]
    return Truth(boxes, np.where(counted, rows[:, 1].astype(np.int64), IGNORED))


def identify(detections: Detections, truth: Truth, smallest_iou: float = 0.5) -> IntArray:
    """(N,) the identity of each detection, by one-to-one overlap within each frame; `NOBODY` or `IGNORED` otherwise."""
    from scipy.optimize import linear_sum_assignment

    identity = np.full(len(detections), NOBODY, np.int64)
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
    """(P,) whether `later` is the very next detection of `earlier`'s person."""
    successor = np.full(len(identity), -1, np.int64)
    order = np.flatnonzero(identity >= 0)
    order = order[np.argsort(identity[order], kind="stable")]
    same = identity[order][1:] == identity[order][:-1]
    successor[order[:-1][same]] = order[1:][same]
    label: NDArray[np.bool_] = successor[pairs.earlier] == pairs.later
    return label


def is_same_video(one: Truth, other: Truth, smallest_share: float = 0.5) -> bool:
    """Whether two annotations lie on one video: most boxes of the smaller one overlap a box of the other by half.

    Benchmarks publish one video under several names; a model must not be tested on a video it was trained on.
    """
    small, large = sorted((one.boxes, other.boxes), key=len)
    covered = sum(
        int((iou_matrix(part.box, large.in_frame(frame).box).max(axis=1, initial=0) >= 0.5).sum())
        for frame, part in small.by_frame()
    )
    return covered >= smallest_share * max(len(small), 1)
