"""What a network says of the pairs of an ablation, how fast, and what tracking makes of it."""

import statistics
import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, Comparisons, LoadedAppearance
from siamlink.association.appearance.patches import Patches
from siamlink.association.pairs.candidates import Pairs
from siamlink.tools.studies.ablation.folds import Fold
from siamlink.tools.studies.ablation.networks import LARGEST_DESCRIPTOR, Look, describe
from siamlink.tools.studies.ablation.patches import NO_PAIRS, Asked, Seen
from siamlink.tools.studies.ablation.study import Measure, measure
from siamlink.tools.studies.matching.evaluation import PairScore
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tracker.parameters import TrackerParameters

PAIRS_AT_ONCE = 2048
"""Near in time, so that few enough detections are part of them to keep large descriptors of all."""
GATHERED = 256
"""Pairs whose large descriptors are gathered together."""
TIMED_PATCHES, TIMED_PAIRS, REPEATS = 256, 512, 3
FloatArray = NDArray[np.float32]


class Answers:
    """Compares pairs of the N detections of one sequence.

    Small descriptors are made once for all; those of networks of pairs, which are as large as the patches themselves,
    for one block of pairs after the other.

    Args:
        look: describes and compares.
        patches: N of them.
    """

    def __init__(self, look: Look, patches: Patches) -> None:
        self._look, self._patches = look, patches
        size = look.describe_patches(patches[:1]).shape[1] if len(patches) else 0
        self._described = describe(look, patches) if size < LARGEST_DESCRIPTOR else None

    def compare(self, pairs: Pairs) -> FloatArray:
        """(P, F) the features of P pairs."""
        if self._described is not None:
            blocks = [np.arange(len(pairs))]
        else:
            blocks = np.array_split(np.argsort(pairs.earlier), -(-len(pairs) // PAIRS_AT_ONCE) or 1)
        said = np.zeros((len(pairs), len(self._look.feature_names)), np.float32)
        for rows in blocks:
            said[rows] = self._compare(pairs[rows])
        return said

    def _compare(self, pairs: Pairs) -> FloatArray:
        if self._described is not None:
            return self._look.compare(self._described[pairs.earlier], self._described[pairs.later])
        used, place = np.unique(np.concatenate([pairs.earlier, pairs.later]), return_inverse=True)
        described = describe(self._look, self._patches[used])
        earlier, later = place[: len(pairs)], place[len(pairs) :]
        starts = range(0, max(1, len(pairs)), GATHERED)
        parts = [slice(start, start + GATHERED) for start in starts]
        return np.concatenate([self._look.compare(described[earlier[part]], described[later[part]]) for part in parts])


def score_pairs(answers: dict[str, Answers], asked: list[Asked]) -> dict[str, Measure]:
    """AP and FPR95 of pairs of detections and of tracklets, by sequence.

    Two tracklets are as alike as their crops are on average, by what the network was trained to say.
    """
    detections = {each.name: _score(answers[each.name], each.pairs, each.same) for each in asked}
    tracklets = {each.name: _score_tracklets(answers[each.name], each) for each in asked}
    return _measures("", detections) | _measures("tracklet ", tracklets)


def _score(answers: Answers, pairs: Pairs, same: NDArray[np.bool_]) -> PairScore:
    return PairScore.of(answers.compare(pairs)[:, 0], same)


def _score_tracklets(answers: Answers, asked: Asked) -> PairScore:
    count = len(asked.same_tracklet)
    total = np.bincount(asked.owner, answers.compare(asked.crops)[:, 0], minlength=count)
    mean = total / np.maximum(np.bincount(asked.owner, minlength=count), 1)
    return PairScore.of(mean.astype(np.float32), asked.same_tracklet)


def _measures(kind: str, scores: dict[str, PairScore]) -> dict[str, Measure]:
    return {
        f"{kind}AP": measure({name: score.average_precision for name, score in scores.items()}),
        f"{kind}FPR95": measure({name: score.fpr95 for name, score in scores.items()}),
    }


def as_appearance(name: str, look: Look) -> Appearances:
    """A network as the tracker takes it."""
    return Appearances([LoadedAppearance(name, name, look)])


@dataclass(frozen=True)
class OpenPairs:
    """The pairs of the public detections of a video that context leaves open to one of the folds.

    Attributes:
        video: it.
        asked: (K,) which of the candidate pairs they are.
        pairs: the same, as indices into all detections that were seen.
    """

    video: AnnotatedVideo
    asked: NDArray[np.intp]
    pairs: Pairs

    def answered(self, answers: Answers) -> AnnotatedVideo:
        """The video, its public detections compared by a network."""
        example = self.video.public
        row = np.full(len(example.pairs), -1, np.int64)
        row[self.asked] = np.arange(len(self.asked))
        compared = replace(example, compared=Comparisons(row, (answers.compare(self.pairs),)))
        examples = tuple(compared if each is example else each for each in self.video.examples)
        return replace(self.video, examples=examples)


def find_open(video: AnnotatedVideo, seen: Seen, folds: list[Fold], parameters: TrackerParameters) -> OpenPairs:
    """The open pairs of a video."""
    example, matchers = video.public, {fold.left_out: fold.matcher for fold in folds}.values()
    gate = parameters.appearance_gate
    open_to = [gate.leaves_open(matcher.context_probability(example.features)) for matcher in matchers]
    asked, place = np.flatnonzero(np.any(open_to, axis=0)), seen.rows(example.detections)
    return OpenPairs(video, asked, Pairs(place[example.pairs.earlier[asked]], place[example.pairs.later[asked]]))


def pairs_a_second(look: Look, seen: Seen) -> float:
    """Pairs of detections that a network answers in a second, twice as many as there are detections to describe."""
    rows = np.arange(TIMED_PATCHES) % max(1, len(seen.image))
    patches = seen.patches(rows)
    earlier, later = np.random.default_rng(0).integers(0, TIMED_PATCHES, (2, TIMED_PAIRS))
    Answers(look, patches[:8]).compare(NO_PAIRS)
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        Answers(look, patches).compare(Pairs(earlier, later))
        taken.append(time.perf_counter() - start)
    return TIMED_PAIRS / statistics.median(taken)
