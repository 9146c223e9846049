"""Links of a moving window of a stream, with parameters estimated from the past that is in memory.

The first window is linked as a whole video is. So are later windows, but their rounds begin with the noise parameters
of the window before and with its links between strong detections, and the noise is not fitted in every window. Links
between settled detections do not change, and no link leads to a settled detection.
"""

from dataclasses import replace

import numpy as np

from siamlink.association.calibrated.appearance import Describe
from siamlink.association.calibrated.constrained import ConstrainedLinks, ConstrainedSolver
from siamlink.association.calibrated.estimate import LONGEST_GAP, Estimate, Fixed
from siamlink.association.calibrated.explanation import Trace
from siamlink.association.calibrated.interpolation import NO_COUNTS, count_occlusions
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.noise import QUICK_SAMPLE, continued_noise_factor
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.rates import GAP_COUNTS, count_gaps, first_rates
from siamlink.association.calibrated.rounds import ROUNDS, Calibration, calibrate
from siamlink.association.calibrated.scene import Scene, make_scene, track_numbers
from siamlink.association.calibrated.tracks import CalibratedResult, linked_result, no_tracks
from siamlink.association.solvers.constrained_lp import solve_constrained
from siamlink.association.solvers.constraints import Groups
from siamlink.detectors.base.arrays import BoolArray, IntArray
from siamlink.detectors.detections import Detections

HISTORY = 60
"""Fewest steps before the settled frame that stay in the window."""
FEWEST_SETTLED = 500
"""Fewest settled detections that stay in the window, if `LONGEST_HISTORY` has so many."""
LONGEST_HISTORY = 600
"""Most steps before the settled frame that stay in the window."""
FEWEST_LINKS = 30
"""With fewer links in the last window, the parameters are estimated from the beginning. So they are if the frames
between two steps change, because they are per step."""
FIRST_FITS = (1, 2, 4)
FIT_EVERY = 8
"""The noise parameters are fitted in these first windows, and then in every multiple of this number."""


