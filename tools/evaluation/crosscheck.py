"""A second opinion on the scores, from py-motmetrics; and where it counts differently from TrackEval.

Identity (IDF1, IDP, IDR) is the same to the last digit. CLEAR differs by three rules of py-motmetrics:

- An object stays on the track of its last match, however long ago that was; in TrackEval only on that of the frame
  before. Other matches then change FP, FN, IDSW, MOTA, MOTP, MT and ML. With TrackEval's matches they are the same.
- Mostly tracked begins at a ratio of 0.8; in TrackEval it must exceed 0.8.
- Frag is how often an object is lost between its first and its last match. TrackEval counts how often it is found
  again, skips frames without any ground truth or any track, and takes a gap in the ground truth for a loss.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.tools.evaluation.events import clear_matches
from siamlink.tools.evaluation.ground_truth import MATCH_IOU, SequencePair
from siamlink.tools.evaluation.report import Evaluation

COMPARED = ("MOTA", "IDF1", "IDSW", "FP", "FN")
LARGEST_DIFFERENCE = 1e-9
"""Of two figures that count as the same; ratios are in percent."""
NAMES = {
    "mota": "MOTA",
    "motp": "MOTP",
    "idf1": "IDF1",
    "idp": "IDP",
    "idr": "IDR",
    "mostly_tracked": "MT",
    "mostly_lost": "ML",
    "num_false_positives": "FP",
    "num_misses": "FN",
    "num_switches": "IDSW",
    "num_fragmentations": "Frag",
}


@dataclass(frozen=True)
class Difference:
    """A score of a sequence, or of one of its classes, that py-motmetrics computes differently."""

    sequence: str
    metric: str
    ours: float
    theirs: float

    def __str__(self) -> str:
        return f"{self.sequence} {self.metric} {self.ours:.6g}, there {self.theirs:.6g}"


def crosscheck(evaluation: Evaluation, pairs: Iterable[SequencePair]) -> list[Difference]:
    """Compute `COMPARED` again by py-motmetrics; its CLEAR counts the matches that TrackEval makes.

    Args:
        evaluation: the scores.
        pairs: what was scored.

    Returns:
        What differs, in the order of the pairs; those without ground-truth boxes are skipped.
    """
    differences = []
    for pair in pairs:
        if not len(pair.truth):
            continue
        theirs = motmetrics_summary(pair, clear_matches(pair)) | {"IDF1": motmetrics_summary(pair)["IDF1"]}
        of_class = evaluation.classes.get(pair.class_name) if pair.class_name else None
        ours = (of_class.sequences if of_class else evaluation.sequences)[pair.name]
        name = f"{pair.name} {pair.class_name}" if of_class else pair.name
        differences += [
            Difference(name, metric, getattr(ours, metric), theirs[metric])
            for metric in COMPARED
            if abs(getattr(ours, metric) - theirs[metric]) > LARGEST_DIFFERENCE
        ]
    return differences


def motmetrics_summary(
    pair: SequencePair, matches: list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None = None
) -> dict[str, float]:
    """The figures of py-motmetrics for a sequence, by the names that `Scores` has; ratios in percent.

    Args:
        pair: ground truth with at least one row, and tracks.
        matches: the pairs that may be matched, as `clear_matches` gives them; Identity is limited to them, too.
            None: every pair with an IoU of at least one half, and py-motmetrics chooses by its own rules.
    """
    import motmetrics

    truth_label, track_label = pair.truth_label, pair.track_label
    accumulator = motmetrics.MOTAccumulator()
    for index, (truth, tracks, similarity) in enumerate(pair.by_frame()):
        distance = np.where(similarity < MATCH_IOU, np.nan, 1 - similarity)
        if matches is not None:
            rows, columns = matches[index][0] - truth.start, matches[index][1] - tracks.start
            allowed = np.full(distance.shape, np.nan)
            allowed[rows, columns] = distance[rows, columns]
            distance = allowed
        accumulator.update(truth_label[truth], track_label[tracks], distance, frameid=int(pair.frames[index]))
    computed: dict[str, Any] = motmetrics.metrics.create().compute(
        accumulator, metrics=list(NAMES), return_dataframe=False
    )
    summary = {ours: float(computed[theirs]) for theirs, ours in NAMES.items()}
    summary["MOTP"] = 1 - summary["MOTP"]
    return {
        name: 100 * value if name.startswith(("MOT", "IDF", "IDP", "IDR")) else value for name, value in summary.items()
    }
