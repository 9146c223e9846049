"""Links of a moving window of a stream, with parameters estimated from the past that is in memory.

The first window is linked as a whole video is. Later windows begin with the links and noise parameters of the window
before: links between settled detections do not change, and no link leads to a settled detection.
"""

import os
from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.camera import still_camera
from siamlink.association.calibrated.constrained import ConstrainedLinks, ConstrainedSolver
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.rates import first_rates, update_rates
from siamlink.association.calibrated.rounds import (
    LONGEST_GAP,
    STRONG,
    Estimate,
    calibrate,
    candidate_links,
    fit_noise,
    learned_links,
    relink,
    restrict_to,
    with_weak_detections,
)
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.association.calibrated.tracks import CalibratedResult, linked_result, no_tracks
from siamlink.association.solvers.constrained_lp import solve_constrained
from siamlink.association.solvers.constraints import Groups
from siamlink.detectors.base.arrays import BoolArray, IntArray
from siamlink.detectors.detections import Detections

HISTORY = int(os.environ.get("HIST", "120"))
"""Steps before the settled frame that stay in the window."""
FIT_EVERY = int(os.environ.get("FIT", "1"))
STRONG_ROUNDS = int(os.environ.get("SR", "2"))
SAMPLE = int(os.environ.get("SAMP", "2000"))
FULL = int(os.environ.get("FULL", "0"))


class WindowLinker:
    """Links the detections of a stream in a window that moves on.

    Args:
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        models: models trained on other videos; by default the shipped ones.
    """

    def __init__(
        self, frame_rate: float, image_size: tuple[float, float] | None = None, models: Models | None = None
    ) -> None:
        self._detections, self._waiting = Detections.empty(), list[Detections]()
        self._rate, self._size = frame_rate, image_size
        self._models = models or shipped_models()
        self._settled = 0
        self._estimate: Estimate | None = None
        self._solved = 0

    def add(self, detections: Detections) -> None:
        """Take in the detections of later frames."""
        self._waiting.append(detections)

    @property
    def detections(self) -> Detections:
        """The N detections in the window, sorted by frame."""
        if self._waiting:
            self._detections, self._waiting = Detections.concatenate([self._detections, *self._waiting]), []
        return self._detections

    def link(
        self,
        settled: BoolArray,
        groups: Groups,
        solve: ConstrainedSolver = solve_constrained,
        stride: int = 1,
    ) -> CalibratedResult:
        """Link all detections in the window.

        Args:
            settled: (M,) whether each of the settled detections is in a track.
            groups: constraints on the detections.
            solve: the exact solver under constraints.
            stride: frames from one frame that the detector processed to the next.
        """
        first = int(self.detections.frame.min(initial=1))
        scene = make_scene(self.detections, self._size, np.array([first, first + stride]))
        self._stride = scene.stride
        if not len(scene):
            return no_tracks()
        classifier = ObjectClassifier(scene, self._rate, self._models.alone, self._models.in_track)
        if self._estimate is None:
            estimate = calibrate(scene, np.zeros(len(scene)), classifier, self._models.links)
        else:
            estimate = self._continued(scene, self._estimate, classifier)
        if groups.constrained.any():
            alone = classifier.alone(classifier.features(estimate.successor, estimate.ratio))
            constrained = ConstrainedLinks(scene, groups, alone, self._models.links, solve)
            estimate = constrained.obeyed(estimate, self._fixed(estimate.successor), self._settled)
        self._estimate = estimate
        self._solved += 1
        return linked_result(scene, estimate, classifier, still_camera(scene), settled, groups.required)

    def settle(self, final_frame: int) -> int:
        """Do not change the links up to a frame any more; returns how many old detections left the window."""
        estimate, frame = self._estimate, self.detections.frame
        if estimate is None:
            return 0
        count = int(np.searchsorted(frame, final_frame - HISTORY * self._stride))
        self._settled = int(np.searchsorted(frame, final_frame, side="right")) - count
        self._detections = self.detections[count:]
        successor = estimate.successor[count:]
        self._estimate = replace(
            estimate,
            successor=np.where(successor >= 0, successor - count, -1),
            ratio=estimate.ratio[count:],
            noise_factor=estimate.noise_factor[count:],
        )
        return count

    def _fixed(self, successor: IntArray) -> IntArray:
        """(N,) those links between settled detections, -1 for none, of the present ones (N,)."""
        inside = (np.arange(len(successor)) < self._settled) & (successor < self._settled)
        return np.where(inside, successor, -1)

    def _continued(self, scene: Scene, last: Estimate, classifier: ObjectClassifier) -> Estimate:
        """The estimate of the window after the last estimate, whose detections are its first ones."""
        old, new = len(last.successor), len(scene) - len(last.successor)
        successor = np.append(last.successor, np.full(new, -1, np.int64))
        fixed, settled = self._fixed(successor), self._settled
        longest = max(min(LONGEST_GAP, scene.steps - 1), 1)
        estimate = Estimate(
            motion=last.motion,
            rates=first_rates(scene, longest, np.zeros(len(scene))),
            noise_factor=np.append(last.noise_factor, np.ones(new)),
            successor=successor,
            ratio=np.append(last.ratio, np.zeros(new)),
            active=np.ones(len(scene), bool),
        )
        newest = int(scene.step[old - 1]) - 1 if old else 0
        rates = update_rates(
            scene,
            estimate.rates,
            successor,
            estimate.active,
            None,
            by_age=True,
            newest=newest,
        )
        estimate = replace(estimate, rates=rates)
        learned = self._models.links
        estimate = relink(scene, estimate, candidate_links(scene, estimate, LONGEST_GAP, fixed, settled), fixed)
        if self._solved % FIT_EVERY == 0:
            estimate = fit_noise(scene, estimate, SAMPLE)
        features = classifier.features(estimate.successor, estimate.ratio)
        alone = classifier.alone(features)
        rates = update_rates(scene, estimate.rates, estimate.successor, estimate.active, alone, by_age=True)
        estimate = replace(estimate, rates=rates)
        estimate = restrict_to(estimate, classifier.in_track(features) >= STRONG)
        for _ in range(STRONG_ROUNDS):
            if learned is None:
                links = candidate_links(scene, estimate, LONGEST_GAP, fixed, settled)
            else:
                links = learned_links(scene, estimate, alone, learned, fixed, settled)
            estimate = relink(scene, estimate, links, fixed)
            rates = update_rates(scene, estimate.rates, estimate.successor, estimate.active, alone, by_age=True)
            estimate = replace(estimate, rates=rates)
        return with_weak_detections(scene, estimate, alone, learned, fixed, settled)
