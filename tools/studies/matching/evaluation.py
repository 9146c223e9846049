"""How well appearances tell people apart: on pairs of detections and of tracklets, and in one-shot trials."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, Descriptors, LoadedAppearance
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.verification_metrics import (
    Roc,
    average_precision,
    false_positive_rate_at,
    one_shot_accuracy,
    roc,
)
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence
from siamlink.tools.studies.matching.labelled_pairs import BLOCK, pooled_cosine, spread_crops
from siamlink.tools.studies.matching.questions import IntArray, Looks, MatchEvalParameters, Questions, ask, look

Score = NDArray[np.float32]


@dataclass(frozen=True)
class PairScore:
    """How well pairs of one person are told from pairs of two; NaN where there are none of one kind.

    Attributes:
        same: pairs of one person.
        different: pairs of two.
        average_precision: see `pair_metrics.average_precision`; it depends on the share of `same`.
        fpr95: the share of `different` accepted where 95 % of `same` are.
        roc: the curve.
    """

    same: int
    different: int
    average_precision: float
    fpr95: float
    roc: Roc

    @classmethod
    def of(cls, score: Score, same: NDArray[np.bool_]) -> "PairScore":
        """Score the pairs (P,)."""
        count, both = int(same.sum()), bool(same.any() and not same.all())
        measures = (average_precision(score, same), false_positive_rate_at(score, same)) if both else (np.nan, np.nan)
        return cls(count, len(same) - count, *measures, roc(score, same))


@dataclass(frozen=True)
class GapScore:
    """The score of pairs of detections from `first_gap` to `last_gap` frames apart."""

    first_gap: int
    last_gap: int
    score: PairScore


@dataclass(frozen=True)
class MatchResult:
    """What one appearance came to on one sequence.

    Attributes:
        sequence: its name.
        appearance: as it was named by the user.
        gaps: pairs of detections by range of gaps.
        tracklets: pairs of tracklets.
        ways: people among whom the one-shot trials choose; 0 without trials.
        one_shot: the share of them that was right, NaN without trials.
    """

    sequence: str
    appearance: str
    gaps: tuple[GapScore, ...]
    tracklets: PairScore
    ways: int
    one_shot: float


def measure(
    questions: Questions, looks: Looks, appearances: Appearances, parameters: MatchEvalParameters, progress: Progress
) -> Iterator[MatchResult]:
    """Answer the questions by each appearance."""
    sharpness, name = looks.sharpness, questions.sequence.name
    crops = [spread_crops(questions.detections, rows, parameters.crops, sharpness) for rows in questions.tracklets.rows]
    query, examples = np.broadcast_arrays(questions.query[:, None], questions.examples)
    trials = Pairs(np.minimum(query, examples).ravel(), np.maximum(query, examples).ravel())
    for done, (part, described) in enumerate(zip(appearances.parts, looks.described, strict=True)):
        progress(f"compare {name}", done, len(appearances.parts))
        gaps = [
            GapScore(each.first_gap, each.last_gap, PairScore.of(likeness(part, described, each.pairs), each.same))
            for each in questions.gaps
        ]
        tracklets = PairScore.of(pooled_likeness(part, described, crops, questions.pairs), questions.same)
        shown = likeness(part, described, trials).reshape(examples.shape)
        ways = examples.shape[1] if len(examples) else 0
        yield MatchResult(name, part.name, tuple(gaps), tracklets, ways, one_shot_accuracy(shown))
    progress(f"compare {name}", len(appearances.parts), len(appearances.parts))


def likeness(part: LoadedAppearance, described: Descriptors, pairs: Pairs) -> Score:
    """(P,) how alike the two detections of each pair look: what the appearance's `compare` says first.

    Raises:
        ModelError: it failed, or said something that is not finite.
    """
    said = np.zeros(len(pairs), np.float32)
    for start in range(0, len(pairs), BLOCK):
        rows = slice(start, start + BLOCK)
        compared = Appearances([part]).compare((described,), pairs.earlier[rows], pairs.later[rows])
        said[rows] = compared[0][:, 0]
    if not np.isfinite(said).all():
        raise ModelError(f"appearance '{part.name}' says of some pairs what is not finite")
    return said


def pooled_likeness(part: LoadedAppearance, described: Descriptors, crops: list[IntArray], pairs: Pairs) -> Score:
    """(P,) how alike the two tracklets of each pair look by their chosen crops.

    The cosine of the mean unit descriptors; or, where the appearance says more than one thing of a pair, and so has
    descriptors that mean something in pairs only, the mean of the first over all pairs of crops.

    Args:
        part: the appearance.
        described: (N, D) descriptors of detections.
        crops: for each tracklet, the detections chosen of it.
        pairs: P pairs of tracklets.

    Raises:
        ModelError: as `likeness` does.
    """
    if len(part.feature_names) == 1 or not len(pairs):
        return pooled_cosine(described, crops, pairs)
    count = np.array([len(rows) for rows in crops])
    member, start = np.concatenate(crops), np.cumsum(count) - count
    total = np.zeros(len(pairs))
    for left, right in product(range(count.max()), repeat=2):
        there = np.flatnonzero((count[pairs.earlier] > left) & (count[pairs.later] > right))
        first, second = start[pairs.earlier[there]] + left, start[pairs.later[there]] + right
        total[there] += likeness(part, described, Pairs(member[first], member[second]))
    mean: Score = (total / (count[pairs.earlier] * count[pairs.later])).astype(np.float32)
    return mean


def evaluate_matches(
    sequences: Iterable[Sequence],
    detection_file: str,
    appearances: Appearances,
    parameters: MatchEvalParameters,
    progress: Progress,
) -> list[MatchResult]:
    """Measure all appearances on all sequences, each of which is read once.

    Args:
        sequences: as `find_annotated` finds them.
        detection_file: in each of their folders.
        appearances: those to measure.
        parameters: what they are asked.
        progress: told of frames looked at and appearances compared, by sequence.

    Raises:
        InputError: a file is malformed, or the frames of a sequence end before its detections do.
        ModelError: an appearance failed.
    """
    results: list[MatchResult] = []
    for questions in [ask(sequence, detection_file, parameters) for sequence in sequences]:
        looks = look(questions, appearances, parameters.flow, progress)
        results += measure(questions, looks, appearances, parameters, progress)
    return results
