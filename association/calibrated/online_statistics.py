"""What the recent past tells about new detections: probabilities of being objects, noise, entry and exit rates.

All of it is learned from the detections of a window and their links, and applied to the detections of later frames.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.calibrated.interpolation import gaps_of_links, missed_objects
from siamlink.association.calibrated.likelihood import transition_columns
from siamlink.association.calibrated.motion import measurement_variance
from siamlink.association.calibrated.noise import low_scores, noise_groups
from siamlink.association.calibrated.object_features import (
    LONG,
    NAMES,
    Features,
    ScoreEvidence,
    overlaps,
    size_lines,
    size_surprise,
)
from siamlink.association.calibrated.object_model import ObjectModel
from siamlink.association.calibrated.rates import (
    AGES,
    LARGEST_EXIT,
    PROBABILITY_BOUNDS,
    DensityMap,
    RateTable,
    ages,
)
from siamlink.association.calibrated.rounds import Estimate, usual_ratio
from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray

ONLINE_NAMES = (*(name for name in NAMES if name not in ("from_end", "gap_after")), "steps")
"""The features of the online model of objects: those of `object_features` that need no future, and the number of steps
so far."""
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
        features: columns of `object_features` that do not depend on tracks, each (N,).
        probability: (N,) that each is an object, from these features.
        variance: (N, 4) of the measurement.
        log_entry: (N,) logarithm of the expected number of tracks that begin per step and square pixel.
        group: (N,) group of the exit rate.
    """

    scene: Scene
    label: NDArray[np.int16]
    code: IntArray
    features: dict[str, FloatArray]
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
        self._density = DensityMap(scene, np.ones(len(scene)))
        self.log_gap, self.longest, self.mean_gap = (
            estimate.rates.log_gap,
            estimate.rates.longest,
            estimate.rates.mean_gap,
        )
        self.missed = missed_objects(scene, gaps_of_links(scene, estimate.successor)[1])
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
        known = np.minimum(np.searchsorted(self._labels, label), len(self._labels) - 1)
        code = np.where(self._labels[known] == label, known, len(self._labels)).astype(np.int64)
        features = self._own_features(scene, code)
        probability = self._probability(features)
        group = _groups(probability, scene)
        entry = np.clip(self.entries.rate(group), 1e-4, 0.9)
        factor = self._noise[noise_groups(scene.cover, scene.score, self._low_scores)]
        return NewDetections(
            scene=scene,
            label=label,
            code=code,
            features=features,
            probability=probability,
            variance=measurement_variance(scene, self.motion, factor),
            log_entry=np.log(entry / (1 - entry)) + np.log(self._density.at(scene.in_picture, scene.unit)),
            group=group,
        )

    def exit_rate(self, group: IntArray, count: IntArray) -> FloatArray:
        """(T,) the probability that a detection is the last of its track.

        Args:
            group: (T,) group of the detection.
            count: (T,) detections of the track so far.
        """
        return np.clip(self.exits.rate(group, np.searchsorted(AGES, count)), 1e-4, LARGEST_EXIT)

    def _own_features(self, scene: Scene, code: IntArray) -> dict[str, FloatArray]:
        """The columns of `object_features` that do not depend on tracks."""
        evidence, rank = self._evidence.of_scores(scene.score)
        overlap, scores = overlaps(scene), self._evidence.scores
        percent = np.full(len(scene), 0.5)
        if self._scored:
            twice = np.searchsorted(scores, scene.score, "left") + np.searchsorted(scores, scene.score, "right")
            percent = twice / 2 / len(scores)
        missing = np.full(len(scene), np.nan)
        shared = {name: np.full(len(scene), value) for name, value in self._shared.items()}
        return shared | {
            "score_rank": percent,
            "score_rank_in_long_tracks": rank,
            "score_evidence": evidence,
            "score_as_probability": scene.score if self._is_probability else missing,
            "cover": scene.cover,
            "better_overlap": overlap.better,
            "better_part": overlap.part,
            "size_surprise": np.abs(size_surprise(replace(scene, code=code), self._lines)),
            "at_border": scene.at_border.astype(np.float64),
        }

    def _probability(self, features: dict[str, FloatArray]) -> FloatArray:
        return self._alone.probability(feature_rows(features, len(features["cover"]), self._alone.names))


def feature_rows(features: dict[str, FloatArray], count: int, names: tuple[str, ...]) -> Features:
    """(count, F) the named columns; those that are not given are missing values."""
    rows = np.full((count, len(names)), np.nan, np.float32)
    for column, name in enumerate(names):
        if name in features:
            rows[:, column] = features[name]
    return rows


def _shared_features(scene: Scene, number: IntArray, estimate: Estimate, newest: int) -> dict[str, float]:
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
