"""Which matching suits a video: the models trained on pedestrians, or costs calibrated on its own detections.

The trained models know people on foot as two kinds of pedestrian detectors show them. They are better there, and much
worse elsewhere. Two observations tell whether they suit, and neither depends on the class or the scores:

1. All boxes have one upright shape, and scores vary. So it is with detectors that slide a window of a fixed shape over
   the picture (ACF, DPM). Their boxes say little about motion and size, which calibrated costs live on.
2. The trained models explain nearly the same detections with far fewer tracks. Where they do not suit, they leave many
   detections out, or need as many tracks.
"""

from dataclasses import replace

import numpy as np

from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import Tracker, TrackerSetup
from siamlink.tracker.parameters import Matching
from siamlink.tracker.tracks import Tracks

ONE_SHAPE = 0.006
"""Largest median deviation of the logarithm of height by width, from its median, of boxes of one shape."""
FEWEST_BOXES = 3
"""Fewer boxes do not show whether they have one shape."""
UPRIGHT = (1.5, 4.5)
"""Smallest and largest height by width of a window for pedestrians."""
FEWEST_SAVED, LEAST_SAVED = 3, 0.25
"""Learned matching needs fewer tracks by at least so many, and by at least this share of them."""
MOST_LOST = 0.2
"""Largest share of detections that learned matching leaves out in addition, relative to the share of tracks saved."""


def has_one_upright_shape(detections: Detections) -> bool:
    """Whether the N boxes, of varying scores, are windows of one upright shape."""
    if len(detections) < FEWEST_BOXES or detections.score.min() == detections.score.max():
        return False
    width, height = (detections.box[:, 2:] - detections.box[:, :2]).astype(np.float64).T
    shape = np.log(np.maximum(height, 1e-3) / np.maximum(width, 1e-3))
    middle = float(np.median(shape))
    low, high = np.log(UPRIGHT)
    return bool(low <= middle <= high and np.median(np.abs(shape - middle)) <= ONE_SHAPE)


def first_frame(detections: Detections) -> Detections:
    """The detections, sorted by frame, of the first frame that has some."""
    return detections[detections.frame == detections.frame[0]] if len(detections) else detections


def choose_matching(detections: Detections, setup: TrackerSetup) -> Matching:
    """The matching that suits a video.

    Offline it is chosen by all its detections; in other modes by its first frame with detections, as it is where the
    later ones are not known.

    Args:
        detections: of the whole video.
        setup: with the models of both matchings; its appearance is not used.
    """
    if setup.parameters.mode != "offline":
        return choose_by_first_frame(first_frame(detections))
    if has_one_upright_shape(detections):
        return "learned"
    alone = replace(
        setup,
        matcher=replace(setup.matcher, appearance=None),
        stopwatch=Stopwatch(),
        collects_left_out=False,
        explains=False,
    )
    with setup.stopwatch.stage("choose"):
        learned = _tracked(LinearProgramTracker(alone), detections)
        calibrated = _tracked(CalibratedTracker(alone), detections)
    return "learned" if explains_as_much(learned, calibrated) else "calibrated"


def choose_by_first_frame(detections: Detections) -> Matching:
    """The matching that the detections of one frame suggest."""
    return "learned" if has_one_upright_shape(detections) else "calibrated"


def explains_as_much(learned: Tracks, calibrated: Tracks) -> bool:
    """Whether the first tracks hold nearly the same detections as the second ones and are far fewer."""
    count, fewer = len(np.unique(calibrated.track_id)), len(np.unique(learned.track_id))
    saved = count - fewer
    if saved < max(FEWEST_SAVED, LEAST_SAVED * count):
        return False
    lost = 1 - (~learned.interpolated).sum() / max((~calibrated.interpolated).sum(), 1)
    return bool(lost <= MOST_LOST * saved / count)


def _tracked(tracker: Tracker, detections: Detections) -> Tracks:
    return Tracks.concatenate([*tracker.update_many(detections), tracker.finish()])
