"""Which gaps are interpolated: those where the object was probably present and its place is certain enough."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class OcclusionCounts:
    """How often detections and the objects in gaps are occluded.

    Attributes:
        detections: number of detections.
        occluded: number of occluded ones among them.
        visible_gaps: number of gaps of more than one step in which the object is visible.
        occluded_gaps: number of those in which it is occluded.
    """

    detections: int = 0
    occluded: int = 0
    visible_gaps: int = 0
    occluded_gaps: int = 0

    def __add__(self, other: "OcclusionCounts") -> "OcclusionCounts":
        return OcclusionCounts(
            self.detections + other.detections,
            self.occluded + other.occluded,
            self.visible_gaps + other.visible_gaps,
            self.occluded_gaps + other.occluded_gaps,
        )


NO_COUNTS = OcclusionCounts()


def count_occlusions(scene: Scene, successor: IntArray, rows: int) -> OcclusionCounts:
    """The counts of the first `rows` detections of a scene and of the gaps after them, by the links (N,)."""
    first = np.where(np.arange(len(scene)) < rows, successor, -1)
    return _counts(scene.cover[:rows], _gaps_of_links(scene, first)[1])


def interpolated_steps(
    scene: Scene,
    gaps: Gaps,
    successor: IntArray,
    is_output: BoolArray,
    mean_gap: float,
    past: OcclusionCounts = NO_COUNTS,
) -> BoolArray:
    """(G,) which frames between linked detections are interpolated.

    Args:
        scene: N detections.
        gaps: G frames between linked detections.
        successor: (N,) the links.
        is_output: (N,) whether each detection is in the results.
        mean_gap: mean length of gaps of more than one step.
        past: of earlier detections.
    """
    steps = scene.step[gaps.later] - scene.step[gaps.earlier]
    certain = is_output[gaps.earlier] & is_output[gaps.later] & (gaps.spread < LARGEST_SPREAD)
    interpolated: BoolArray = (
        certain & (steps <= max(3.0, LONGEST * mean_gap)) & _missed(scene, successor, past)[gaps.earlier]
    )
    return interpolated


def _missed(scene: Scene, successor: IntArray, past: OcclusionCounts) -> BoolArray:
    """(N,) whether the gap after each detection is a missed detection of an object that was present.

    `past` are the counts of earlier detections.
    """
    earlier, occluded = _gaps_of_links(scene, successor)
    visible_missed, occluded_missed = missed_objects(past + _counts(scene.cover, occluded))
    missed = np.ones(len(scene), bool)
    missed[earlier] = np.where(occluded, occluded_missed, visible_missed)
    return missed


def _gaps_of_links(scene: Scene, successor: IntArray) -> tuple[IntArray, BoolArray]:
    """(Q,) the detections before a gap, and (Q,) whether the object is occluded in the middle of the gap."""
    earlier = np.flatnonzero(successor >= 0)
    gap = scene.step[successor[earlier]] - scene.step[earlier]
    earlier, gap = earlier[gap > 1], gap[gap > 1]
    return earlier, _cover_in_gap(scene, earlier, successor[earlier], gap) > OCCLUDED


def _counts(cover: FloatArray, occluded: BoolArray) -> OcclusionCounts:
    """The counts, from the covered part of each detection (M,) and whether the object is occluded in each gap (Q,)."""
    return OcclusionCounts(len(cover), int((cover > OCCLUDED).sum()), int((~occluded).sum()), int(occluded.sum()))


def missed_objects(counts: OcclusionCounts) -> tuple[bool, bool]:
    """Whether gaps of visible objects, and gaps of occluded objects, are missed detections of objects that are present.

    Gaps of visible objects are, unless there are hardly any. Gaps of occluded objects are, unless there are many more
    than the number that is expected from the gaps of visible objects: then detectors and annotations leave out occluded
    objects.

    Args:
        counts: of detections and of the gaps between them.
    """
    share = counts.occluded / counts.detections
    expected = counts.visible_gaps * (share + 0.02) / (1 - share + 0.02)
    return (
        counts.visible_gaps > FEWEST_VISIBLE * counts.detections,
        counts.occluded_gaps < MOST_OCCLUDED * expected + 0.5,
    )


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
