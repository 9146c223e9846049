"""The same costs without delay: states from the past only, rates and noise from what has been seen so far.

The window of the last steps is a scene of its own. A new detection's state is the detection; its velocity is that of a
newcomer, so a link is judged by place and size alone.
"""

from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.likelihood import LinkModel
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.motion import measurement_variance, own_size
from siamlink.association.calibrated.noise import FAST
from siamlink.association.calibrated.presence import ages, update_presence
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.rounds import Estimate, first_estimate, fitted
from siamlink.association.calibrated.scene import Scene, make_scene, pairs_within
from siamlink.association.calibrated.states import FREE, States, one_sided_states
from siamlink.association.calibrated.truth import Judge
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.detections import Detections

WINDOW = 60
"""Steps that are remembered: what is missed for longer is forgotten."""
FIRST_FITS = (3, 6, 12, 24)
FIT_EVERY = 24
"""Steps after which noise and rates are estimated anew."""
YOUNG = 3
"""Detections up to which a track's length does not speak against it: it had no time to grow."""


class OnlineLinker:
    """Links the detections of one frame after the other.

    Args:
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        models: what is learned from other videos; by default what comes with the package.
    """

    def __init__(
        self, frame_rate: float, image_size: tuple[float, float] | None = None, models: Models | None = None
    ) -> None:
        self._rate, self._size = frame_rate, image_size
        self._models = models or shipped_models()
        self._seen = Detections.empty()
        self._frames = np.zeros(0, np.int64)
        self._successor = np.zeros(0, np.int64)
        self._ratio = np.zeros(0)
        self._track = np.zeros(0, np.int64)
        self._tracks = 0
        self._updates = 0
        self._estimate: Estimate | None = None

    def update(self, detections: Detections, frame: int) -> tuple[IntArray, FloatArray]:
        """Link the detections of the next processed frame.

        Args:
            detections: N boxes, all of this frame.
            frame: its number, above that of the last call.

        Returns:
            (N,) the track of each, from 1, and (N,) the probability that it is an object; below `keeping.KEEP`
            it is rather a false alarm.
        """
        old = self._remember(detections, frame)
        if not len(detections):
            return np.zeros(0, np.int64), np.zeros(0)
        scene = make_scene(self._seen, self._size, self._frames)
        self._calibrate(scene)
        self._link(scene, old)
        judge = Judge(scene, self._rate, self._models.alone, self._models.in_track)
        features = judge.features(self._successor, self._ratio)
        probability, alone = judge.in_track(features), judge.alone(features)
        young = ages(self._successor)[0] <= YOUNG
        probability = np.where(young, np.maximum(probability, alone), probability)
        return self._track[old:].copy(), probability[old:]

    def _remember(self, detections: Detections, frame: int) -> int:
        """Forget what left the window, add the new; how many older detections there are."""
        self._updates += 1
        self._frames = np.append(self._frames, frame)[-WINDOW:]
        gone = int(np.searchsorted(self._seen.frame, self._frames[0]))
        self._seen = Detections.concatenate([self._seen[gone:], detections])
        self._successor = np.where(self._successor[gone:] >= 0, self._successor[gone:] - gone, -1)
        old, new = len(self._successor), len(detections)
        self._successor = np.append(self._successor, np.full(new, -1, np.int64))
        self._ratio = np.append(self._ratio[gone:], np.zeros(new))
        self._track = np.append(self._track[gone:], np.zeros(new, np.int64))
        return old

    def _calibrate(self, scene: Scene) -> None:
        """Noise and rates from the window, now and then."""
        nothing = np.zeros(len(scene))
        fresh = first_estimate(scene, nothing)
        known = self._estimate
        estimate = replace(fresh, successor=self._successor, ratio=self._ratio)
        if known is not None:
            estimate = replace(estimate, motion=known.motion)
        due = self._updates in FIRST_FITS or self._updates % FIT_EVERY == 0
        if due and (self._successor >= 0).sum() > 1:
            estimate = fitted(scene, estimate, FAST.sample)
        if (self._successor >= 0).any():
            # tracks that reach the step before have not ended: the new step is yet to be linked
            everything = np.ones(len(scene), bool)
            presence = update_presence(scene, estimate.presence, self._successor, everything, newest=scene.steps - 3)
            estimate = replace(estimate, presence=presence)
        self._estimate = estimate

    def _link(self, scene: Scene, old: int) -> None:
        """Link the new detections, rows from `old` on, to the ends of tracks, or begin tracks with them."""
        estimate = self._estimate
        if estimate is None:
            return
        new = np.arange(old, len(scene))
        if old:
            forward = one_sided_states(scene, estimate.motion, estimate.looseness, self._successor)
            presence = estimate.presence
            model = LinkModel(scene, estimate.motion, presence, forward, newcomers(scene, estimate), scene.steps)
            ends = np.flatnonzero(self._successor[:old] < 0)
            i, j = pairs_within(scene.step[ends], scene.step[new], 1, presence.longest)
            links = model.links(*model.near(ends[i], new[j]))
            successor, ratio = best_links(scene, links)
            made = np.flatnonzero(successor >= 0)
            self._successor[made], self._ratio[made] = successor[made], ratio[made]
            self._track[successor[made]] = self._track[made]
        begun = new[self._track[new] == 0]
        self._track[begun] = self._tracks + 1 + np.arange(len(begun))
        self._tracks += len(begun)


def newcomers(scene: Scene, estimate: Estimate) -> States:
    """The states of detections of whose future nothing is known."""
    unit = own_size(scene)
    variance = measurement_variance(scene, estimate.motion, estimate.looseness)
    still = np.zeros_like(variance)
    return States(scene.place, still, variance, still, estimate.motion.spread**2 * unit * FREE)
