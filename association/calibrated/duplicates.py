"""Second boxes of one object, which some detectors output: they are removed where a sequence shows that it has many.

Objects that pass each other overlap too. Their tracks begin and end apart, and the models of objects take both for
objects. The track of a second box begins and ends within the first one, and is probably no object.
"""

import numpy as np

from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.rounds import STRONG_ROUND, calibrate
from siamlink.association.calibrated.scene import Scene, touching_pairs, track_numbers
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.boxes import suppress_non_maxima
from siamlink.detectors.detections import Detections

OVERLAP = 0.45
"""Smallest IoU of a second box with a better one."""
TOUCHING = 0.3
"""Smallest IoU with another box in which a track counts as beginning or ending within it."""
FEWEST = 0.025
"""Expected number of second boxes, relative to all detections, from which they are removed."""
MOST_PROBABLE = 0.9
"""Detections with a higher probability of being an object are kept."""


def second_boxes(detections: Detections, scene: Scene, classifier: ObjectClassifier) -> BoolArray:
    """(N,) which detections are second boxes of an object; none in most sequences.

    Of a pair of overlapping detections, the worse one counts by the probability that it is no object, if its track
    begins and ends within another box, else 0. The sum is the expected number of second boxes.

    Args:
        detections: N.
        scene: the same in columns.
        classifier: of this scene.
    """
    none = np.zeros(len(scene), bool)
    i, j, overlap = _overlapping_pairs(detections, scene)
    close = overlap >= OVERLAP
    if close.sum() <= FEWEST * len(scene):  # each pair has one second box at most
        return none
    estimate = calibrate(scene, np.zeros(len(scene)), None, rounds=STRONG_ROUND)
    probability = classifier.alone(classifier.features(estimate.successor, estimate.ratio))
    within = _within_another(track_numbers(estimate.successor), i, j, overlap)
    worse = np.where(probability[i] < probability[j], i, j)[close]
    if (within[worse] * (1 - probability[worse])).sum() <= FEWEST * len(scene):
        return none
    suppressed = np.ones(len(scene), bool)
    for code in range(int(scene.code.max()) + 1):
        rows = np.flatnonzero(scene.code == code)
        some = detections[rows]
        suppressed[rows[suppress_non_maxima(some.box, some.score, OVERLAP, some.frame)]] = False
    second: BoolArray = suppressed & (probability < MOST_PROBABLE)
    return second


def _overlapping_pairs(detections: Detections, scene: Scene) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of detections (P,) of one step and class that overlap, and their IoU (P,)."""
    i, j, common = touching_pairs(scene.step, detections.box.astype(np.float64))
    alike = scene.code[i] == scene.code[j]
    i, j, common = i[alike], j[alike], common[alike]
    area = scene.extent.prod(1)
    return i, j, common / (area[i] + area[j] - common)


def _within_another(number: IntArray, i: IntArray, j: IntArray, overlap: FloatArray) -> BoolArray:
    """(N,) whether the track (N,) of each detection begins and ends within another box, from overlaps of pairs (P,)."""
    count = len(number)
    largest = np.zeros(count)
    np.maximum.at(largest, i, overlap)
    np.maximum.at(largest, j, overlap)
    _, first = np.unique(number, return_index=True)
    _, last = np.unique(number[::-1], return_index=True)
    ends: BoolArray = np.minimum(largest[first], largest[count - 1 - last]) >= TOUCHING
    return ends[number]
