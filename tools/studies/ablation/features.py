"""Context alone, appearance alone and both, by boosted trees on pairs of detections without their rivals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.boosting.booster import WeightedExamples, train_booster
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import PAIR_FEATURES, PAPER_FEATURES, pair_features, past_motion
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.training.ground_truth import GroundTruth, is_same_video, read_ground_truth
from siamlink.association.training.link_training import TrainingParameters
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence
from siamlink.tools.studies.ablation.patches import FIRST_GAP
from siamlink.tools.studies.ablation.study import Measure, Row, measure
from siamlink.tools.studies.matching.evaluation import PairScore
from siamlink.tools.studies.matching.samples import MatchParameters, Samples, describe_samples, draw_samples

CONTEXT_FEATURES = (*PAPER_FEATURES, "gap_frames", "gap_seconds", "distance", "iou", "score_earlier", "score_later")
CONTEXT, APPEARANCE, BOTH = "context only", "CNN only", "CNN with context"
TOGETHER = f"{FIRST_GAP}+"
Features = NDArray[np.float32]
Same = NDArray[np.bool_]


@dataclass(frozen=True)
class Example:
    """Pairs of detections of one sequence, the gaps one after the other.

    Attributes:
        name: of the sequence.
        truth: ground truth, to recognise sequences of one video.
        gap: (P,) the least gap of the range that each of P pairs belongs to.
        same: (P,) whether both detections are one identity.
        features: (P, F) for each of `CONTEXT`, `APPEARANCE` and `BOTH`.
    """

    name: str
    truth: GroundTruth
    gap: NDArray[np.int64]
    same: Same
    features: dict[str, Features]


def make_examples(
    sequences: list[Sequence], appearance: Appearances, parameters: MatchParameters, progress: Progress
) -> list[Example]:
    """Draw pairs of every sequence with frames and describe them; sequences without any pair are left out."""
    examples = []
    for sequence in sequences:
        samples = draw_samples(sequence, "det/det.txt", parameters)
        if samples.gaps:
            examples.append(_make_example(samples, appearance, parameters, progress))
    return examples


def _make_example(
    samples: Samples, appearance: Appearances, parameters: MatchParameters, progress: Progress
) -> Example:
    pairs = Pairs(
        np.concatenate([each.pairs.earlier for each in samples.gaps]),
        np.concatenate([each.pairs.later for each in samples.gaps]),
    )
    described = describe_samples(samples, appearance, parameters.flow, progress).described
    compared = np.hstack(appearance.compare(described, pairs.earlier, pairs.later))
    context = _context(samples, pairs)
    return Example(
        samples.sequence.name,
        read_ground_truth(samples.sequence),
        np.repeat([each.first_gap for each in samples.gaps], [len(each.pairs) for each in samples.gaps]),
        np.concatenate([each.same for each in samples.gaps]),
        {CONTEXT: context, APPEARANCE: compared, BOTH: np.hstack([context, compared])},
    )


def _context(samples: Samples, pairs: Pairs) -> Features:
    sequence = samples.sequence
    assert sequence.frame_rate is not None
    rank = SceneStatistics.of(sequence.read_detections()).score_rank(samples.detections)
    motion = past_motion(samples.detections, pairs)
    features = pair_features(samples.detections, pairs, rank, sequence.frame_rate, motion)
    return features[:, [PAIR_FEATURES.index(name) for name in CONTEXT_FEATURES]]


def measure_features(
    examples: list[Example], tested: list[str], parameters: TrainingParameters, progress: Progress
) -> dict[str, Row]:
    """How well each kind of features tells pairs apart, by range of gaps and for all of `FIRST_GAP` or more frames.

    Args:
        examples: of all sequences.
        tested: the names of those to test, each by trees trained on the sequences of other videos.
        parameters: of the trees.
        progress: receives the sequences tested.

    Raises:
        InputError: there is no other video to learn from, or no pairs of both kinds.
    """
    scores: dict[str, dict[str, dict[str, PairScore]]] = {name: {} for name in (CONTEXT, APPEARANCE, BOTH)}
    shown = [example for example in examples if example.name in tested]
    for done, example in enumerate(shown):
        others = [other for other in examples if not _one_video(other, example)]
        for kind, by_name in scores.items():
            predicted = _boost(others, kind, parameters).inplace_predict(example.features[kind])
            by_name[example.name] = _by_gap(np.asarray(predicted, np.float32), example)
        progress("train on pairs", done + 1, len(shown))
    return {kind: Row(measures=_measures(by_name)) for kind, by_name in scores.items()}


def _one_video(one: Example, other: Example) -> bool:
    return one is other or is_same_video(one.truth, other.truth)


def _by_gap(score: Features, example: Example) -> dict[str, PairScore]:
    groups = {gap_name(int(first)): example.gap == first for first in np.unique(example.gap)}
    groups[TOGETHER] = example.gap >= FIRST_GAP
    return {name: PairScore.of(score[rows], example.same[rows]) for name, rows in groups.items()}


def gap_name(first: int) -> str:
    """The name of a range of gaps, in frames; the last range may end early."""
    return f"{first}-{2 * first - 1}" if first > 1 else "1"


def _measures(by_name: dict[str, dict[str, PairScore]]) -> dict[str, Measure]:
    known = {gap for scores in by_name.values() for gap in scores}
    gaps = sorted(known, key=lambda gap: (gap == TOGETHER, int(gap.partition("-")[0].strip("+"))))
    fields = {"AP": "average_precision", "FPR95": "fpr95"}
    return {
        f"{name} {gap}": measure(
            {sequence: getattr(scores[gap], field) for sequence, scores in by_name.items() if gap in scores}
        )
        for name, field in fields.items()
        for gap in gaps
    }


def _boost(examples: list[Example], kind: str, parameters: TrainingParameters) -> Any:
    """Trees like those of the link model, with equal weight for all sequences, whatever their number of pairs."""
    parts = [
        WeightedExamples(example.features[kind], example.same, np.full(len(example.same), 1 / len(example.same)))
        for example in examples
    ]
    names = [f"f{place}" for place in range(parts[0].features.shape[1])] if parts else []
    return train_booster(
        parts,
        names,
        "pairs of one object and pairs of two, in another video than the tested one",
        parameters,
        rounds=parameters.link_rounds,
        max_depth=parameters.link_depth,
        reg_lambda=5.0,
    )
