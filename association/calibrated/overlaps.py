"""Boxes of one step that overlap."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.scene import Scene, touching_pairs
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.boxes import SAME_BOX


def overlapping_pairs(scene: Scene) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """Pairs of detections whose boxes overlap in the picture, each pair once.

    Returns:
        The rows of both, the common area in square pixels, and the IoU, all (P,).
    """
    i, j, common = touching_pairs(scene.step, scene.box)
    area = scene.extent.prod(1)
    return i, j, common, common / (area[i] + area[j] - common)


@dataclass(frozen=True)
class Overlaps:
    """Overlaps with boxes of higher scores in the same step, of the same class or nearly the same box.

    Attributes:
        better: (N,) largest overlap (intersection over union) with a box of a higher score.
        part: (N,) largest part that a box of a higher score covers.
    """

    better: FloatArray
    part: FloatArray


def overlaps(scene: Scene) -> Overlaps:
    """Overlaps of each box with boxes of its step that have a higher score, or an equal score and a larger area.

    Boxes of other classes count only where they are nearly the same box: a rider and the bicycle are two objects.
    """
    i, j, common, iou = overlapping_pairs(scene)
    order = np.lexsort((scene.unit, scene.score))
    place = np.empty(len(scene), np.int64)
    place[order] = np.arange(len(scene))
    lower, higher = np.where(place[i] < place[j], i, j), np.where(place[i] < place[j], j, i)
    counts = (scene.code[lower] == scene.code[higher]) | (iou > SAME_BOX)
    lower, common, iou = lower[counts], common[counts], iou[counts]
    better, part = np.zeros(len(scene)), np.zeros(len(scene))
    np.maximum.at(better, lower, iou)
    np.maximum.at(part, lower, common / scene.extent.prod(1)[lower])
    return Overlaps(better, part)