class WindowLinker:
    """Links the detections of a stream in a window that moves on.

    Args:
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        models: models trained on other videos; by default the shipped ones.
        trace: collects the programs of the first window.
    """

    def __init__(
        self,
        frame_rate: float,
        image_size: tuple[float, float] | None = None,
        models: Models | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._detections, self._waiting = Detections.empty(), list[Detections]()
        self._rate, self._size = frame_rate, image_size
        self._models = models or shipped_models()
        self._settled = 0
        self._estimate: Estimate | None = None
        self._strong: Estimate | None = None
        self._scene: Scene | None = None
        self._stride = 0
        self._gaps, self._occlusions = np.zeros(GAP_COUNTS), NO_COUNTS
        self._solved, self._trace = 0, trace

    def add(self, detections: Detections) -> None:
        """Take in the detections of later frames."""
        self._waiting.append(detections)

    @property
    def detections(self) -> Detections:
        """The N detections in the window, sorted by frame."""
        if self._waiting:
            self._detections, self._waiting = Detections.concatenate([self._detections, *self._waiting]), []
        return self._detections

    @property
    def separation(self) -> float | None:
        """How far appearance separates the tracklets; None without appearance, see `Estimate`."""
        return self._strong.separation if self._strong else None

    def link(
        self,
        settled: BoolArray,
        groups: Groups,
        solve: ConstrainedSolver = solve_constrained,
        ended: bool = False,
        stride: int = 1,
        describe: Describe | None = None,
    ) -> CalibratedResult:
        """Link all detections in the window.

        Args:
            settled: (M,) whether each of the settled detections is in a track.
            groups: constraints on the detections.
            solve: the exact solver under constraints.
            ended: whether no detections will follow.
            stride: frames from one frame that the detector processed to the next.
            describe: describes detections by their rows; used in the first window only.
        """
        first = int(self.detections.frame.min(initial=1))
        scene = make_scene(self.detections, self._size, np.array([first, first + stride]))
        if not len(scene):
            return no_tracks()
        classifier = ObjectClassifier(scene, self._rate, self._models.alone, self._models.in_track)
        estimate = self._linked(scene, classifier, describe)
        if groups.constrained.any():
            alone = classifier.alone(classifier.features(estimate.successor, estimate.ratio))
            constrained = ConstrainedLinks(scene, groups, alone, self._models.links, solve, self._trace)
            estimate = constrained.obeyed(estimate, self._fixed(estimate.successor))
            if self._trace is not None:
                number = track_numbers(estimate.successor)
                self._trace.name_constrained(np.isin(number, number[groups.constrained]))
        self._estimate = estimate
        self._scene, self._solved = scene, self._solved + 1
        return linked_result(scene, estimate, classifier, settled, groups.required, self._occlusions, ended)

    def settle(self, final_frame: int) -> int:
        """Do not change the links up to a frame any more; returns how many old detections left the window."""
        estimate, strong, scene, frame = self._estimate, self._strong, self._scene, self.detections.frame
        if estimate is None or strong is None or scene is None:
            return 0
        end = int(np.searchsorted(frame, final_frame, side="right"))
        longest, least = (
            int(np.searchsorted(frame, final_frame - steps * scene.stride)) for steps in (LONGEST_HISTORY, HISTORY)
        )
        count = max(longest, min(least, max(end - FEWEST_SETTLED, 0)))
        self._gaps += count_gaps(scene.step, np.where(np.arange(len(scene)) < count, estimate.successor, -1))
        self._occlusions += count_occlusions(scene, estimate.successor, count)
        self._settled = end - count
        self._detections = self.detections[count:]
        inside = (np.arange(len(scene)) < end) & (estimate.successor < end)
        successor = np.where(inside, estimate.successor, np.where(strong.successor < end, -1, strong.successor))[count:]
        self._estimate = replace(
            strong,
            successor=np.where(successor >= count, successor - count, -1),
            ratio=np.where(inside, estimate.ratio, strong.ratio)[count:],
            rival=np.where(inside, estimate.rival, strong.rival)[count:],
            noise_factor=strong.noise_factor[count:],
            duplicate=estimate.duplicate[count:] & (np.arange(count, len(scene)) < end),
        )
        return count

    def _fixed(self, successor: IntArray) -> Fixed:
        """The settled detections, and those of the present links (N,) that are between them."""
        inside = (np.arange(len(successor)) < self._settled) & (successor < self._settled)
        return Fixed(np.where(inside, successor, -1), self._settled)

    def _linked(self, scene: Scene, classifier: ObjectClassifier, describe: Describe | None) -> Estimate:
        """The estimate of the window, whose first detections are those of the last estimate."""
        last, learned = self._estimate, self._models.links
        if last is None:
            self._stride = scene.stride
            self._strong = calibrate(scene, classifier, learned, describe=describe, trace=self._trace)
            return self._strong
        new = len(scene) - len(last.successor)
        successor = np.append(last.successor, np.full(new, -1, np.int64))
        fixed = self._fixed(successor)
        if scene.stride != self._stride or (last.successor >= 0).sum() < FEWEST_LINKS:
            self._stride, self._gaps = scene.stride, np.zeros(GAP_COUNTS)
            self._strong = calibrate(scene, classifier, learned, fixed=fixed)
            return self._strong
        estimate = Estimate(
            motion=last.motion,
            rates=first_rates(scene, max(min(LONGEST_GAP, scene.steps - 1), 1)),
            noise_factor=continued_noise_factor(scene, last.noise_factor),
            successor=successor,
            ratio=np.append(last.ratio, np.zeros(new)),
            rival=np.append(last.rival, np.zeros(new)),
            active=np.ones(len(scene), bool),
            duplicate=np.append(last.duplicate, np.zeros(new, bool)),
        )
        calibration = Calibration(scene, classifier, learned, fixed)
        fits = self._solved in FIRST_FITS or self._solved % FIT_EVERY == 0
        self._strong = calibration.strong_links(
            estimate, fit_rounds=[ROUNDS - 1] if fits else [], sample=QUICK_SAMPLE, past_gaps=self._gaps
        )
        return calibration.all_links(self._strong)
