"""Online linking with the same costs: states, rates and noise parameters are estimated from past frames only.

The last steps form a scene of their own, the window. The backward state of a new detection is its box with an unknown
velocity, so velocity does not contribute to the ratio of a link.
"""

from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.likelihood import LinkModel
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.motion import measurement_variance, own_size
from siamlink.association.calibrated.noise import QUICK_SAMPLE
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.program import best_links
from siamlink.association.calibrated.rates import ages, update_rates
from siamlink.association.calibrated.rounds import Estimate, first_estimate, fit_noise
from siamlink.association.calibrated.scene import Scene, make_scene, pairs_within
from siamlink.association.calibrated.states import BACKWARD_PRIOR, States, one_sided_states
from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.detections import Detections

WINDOW = 60
"""Steps in the window; a track without a detection in it has ended."""
FIRST_FITS = (3, 6, 12, 24)
FIT_EVERY = 24
"""The noise parameters are fitted after these first steps, and then at every multiple of this number of steps."""
YOUNG = 3
"""Tracks up to this number of detections are short because they are new: the larger of both probabilities is used."""


class OnlineLinker:
    """Links the detections of one frame after the other.

    Args:
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        models: models trained on other videos; by default the shipped ones.
    """

    def __init__(
        self, frame_rate: float, image_size: tuple[float, float] | None = None, models: Models | None = None
    ) -> None:
        self._rate, self._size = frame_rate, image_size
        self._models = models or shipped_models()
        self._detections = Detections.empty()
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
            (N,) the track of each, from 1, and (N,) the probability that it is an object. Below
            `output.OUTPUT_PROBABILITY` it is more likely a false alarm.
        """
        old = self._shift_window(detections, frame)
        if not len(detections):
            return np.zeros(0, np.int64), np.zeros(0)
        scene = make_scene(self._detections, self._size, self._frames)
        self._calibrate(scene)
        self._link(scene, old)
        classifier = ObjectClassifier(scene, self._rate, self._models.alone, self._models.in_track)
        features = classifier.features(self._successor, self._ratio)
        probability, alone = classifier.in_track(features), classifier.alone(features)
        young = ages(self._successor)[0] <= YOUNG
        probability = np.where(young, np.maximum(probability, alone), probability)
        return self._track[old:].copy(), probability[old:]

    def _shift_window(self, detections: Detections, frame: int) -> int:
        """Remove the oldest steps from the window and append the new one; returns the number of earlier detections."""
        self._updates += 1
        self._frames = np.append(self._frames, frame)[-WINDOW:]
        dropped = int(np.searchsorted(self._detections.frame, self._frames[0]))
        self._detections = Detections.concatenate([self._detections[dropped:], detections])
        self._successor = np.where(self._successor[dropped:] >= 0, self._successor[dropped:] - dropped, -1)
        old, new = len(self._successor), len(detections)
        self._successor = np.append(self._successor, np.full(new, -1, np.int64))
        self._ratio = np.append(self._ratio[dropped:], np.zeros(new))
        self._track = np.append(self._track[dropped:], np.zeros(new, np.int64))
        return old

    def _calibrate(self, scene: Scene) -> None:
        """Estimate the rates from the window, and in some steps the noise parameters."""
        estimate = first_estimate(scene, np.zeros(len(scene)))
        estimate = replace(estimate, successor=self._successor, ratio=self._ratio)
        if self._estimate is not None:
            estimate = replace(estimate, motion=self._estimate.motion)
        due = self._updates in FIRST_FITS or self._updates % FIT_EVERY == 0
        if due and (self._successor >= 0).sum() > 1:
            estimate = fit_noise(scene, estimate, QUICK_SAMPLE)
        if (self._successor >= 0).any():
            # the new step is not linked yet, so tracks that reach the step before it have not ended
            active = np.ones(len(scene), bool)
            rates = update_rates(scene, estimate.rates, self._successor, active, newest=scene.steps - 3)
            estimate = replace(estimate, rates=rates)
        self._estimate = estimate

    def _link(self, scene: Scene, old: int) -> None:
        """Link the new detections, rows from `old` on, to the ends of tracks, or begin new tracks."""
        estimate = self._estimate
        if estimate is None:
            return
        new = np.arange(old, len(scene))
        if old:
            forward = one_sided_states(scene, estimate.motion, estimate.noise_factor, self._successor)
            rates = estimate.rates
            model = LinkModel(scene, estimate.motion, rates, forward, new_states(scene, estimate), scene.steps)
            ends = np.flatnonzero(self._successor[:old] < 0)
            i, j = pairs_within(scene.step[ends], scene.step[new], 1, rates.longest)
            links = model.links(*model.near(ends[i], new[j]))
            successor, ratio = best_links(scene, links)
            linked = np.flatnonzero(successor >= 0)
            self._successor[linked], self._ratio[linked] = successor[linked], ratio[linked]
            self._track[successor[linked]] = self._track[linked]
        first = new[self._track[new] == 0]
        self._track[first] = self._tracks + 1 + np.arange(len(first))
        self._tracks += len(first)


def new_states(scene: Scene, estimate: Estimate) -> States:
    """The backward states of detections without later ones."""
    unit = own_size(scene)
    variance = measurement_variance(scene, estimate.motion, estimate.noise_factor)
    zero = np.zeros_like(variance)
    return States(scene.place, zero, variance, zero, estimate.motion.velocity_spread**2 * unit * BACKWARD_PRIOR)
