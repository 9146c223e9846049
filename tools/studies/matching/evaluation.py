"""How well appearance models tell identities apart: pairs of detections, pairs of tracklets, one-shot trials."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.descriptors import Descriptors
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.verification_metrics import (
    Roc,
    average_precision,
    false_positive_rate_at,
    one_shot_accuracy,
    roc,
)
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence
from siamlink.tools.studies.matching.labelled_pairs import BLOCK, pooled_cosine, spread_crops
from siamlink.tools.studies.matching.samples import (
    Descriptions,
    MatchParameters,
    Samples,
    check_finite,
    describe_samples,
    draw_samples,
)

Score = NDArray[np.float32]


@dataclass(frozen=True)
class PairScore:
    """How well pairs of one identity and pairs of two are told apart; NaN where one kind is missing.

    Attributes:
        same: number of pairs of one identity.
        different: number of pairs of two.
        average_precision: see `verification_metrics.average_precision`; it depends on the share of `same`.
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
    """The measures of one appearance on one sequence.

    Attributes:
        sequence: its name.
        appearance: its name as given by the user.
        gaps: pairs of detections by range of gaps.
        tracklets: pairs of tracklets.
        ways: number of identities in a one-shot trial; 0 without trials.
        one_shot: the share of right trials; NaN without trials.
    """

    sequence: str
    appearance: str
    gaps: tuple[GapScore, ...]
    tracklets: PairScore
    ways: int
    one_shot: float


def measure(
    samples: Samples,
    descriptions: Descriptions,
    appearances: Appearances,
    parameters: MatchParameters,
    progress: Progress,
) -> Iterator[MatchResult]:
    """Measure each appearance on the samples."""
    sharpness, name = descriptions.sharpness, samples.sequence.name
    crops = [spread_crops(samples.detections, rows, parameters.crops, sharpness) for rows in samples.tracklets.rows]
    query, examples = np.broadcast_arrays(samples.query[:, None], samples.examples)
    trials = Pairs(np.minimum(query, examples).ravel(), np.maximum(query, examples).ravel())
    for done, (part, described) in enumerate(zip(appearances.parts, descriptions.described, strict=True)):
        progress(f"compare {name}", done, len(appearances.parts))
        gaps = [
            GapScore(each.first_gap, each.last_gap, PairScore.of(similarity(part, described, each.pairs), each.same))
            for each in samples.gaps
        ]
        tracklets = PairScore.of(pooled_similarity(part, described, crops, samples.pairs), samples.same)
        shown = similarity(part, described, trials).reshape(examples.shape)
        ways = examples.shape[1] if len(examples) else 0
        yield MatchResult(name, part.name, tuple(gaps), tracklets, ways, one_shot_accuracy(shown))
    progress(f"compare {name}", len(appearances.parts), len(appearances.parts))


def similarity(part: LoadedAppearance, described: Descriptors, pairs: Pairs) -> Score:
    """(P,) similarity of the two detections of each pair: the first feature that the appearance's `compare` returns.

    Raises:
        ModelError: the appearance failed, or a value is not finite.
    """
    values = np.zeros(len(pairs), np.float32)
    for start in range(0, len(pairs), BLOCK):
        rows = slice(start, start + BLOCK)
        compared = Appearances([part]).compare((described,), pairs.earlier[rows], pairs.later[rows])
        values[rows] = compared[0][:, 0]
    check_finite(part, values)
    return values


def pooled_similarity(part: LoadedAppearance, described: Descriptors, crops: list[IntArray], pairs: Pairs) -> Score:
    """(P,) similarity of the two tracklets of each pair, by their chosen crops.

    The cosine of the mean unit descriptors. An appearance with more than one feature of a pair has descriptors that are
    meaningful in pairs only: then the mean of the first feature over all pairs of crops.

    Args:
        part: the appearance.
        described: (N, D) descriptors of detections.
        crops: for each tracklet, the indices of its chosen detections.
        pairs: P pairs of tracklets.

    Raises:
        ModelError: as `similarity` does.
    """
    if len(part.feature_names) == 1 or not len(pairs):
        return pooled_cosine(described, crops, pairs)
    count = np.array([len(rows) for rows in crops])
    member, start = np.concatenate(crops), np.cumsum(count) - count
    total = np.zeros(len(pairs))
    for left, right in product(range(count.max()), repeat=2):
        there = np.flatnonzero((count[pairs.earlier] > left) & (count[pairs.later] > right))
        first, second = start[pairs.earlier[there]] + left, start[pairs.later[there]] + right
        total[there] += similarity(part, described, Pairs(member[first], member[second]))
    mean: Score = (total / (count[pairs.earlier] * count[pairs.later])).astype(np.float32)
    return mean


def evaluate_matches(
    sequences: Iterable[Sequence],
    detection_file: str,
    appearances: Appearances,
    parameters: MatchParameters,
    progress: Progress,
) -> list[MatchResult]:
    """Measure all appearances on all sequences, each of which is read once.

    Args:
        sequences: as `find_annotated` finds them.
        detection_file: in each of their folders.
        appearances: those to measure.
        parameters: the choice of samples.
        progress: receives frames described and appearances compared, by sequence.

    Raises:
        InputError: a file is malformed, or the frames of a sequence end before its detections do.
        ModelError: an appearance failed.
    """
    results: list[MatchResult] = []
    for samples in [draw_samples(sequence, detection_file, parameters) for sequence in sequences]:
        descriptions = describe_samples(samples, appearances, parameters.flow, progress)
        results += measure(samples, descriptions, appearances, parameters, progress)
    return results
