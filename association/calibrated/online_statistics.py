"""What the recent past tells about new detections: probabilities of being objects, noise, entry and exit rates.

All of it is learned from the detections of a window and their links, and applied to the detections of later frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.estimate import Estimate, usual_ratio
from siamlink.association.calibrated.interpolation import count_occlusions, missed_objects
from siamlink.association.calibrated.likelihood import transition_columns
from siamlink.association.calibrated.motion import measurement_variance
from siamlink.association.calibrated.noise import low_scores, noise_groups
from siamlink.association.calibrated.object_features import NAMES, OWN, size_lines, size_surprise
from siamlink.association.calibrated.object_model import ObjectModel
from siamlink.association.calibrated.overlaps import overlaps
from siamlink.association.calibrated.rates import (
    AGES,
    LARGEST_EXIT,
    PROBABILITY_BOUNDS,
    DensityMap,
    RateTable,
    ages,
)
from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.association.calibrated.score_evidence import LONG, ScoreEvidence
from siamlink.detectors.base.arrays import FloatArray, IntArray

OWN_COLUMNS = [NAMES.index(name) for name in OWN]
NOISE_GROUPS = 12
"""Number of `noise_groups`."""
ENOUGH = 6
"""Steps of a window from which the share of long tracks is known."""
FIRST_LONG_SHARE = 0.7
FIRST_USUAL_RATIO = 12.0
"""Assumed share of long tracks and median ratio of links before that."""


@dataclass(frozen=True)
class NewDetections:
    """The N detections of a new frame, with what the statistics tell about them.

    Attributes:
        scene: their columns.
        label: (N,) their classes as the detector names them.
        code: (N,) the same in the numbering of the statistics.
        features: (N, 13) the features `OWN` of `object_features`, which do not depend on tracks.
        probability: (N,) that each is an object, from these features.
        variance: (N, 4) of the measurement.
        log_entry: (N,) logarithm of the expected number of tracks that begin per step and square pixel.
        group: (N,) group of the exit rate.
    """

    scene: Scene
    label: NDArray[np.int16]
    code: IntArray
    features: FloatArray
    probability: FloatArray
    variance: FloatArray
    log_entry: FloatArray
    group: IntArray


class WindowStatistics:
    """Statistics of a window of linked detections, for the detections of later frames.

    Args:
        scene: N detections of the window.
        label: (N,) their classes as the detector names them.
        estimate: their links and parameters.
        alone: the model of objects that does not use tracks.
        newest: the last step whose detections have been linked to later ones.
    """

    def __init__(
        self,
        scene: Scene,
        label: NDArray[np.int16],
        estimate: Estimate,
        alone: ObjectModel,
        newest: int,
    ) -> None:
        self.motion, self.stride = estimate.motion, scene.stride
        self._alone = alone
        number = track_numbers(estimate.successor)
        self._evidence, self._lines = ScoreEvidence.of(scene, number), size_lines(scene, number)
        self._scored = scene.scored
        self._is_probability = self._scored and scene.score.min() >= 0 and scene.score.max() <= 1
        self._low_scores = low_scores(scene)
        self._noise = _noise_by_group(noise_groups(scene.cover, scene.score, self._low_scores), estimate.noise_factor)
        self._labels = np.unique(label)
        self._shared = _shared_features(scene, number, estimate, newest)
        self._shared["score_separation"] = self._evidence.separation
        self._density = DensityMap(scene)
        self.log_gap, self.longest, self.mean_gap = (
            estimate.rates.log_gap,
            estimate.rates.longest,
            estimate.rates.mean_gap,
        )
        self.missed = missed_objects(count_occlusions(scene, estimate.successor, len(scene)))
        self.gap_survival = np.clip(1 - np.append(0, np.cumsum(np.exp(self.log_gap[1:]))), 0, 1)
        self.table = transition_columns(self.motion, self.longest)
        unknown = len(self._labels)
        self.classes = np.zeros((unknown + 1, unknown + 1))
        self.classes[:unknown, :unknown] = estimate.rates.classes
        self._fit_rates(scene, estimate.successor, newest)

    def _fit_rates(self, scene: Scene, successor: IntArray, newest: int) -> None:
        """Entry and exit rates by the probability of being an object, exit rates by age too."""
        group = _groups(self._probability(self._own_features(scene, scene.code)), scene)
        age, begins = np.searchsorted(AGES, ages(successor)[0]), predecessors(successor) < 0
        self.exits = RateTable.fit(successor < 0, scene.step <= newest, group, age)
        self.entries = RateTable.fit(begins, (scene.step > 0) & (scene.step <= newest + 1), group)

    def describe(self, scene: Scene, label: NDArray[np.int16]) -> NewDetections:
        """What the statistics tell about the detections of one or some frames, of classes `label` (N,)."""
        code = self.codes(label)
        features = self._own_features(scene, code)
        probability = self._probability(features)
        group = _groups(probability, scene)
        entry = np.clip(self.entries.rate(group), 1e-4, 0.9)
        return NewDetections(
            scene=scene,
            label=label,
            code=code,
            features=features,
            probability=probability,
            variance=measurement_variance(scene, self.motion, self.noise_factor(scene)),
            log_entry=np.log(entry / (1 - entry)) + np.log(self._density.at(scene.centre, scene.unit)),
            group=group,
        )

    def exit_rate(self, group: IntArray, count: IntArray) -> FloatArray:
        """(T,) the probability that a detection is the last of its track.

        Args:
            group: (T,) group of the detection.
            count: (T,) detections of the track so far.
        """
        return np.clip(self.exits.rate(group, np.searchsorted(AGES, count)), 1e-4, LARGEST_EXIT)

    def noise_factor(self, scene: Scene) -> FloatArray:
        """(N,) factor on the measurement noise of each box of a scene."""
        return self._noise[noise_groups(scene.cover, scene.score, self._low_scores)]

    def codes(self, label: NDArray[np.int16]) -> IntArray:
        """(N,) classes in the numbering of the statistics; the last number is for unknown ones."""
        known = np.minimum(np.searchsorted(self._labels, label), len(self._labels) - 1)
        return np.where(self._labels[known] == label, known, len(self._labels)).astype(np.int64)

    def _own_features(self, scene: Scene, code: IntArray) -> FloatArray:
        """(N, 13) the features `OWN`."""
        evidence, rank = self._evidence.of_scores(scene.score)
        overlap, scores = overlaps(scene), self._evidence.scores
        percent: FloatArray | float = 0.5
        if self._scored:
            twice = np.searchsorted(scores, scene.score, "left") + np.searchsorted(scores, scene.score, "right")
            percent = twice / 2 / len(scores)
        columns = self._shared | {
            "score_rank": percent,
            "score_rank_in_long_tracks": rank,
            "score_evidence": evidence,
            "score_as_probability": scene.score if self._is_probability else np.nan,
            "cover": scene.cover,
            "better_overlap": overlap.better,
            "better_part": overlap.part,
            "size_surprise": np.abs(size_surprise(replace(scene, code=code), self._lines)),
            "at_border": scene.at_border,
        }
        features = np.empty((len(scene), len(OWN)))
        for column, name in enumerate(OWN):
            features[:, column] = columns[name]
        return features

    def _probability(self, features: FloatArray) -> FloatArray:
        rows = np.full((len(features), len(NAMES)), np.nan, np.float32)
        rows[:, OWN_COLUMNS] = features
        return self._alone.probability(rows)


def joined(parts: Sequence[NewDetections], scene: Scene, statistics: WindowStatistics) -> NewDetections:
    """The detections of several frames as one, of a `scene` that has all of them."""
    label, features, probability, variance, log_entry, group = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("label", "features", "probability", "variance", "log_entry", "group")
    )
    code = statistics.codes(label)
    return NewDetections(scene, label, code, features, probability, variance, log_entry, group)


def _shared_features(scene: Scene, number: IntArray, estimate: Estimate, newest: int) -> dict[str, FloatArray | float]:
    """The columns of `object_features` that are the same for all detections.

    In the first steps no track can be long yet: there, assumed values count.
    """
    known = float(np.clip((scene.steps - ENOUGH) / ENOUGH, 0, 1))
    length = np.bincount(number[scene.step <= newest + 1])
    long_share = float((length[length > 0] >= LONG).mean()) if len(length) else 0.0
    return {
        "long_share": known * long_share + (1 - known) * FIRST_LONG_SHARE,
        "usual_ratio": known * usual_ratio(estimate) + (1 - known) * FIRST_USUAL_RATIO,
        "company": float(np.log(len(scene) / scene.steps)),
    }


def _groups(probability: FloatArray, scene: Scene) -> IntArray:
    """(N,) the group of entry and exit rates: by the probability of being an object, and at the border or not."""
    return np.searchsorted(PROBABILITY_BOUNDS, probability) * 2 + scene.at_border


def _noise_by_group(group: IntArray, factor: FloatArray) -> FloatArray:
    """(12,) the factor on the measurement noise of each group, 1 where it is unknown."""
    table = np.ones(NOISE_GROUPS)
    table[group] = factor
    return table
