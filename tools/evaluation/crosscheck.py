"""motmetrics as the second witness of our counts, and what exactly it counts differently from TrackEval.

Identity (IDF1, IDP, IDR) is the same to the last digit. Its CLEAR differs by three rules of its own:

- It keeps a person on the track of its last match, however long ago that was; TrackEval only on the track of the frame
  before. Other matches then change FP, FN, IDSW, MOTA, MOTP, MT and ML. With TrackEval's matches they are the same.
- Mostly tracked begins at a ratio of 0.8; TrackEval demands more than 0.8.
- Frag is how often a person is lost between its first and its last match; TrackEval counts how often it is found again,
  passes over frames without any ground truth or any track, and takes a gap in the ground truth for a loss.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.tools.evaluation.ground_truth import MATCH_IOU, SequencePair

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


def motmetrics_summary(
    pair: SequencePair, matches: list[tuple[NDArray[np.intp], NDArray[np.intp]]] | None = None
) -> dict[str, float]:
    """What motmetrics says of a sequence, from our distances, by the names that `Scores` has; ratios in percent.

    Args:
        pair: ground truth with at least one row, and tracks.
        matches: the pairs that may be matched, as `clear_matches` gives them; Identity then only knows of these too.
            None: every pair with an IoU of at least one half, of which motmetrics chooses by its own rules.
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
    found: dict[str, Any] = motmetrics.metrics.create().compute(
        accumulator, metrics=list(NAMES), return_dataframe=False
    )
    summary = {ours: float(found[theirs]) for theirs, ours in NAMES.items()}
    summary["MOTP"] = 1 - summary["MOTP"]
    return {
        name: 100 * value if name.startswith(("MOT", "IDF", "IDP", "IDR")) else value for name, value in summary.items()
    }
