"""Networks on the pairs of an ablation: their features, scores and speed, and the open pairs for tracking."""

import statistics
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, ComparedPairs
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.patches import Patches
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import Float32Array
from siamlink.tools.studies.ablation.folds import Fold
from siamlink.tools.studies.ablation.networks import LARGEST_DESCRIPTOR, PatchAppearance, describe
from siamlink.tools.studies.ablation.patches import NO_PAIRS, PairSample, SequencePatches
from siamlink.tools.studies.ablation.study import Measure, measure
from siamlink.tools.studies.matching.evaluation import PairScore
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tracker.parameters import TrackerParameters

BLOCK = 2048
"""Pairs compared together: near in time, so that large descriptors of all their detections fit into memory."""
GATHERED = 256
"""Pairs whose large descriptors are gathered together; fewer than `BLOCK`, as they are copied."""
TIMED_PATCHES, TIMED_PAIRS, REPEATS = 256, 512, 3


class Comparison:
    """Compares pairs of the N detections of one sequence.

    Small descriptors are computed once for all; those of networks of pairs, which are as large as the patches, for one
    block of pairs after the other.

    Args:
        appearance: the network.
        patches: N of them.
    """

    def __init__(self, appearance: PatchAppearance, patches: Patches) -> None:
        self._appearance, self._patches = appearance, patches
        size = appearance.describe_patches(patches[:1]).shape[1] if len(patches) else 0
        self._described = describe(appearance, patches) if size < LARGEST_DESCRIPTOR else None

    def compare(self, pairs: Pairs) -> Float32Array:
        """(P, F) the features of P pairs."""
        if self._described is not None:
            blocks = [np.arange(len(pairs))]
        else:
            blocks = np.array_split(np.argsort(pairs.earlier), -(-len(pairs) // BLOCK) or 1)
        features = np.zeros((len(pairs), len(self._appearance.feature_names)), np.float32)
        for rows in blocks:
            features[rows] = self._compare(pairs[rows])
        return features

    def _compare(self, pairs: Pairs) -> Float32Array:
        if self._described is not None:
            return self._appearance.compare(self._described[pairs.earlier], self._described[pairs.later])
        used, place = np.unique(np.concatenate([pairs.earlier, pairs.later]), return_inverse=True)
        described = describe(self._appearance, self._patches[used])
        earlier, later = place[: len(pairs)], place[len(pairs) :]
        starts = range(0, max(1, len(pairs)), GATHERED)
        parts = [slice(start, start + GATHERED) for start in starts]
        return np.concatenate(
            [self._appearance.compare(described[earlier[part]], described[later[part]]) for part in parts]
        )


def score_pairs(comparisons: dict[str, Comparison], samples: list[PairSample]) -> dict[str, Measure]:
    """AP and FPR95 of pairs of detections and of tracklets, by sequence.

    The similarity of two tracklets is the mean over their pairs of crops of the first feature.
    """
    detections = {each.name: _score(comparisons[each.name], each.pairs, each.same) for each in samples}
    tracklets = {each.name: _score_tracklets(comparisons[each.name], each) for each in samples}
    return _measures("", detections) | _measures("tracklet ", tracklets)


def _score(comparison: Comparison, pairs: Pairs, same: NDArray[np.bool_]) -> PairScore:
    return PairScore.of(comparison.compare(pairs)[:, 0], same)


def _score_tracklets(comparison: Comparison, sample: PairSample) -> PairScore:
    count = len(sample.same_tracklet)
    total = np.bincount(sample.owner, comparison.compare(sample.crops)[:, 0], minlength=count)
    mean = total / np.maximum(np.bincount(sample.owner, minlength=count), 1)
    return PairScore.of(mean.astype(np.float32), sample.same_tracklet)


def _measures(kind: str, scores: dict[str, PairScore]) -> dict[str, Measure]:
    return {
        f"{kind}AP": measure({name: score.average_precision for name, score in scores.items()}),
        f"{kind}FPR95": measure({name: score.fpr95 for name, score in scores.items()}),
    }


def as_appearance(name: str, appearance: PatchAppearance) -> Appearances:
    """A network in the form that the tracker takes."""
    return Appearances([LoadedAppearance(name, name, appearance)])


@dataclass(frozen=True)
class OpenPairs:
    """The pairs of the public detections of a video that context leaves open to one of the folds.

    Attributes:
        video: the video.
        rows: (K,) their indices among the candidate pairs.
        pairs: the same pairs, as indices into the sequence's patches.
    """

    video: AnnotatedVideo
    rows: NDArray[np.intp]
    pairs: Pairs

    def compared(self, comparison: Comparison) -> AnnotatedVideo:
        """The video with its open pairs compared by a network."""
        example = self.video.public
        row = np.full(len(example.pairs), -1, np.int64)
        row[self.rows] = np.arange(len(self.rows))
        compared = replace(example, compared=ComparedPairs(row, (comparison.compare(self.pairs),)))
        examples = tuple(compared if each is example else each for each in self.video.examples)
        return replace(self.video, examples=examples)


def find_open(
    video: AnnotatedVideo, cut: SequencePatches, folds: list[Fold], parameters: TrackerParameters
) -> OpenPairs:
    """The open pairs of a video."""
    example, matchers = video.public, {fold.left_out: fold.matcher for fold in folds}.values()
    gate = parameters.appearance_gate
    open_to = [gate.leaves_open(matcher.context_probability(example.features)) for matcher in matchers]
    rows, place = np.flatnonzero(np.any(open_to, axis=0)), cut.rows(example.detections)
    return OpenPairs(video, rows, Pairs(place[example.pairs.earlier[rows]], place[example.pairs.later[rows]]))


def pairs_a_second(appearance: PatchAppearance, cut: SequencePatches) -> float:
    """Pairs of detections per second that a network describes and compares, with two pairs per detection."""
    rows = np.arange(TIMED_PATCHES) % max(1, len(cut.image))
    patches = cut.patches(rows)
    earlier, later = np.random.default_rng(0).integers(0, TIMED_PATCHES, (2, TIMED_PAIRS))
    Comparison(appearance, patches[:8]).compare(NO_PAIRS)
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        Comparison(appearance, patches).compare(Pairs(earlier, later))
        taken.append(time.perf_counter() - start)
    return TIMED_PAIRS / statistics.median(taken)
