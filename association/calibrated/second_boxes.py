"""Second boxes of one object, which some detectors output: they are removed where a sequence shows that it has many.

Objects that pass each other overlap too. Their tracks begin and end apart, and the models of objects take both for
objects. The track of a second box begins and ends within the first one, and is probably no object.
"""

import numpy as np

from siamlink.association.calibrated.overlaps import overlapping_pairs
from siamlink.association.calibrated.scene import Scene, end_rows, track_numbers
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.boxes import SAME_BOX, suppress_non_maxima

OVERLAP = 0.45
"""Smallest IoU of a second box with a better one."""
TOUCHING = 0.3
"""Smallest IoU with another box in which a track counts as beginning or ending within it."""
FEWEST = 0.025
"""Expected number of second boxes, relative to all detections, from which they are removed."""
SHORT = 0.5
"""Largest length of the track of a second box, relative to a track that it overlaps."""
MOST_PROBABLE = 0.9
"""Detections with a higher probability of being an object are kept."""


def second_boxes(scene: Scene, successor: IntArray, probability: FloatArray) -> BoolArray:
    """(N,) which detections are second boxes of an object; none in most sequences.

    Of nearly the same boxes of two classes, the worse one always is.

    Of a pair of overlapping detections, the worse one counts by the probability that it is no object, if its track
    begins and ends within another box and is much shorter than a track that it overlaps, else 0. The sum is the
    expected number of second boxes.

    Args:
        scene: N detections.
        successor: (N,) the present links.
        probability: (N,) that each is an object, from features that do not depend on its track.
    """
    i, j, _, overlap = overlapping_pairs(scene)
    alike = scene.code[i] == scene.code[j]
    second = _of_other_classes(scene, i[~alike], j[~alike], overlap[~alike])
    i, j, overlap = i[alike], j[alike], overlap[alike]
    close = overlap >= OVERLAP
    if close.sum() <= FEWEST * len(scene):  # each pair has one second box at most
        return second
    number = track_numbers(successor)
    within = _within_another(number, i, j, overlap) & _is_short(number, i[close], j[close])
    worse = np.where(probability[i] < probability[j], i, j)[close]
    if (within[worse] * (1 - probability[worse])).sum() <= FEWEST * len(scene):
        return second
    suppressed = np.ones(len(scene), bool)
    kept = suppress_non_maxima(
        scene.box.astype(np.float32), scene.score.astype(np.float32), OVERLAP, scene.step, scene.code
    )
    suppressed[kept] = False
    found: BoolArray = second | (suppressed & (probability < MOST_PROBABLE))
    return found


def _of_other_classes(scene: Scene, i: IntArray, j: IntArray, overlap: FloatArray) -> BoolArray:
    """(N,) the worse ones of pairs (P,) of two classes that are nearly the same box: one object under two names."""
    second = np.zeros(len(scene), bool)
    same = overlap > SAME_BOX
    second[np.where(scene.score[i] < scene.score[j], i, j)[same]] = True
    return second


def _is_short(number: IntArray, i: IntArray, j: IntArray) -> BoolArray:
    """(N,) whether the track (N,) of each detection is much shorter than one that it overlaps in some pair (P,)."""
    length = np.bincount(number)
    longest = np.zeros(len(length), np.int64)
    np.maximum.at(longest, number[i], length[number[j]])
    np.maximum.at(longest, number[j], length[number[i]])
    short: BoolArray = (length <= SHORT * longest)[number]
    return short


def _within_another(number: IntArray, i: IntArray, j: IntArray, overlap: FloatArray) -> BoolArray:
    """(N,) whether the track (N,) of each detection begins and ends within another box, from overlaps of pairs (P,)."""
    largest = np.zeros(len(number))
    np.maximum.at(largest, i, overlap)
    np.maximum.at(largest, j, overlap)
    first, last = end_rows(number)
    ends: BoolArray = np.minimum(largest[first], largest[last]) >= TOUCHING
    return ends[number]
