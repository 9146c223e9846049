"""Which gaps are interpolated: those where the object was probably present and its place is certain enough."""

import numpy as np

from siamlink.association.calibrated.scene import Scene, pairs_within
from siamlink.association.calibrated.smoothing import Gaps
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LARGEST_SPREAD = 0.3
"""Largest standard deviation of the centre of an interpolated box, relative to its sides."""
OCCLUDED = 0.3
"""Part of a box that another box covers, above which the object counts as occluded."""
FEWEST_VISIBLE = 0.002
"""Gaps of visible objects per detection, up to which the detector is assumed to miss no visible object."""
MOST_OCCLUDED = 2.5
"""Gaps of occluded objects relative to the expected number, from which they are not interpolated."""
LONGEST = 5.0
"""Longest interpolated gap, relative to the mean gap."""


def interpolated_steps(
    scene: Scene, gaps: Gaps, successor: IntArray, is_output: BoolArray, mean_gap: float
) -> BoolArray:
    """(G,) which frames between linked detections are interpolated.

    Args:
        scene: N detections.
        gaps: G frames between linked detections.
        successor: (N,) the links.
        is_output: (N,) whether each detection is in the results.
        mean_gap: mean length of gaps of more than one step.
    """
    steps = scene.step[gaps.later] - scene.step[gaps.earlier]
    certain = is_output[gaps.earlier] & is_output[gaps.later] & (gaps.spread < LARGEST_SPREAD)
    interpolated: BoolArray = (
        certain & (steps <= max(3.0, LONGEST * mean_gap)) & _missed(scene, successor)[gaps.earlier]
    )
    return interpolated


def _missed(scene: Scene, successor: IntArray) -> BoolArray:
    """(N,) whether the gap after each detection is a missed detection of an object that was present."""
    earlier, occluded = gaps_of_links(scene, successor)
    visible_missed, occluded_missed = missed_objects(scene, occluded)
    missed = np.ones(len(scene), bool)
    missed[earlier] = np.where(occluded, occluded_missed, visible_missed)
    return missed


def gaps_of_links(scene: Scene, successor: IntArray) -> tuple[IntArray, BoolArray]:
    """(Q,) the detections before a gap, and (Q,) whether the object is occluded in the middle of the gap."""
    earlier = np.flatnonzero(successor >= 0)
    gap = scene.step[successor[earlier]] - scene.step[earlier]
    earlier, gap = earlier[gap > 1], gap[gap > 1]
    return earlier, _cover_in_gap(scene, earlier, successor[earlier], gap) > OCCLUDED


def missed_objects(scene: Scene, occluded: BoolArray) -> tuple[bool, bool]:
    """Whether gaps of visible objects, and gaps of occluded objects, are missed detections of objects that are present.

    Gaps of visible objects are, unless there are hardly any. Gaps of occluded objects are, unless there are many more
    than the number that is expected from the gaps of visible objects: then detectors and annotations leave out occluded
    objects.

    Args:
        scene: N detections.
        occluded: (Q,) for each gap between them, whether the object is occluded in it.
    """
    share = float(np.mean(scene.cover > OCCLUDED))
    visible, covered = int((~occluded).sum()), int(occluded.sum())
    expected = visible * (share + 0.02) / (1 - share + 0.02)
    return visible > FEWEST_VISIBLE * len(scene), covered < MOST_OCCLUDED * expected + 0.5


def _cover_in_gap(scene: Scene, earlier: IntArray, later: IntArray, gap: IntArray) -> FloatArray:
    """(Q,) the largest part that a detection covers of the box in the middle of each gap."""
    middle = (scene.step[earlier] + scene.step[later]) // 2
    part = ((middle - scene.step[earlier]) / gap)[:, None]
    place = scene.place[earlier] * (1 - part) + scene.place[later] * part
    i, j = pairs_within(middle, scene.step, 0, 0)
    half, other = np.exp(place[i, 2:]) / 2, scene.extent[j] / 2
    low = np.maximum(place[i, :2] - half, scene.place[j, :2] - other)
    high = np.minimum(place[i, :2] + half, scene.place[j, :2] + other)
    cover = np.zeros(len(earlier))
    np.maximum.at(cover, i, np.clip(high - low, 0, None).prod(1) / (4 * half.prod(1)))
    return cover
