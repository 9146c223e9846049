"""How probable it is that a template shows its object, calibrated on walks through frames in which it was detected."""

from collections.abc import Sequence

import numpy as np

from siamlink.association.search.correlation import Peak
from siamlink.association.search.presence import Presence
from siamlink.detectors.base.arrays import BoolArray, FloatArray
from siamlink.tracker.searching.occupied import is_same
from siamlink.tracker.searching.starts import Start
from siamlink.tracker.tracks import Tracks

LEAST_PROBABILITY = 0.5
"""A walk ends before the first box that is less probable."""
HOPELESS = 0.1
"""A walk is not continued after a box that is less probable by the examples so far."""
FEWEST_EXAMPLES = 20
"""Examples of either kind without which nothing is searched."""
LEAST_PRECISION = 0.8
"""Share of known boxes among those of the known examples that are probable, without which nothing is searched."""


class Calibration:
    """The examples of known walks.

    Args:
        tracks: all; their detections say where the objects of known walks are.

    Attributes:
        known_count: of how many boxes that known walks found it is known whether they show the object.
    """

    def __init__(self, tracks: Tracks) -> None:
        self._detected = dict(tracks[~tracks.interpolated].by_track())
        self.known_count = 0
        self._features: list[FloatArray] = []
        self._present: list[bool] = []
        self._early: Presence | None = None
        self._early_count = 0

    def add(self, start: Start, frame: int, box: FloatArray, peak: Peak, absent: Sequence[Peak]) -> None:
        """Take in what a known walk found in a frame, if its object is detected there.

        Args:
            start: of the walk.
            frame: number of the image.
            box: (4,) that was found.
            peak: of the template there.
            absent: of templates where their objects are not.
        """
        true_box = self._detected[start.track_id].in_frame(frame).box
        if len(true_box):
            self.known_count += 1
            self._features += [_features(each) for each in (peak, *absent)]
            self._present += [is_same(box, true_box), *(False for _ in absent)]

    def is_hopeless(self, peak: Peak) -> bool:
        """Whether an object is not there, as far as the examples so far can say."""
        if len(self._present) >= 2 * self._early_count:  # so that few are fitted
            self._early, self._early_count = self._fit(), max(len(self._present), FEWEST_EXAMPLES)
        return self._early is not None and probability(self._early, [peak])[0] < HOPELESS

    def presence(self) -> Presence | None:
        """The probability that an object is there; None if the known walks do not find theirs, or are too few."""
        presence = self._fit()
        return presence if presence and self._pays(presence) else None

    def _fit(self) -> Presence | None:
        present = np.array(self._present, bool)
        if min(present.sum(), (~present).sum()) < FEWEST_EXAMPLES:
            return None
        return Presence.fit(np.array(self._features), present)

    def _pays(self, presence: Presence) -> bool:
        """Whether what is probable is mostly present, both kinds of examples counting the same."""
        probable: BoolArray = presence.probability(np.array(self._features)) >= LEAST_PROBABILITY
        present = np.array(self._present, bool)
        right, wrong = probable[present].mean(), probable[~present].mean()
        return bool(right / max(right + wrong, 1e-9) >= LEAST_PRECISION)


def probability(presence: Presence, peaks: Sequence[Peak]) -> FloatArray:
    """(N,) that the objects of templates are at their peaks."""
    return presence.probability(np.array([_features(peak) for peak in peaks]).reshape(-1, 2))


def _features(peak: Peak) -> FloatArray:
    return np.array([peak.score, peak.margin])
