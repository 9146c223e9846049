"""The features of the model of links: terms of the likelihood ratio, and margins over competing candidates."""

import numpy as np

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.object_features import Features
from siamlink.association.calibrated.program import best_other
from siamlink.association.calibrated.rates import ages
from siamlink.association.calibrated.scene import Scene
from siamlink.detectors.base.arrays import FloatArray, IntArray

NAMES = (
    "ratio",
    "rates",
    "place",
    "velocity",
    "size",
    "jumped",
    "margin_earlier",
    "margin_later",
    "rivals_earlier",
    "rivals_later",
    "gap",
    "distance",
    "truth_earlier",
    "truth_later",
    "age",
    "rest",
    "cover_earlier",
    "cover_later",
    "score_step",
    "truth_share",
    "company",
    "usual_ratio",
)
"""The columns of `link_features`, named as in the model file; "rivals" are all candidates at the same detection."""
WORDS = {
    "ratio": "motion, size and rates together",
    "rates": "rates of tracks that end and begin",
    "place": "distance from the predicted position",
    "velocity": "change of velocity",
    "size": "relative size",
    "jumped": "jump of an edge of the box",
    "margin_earlier": "margin over other boxes after the first",
    "margin_later": "margin over other boxes before the second",
    "rivals_earlier": "number of boxes that may follow the first",
    "rivals_later": "number of boxes that may precede the second",
    "gap": "gap",
    "distance": "distance between the boxes",
    "truth_earlier": "first box is an object",
    "truth_later": "second box is an object",
    "age": "length of the track before",
    "rest": "length of the track after",
    "cover_earlier": "first box covered by others",
    "cover_later": "second box covered by others",
    "score_step": "change of score",
    "truth_share": "share of boxes that are objects in the video",
    "company": "boxes per frame",
    "usual_ratio": "usual certainty of links in the video",
}
"""The same in plain words, for explanations."""


def link_features(
    scene: Scene, links: Links, successor: IntArray, probability: FloatArray, median_ratio: float
) -> Features:
    """The features of each link.

    Args:
        scene: N detections.
        links: P candidates.
        successor: (N,) the present links.
        probability: (N,) that each detection is an object.
        median_ratio: median ratio of the present links.

    Returns:
        (P, 22) float32, columns as in `NAMES`.
    """
    i, j = links.earlier, links.later
    age, rest = (np.log(column) for column in ages(successor))
    count = len(scene)
    rank = np.argsort(np.argsort(scene.score, kind="stable"), kind="stable") / max(count, 1)
    columns = (
        *_ratio_columns(scene, links),
        *_candidate_columns(scene, links),
        probability[i],
        probability[j],
        age[i],
        rest[j],
        scene.cover[i],
        scene.cover[j],
        rank[j] - rank[i],
        np.full(len(links), probability.mean()),
        np.full(len(links), np.log(count / scene.steps)),
        np.full(len(links), median_ratio),
    )
    return np.column_stack(columns).astype(np.float32)


def _ratio_columns(scene: Scene, links: Links) -> tuple[FloatArray, ...]:
    """The ratio and its terms, from "ratio" to "jumped"; the density of the place is per squared own size."""
    unit = np.log(scene.unit[links.later])
    rates, place, velocity, size = links.parts.T
    return links.ratio, rates - 2 * unit, place + 2 * unit, velocity, size, links.jumped


def _candidate_columns(scene: Scene, links: Links) -> tuple[FloatArray | IntArray, ...]:
    """Margins over competing candidates, gap and distance, from "margin_earlier" to "distance"."""
    i, j, count = links.earlier, links.later, len(scene)
    apart = np.abs(scene.place[j, :2] - scene.place[i, :2]).max(1, initial=0)
    return (
        links.ratio - best_other(i, links.ratio, count),
        links.ratio - best_other(j, links.ratio, count),
        np.bincount(i, minlength=count)[i],
        np.bincount(j, minlength=count)[j],
        scene.step[j] - scene.step[i],
        apart / scene.unit[j],
    )
