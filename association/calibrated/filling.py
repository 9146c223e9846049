"""Which gaps are filled: those in which the object was there, where motion tells where."""

import numpy as np

from siamlink.association.calibrated.scene import Scene, pairs_within
from siamlink.association.calibrated.smoothing import Gaps
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

SURE_PLACE = 0.3
"""Standard deviation of a filled box's centre, in its own sides, up to which it is filled."""
HIDDEN = 0.3
"""Part of a box that another covers, from which on the object counts as hidden."""
FEW_IN_OPEN = 0.002
"""Gaps in the open a detection, below which the detector misses nothing that it could see."""
MORE_THAN_FORETOLD = 2.5
LONGEST = 5.0
"""Gaps are filled up to so many times the usual gap."""


def filled_steps(scene: Scene, gaps: Gaps, successor: IntArray, live: BoolArray, usual_gap: float) -> BoolArray:
    """(G,) which steps between linked detections are filled.

    Args:
        scene: N detections.
        gaps: G steps between linked detections.
        successor: (N,) the links.
        live: (N,) detections that are given out.
        usual_gap: mean length of gaps, in steps.
    """
    steps = scene.step[gaps.later] - scene.step[gaps.earlier]
    known = live[gaps.earlier] & live[gaps.later] & (gaps.spread < SURE_PLACE)
    fill: BoolArray = known & (steps <= max(3.0, LONGEST * usual_gap)) & _missed(scene, successor)[gaps.earlier]
    return fill


def _missed(scene: Scene, successor: IntArray) -> BoolArray:
    """(N,) whether the gap after each detection was a miss of an object that was there.

    Gaps in the open are, unless there are next to none. Gaps behind others are, as far as misses in the open foretell
    that many: where there are many more, annotators and detectors leave out what is hidden.
    """
    earlier = np.flatnonzero(successor >= 0)
    gap = scene.step[successor[earlier]] - scene.step[earlier]
    earlier, gap = earlier[gap > 1], gap[gap > 1]
    hidden = _cover_in_gap(scene, earlier, successor[earlier], gap) > HIDDEN
    usual = float(np.mean(scene.cover > HIDDEN))
    in_open, behind = int((~hidden).sum()), int(hidden.sum())
    foretold = in_open * (usual + 0.02) / (1 - usual + 0.02)
    missed = np.ones(len(scene), bool)
    missed[earlier] = np.where(hidden, behind < MORE_THAN_FORETOLD * foretold + 0.5, in_open > FEW_IN_OPEN * len(scene))
    return missed


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
