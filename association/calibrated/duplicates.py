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
FEWEST = 0.02
"""Pairs of overlapping detections, relative to all detections, from which the sequence is examined."""
LEAST_EVIDENCE = 0.25
"""Mean evidence of these pairs, from 0 to 1, from which the sequence has second boxes."""
MOST_PROBABLE = 0.9
"""Detections with a higher probability of being an object are kept."""


def second_boxes(detections: Detections, scene: Scene, classifier: ObjectClassifier) -> BoolArray:
    """(N,) which detections are second boxes of an object; none in most sequences.

    The evidence of a pair of overlapping detections is the probability that the worse one is no object, if its track
    begins and ends within another box, else 0.

    Args:
        detections: N.
        scene: the same in columns.
        classifier: of this scene.
    """
    none = np.zeros(len(scene), bool)
    i, j, overlap = _overlapping_pairs(detections, scene)
    close = overlap >= OVERLAP
    if close.sum() < max(FEWEST * len(scene), 1):
        return none
    estimate = calibrate(scene, np.zeros(len(scene)), None, rounds=STRONG_ROUND)
    probability = classifier.alone(classifier.features(estimate.successor, estimate.ratio))
    within = _within_another(track_numbers(estimate.successor), i, j, overlap)
    worse = np.where(probability[i] < probability[j], i, j)[close]
    if (within[worse] * (1 - probability[worse])).mean() < LEAST_EVIDENCE:
        return none
    suppressed = np.ones(len(scene), bool)
    suppressed[suppress_non_maxima(detections.box, detections.score, OVERLAP, detections.frame)] = False
    second: BoolArray = suppressed & (probability < MOST_PROBABLE)
    return second


def _overlapping_pairs(detections: Detections, scene: Scene) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs of detections (P,) of one step that overlap, and their IoU (P,)."""
    i, j, common = touching_pairs(scene.step, detections.box.astype(np.float64))
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
