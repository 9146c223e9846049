"""What a learned model of links is told: calibrated likelihood ratios, and how a link stands among its rivals."""

import numpy as np

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.presence import ages
from siamlink.association.calibrated.program import best_other
from siamlink.association.calibrated.scene import Scene
from siamlink.association.calibrated.truth_features import Features
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
"""The columns of `link_features`."""


def link_features(scene: Scene, links: Links, successor: IntArray, truth: FloatArray, usual_ratio: float) -> Features:
    """The features of each link.

    Args:
        scene: N detections.
        links: P candidates.
        successor: (N,) the present links.
        truth: (N,) probability of each detection to be an object.
        usual_ratio: median ratio of the present links.

    Returns:
        (P, 22) float32, columns as in `NAMES`.
    """
    i, j, count = links.earlier, links.later, len(scene)
    age, rest = (np.log(column) for column in ages(successor))
    unit = np.log(scene.unit)
    apart = np.abs(scene.place[j, :2] - scene.place[i, :2]).max(1, initial=0)
    rank = np.argsort(np.argsort(scene.score, kind="stable"), kind="stable") / max(count, 1)
    # the place's density is taken per own size, so that it does not depend on pixels
    columns = (
        links.ratio,
        links.parts[:, 0] - 2 * unit[j],
        links.parts[:, 1] + 2 * unit[j],
        links.parts[:, 2],
        links.parts[:, 3],
        links.jumped,
        links.ratio - best_other(i, links.ratio, count),
        links.ratio - best_other(j, links.ratio, count),
        np.bincount(i, minlength=count)[i],
        np.bincount(j, minlength=count)[j],
        scene.step[j] - scene.step[i],
        apart / scene.unit[j],
        truth[i],
        truth[j],
        age[i],
        rest[j],
        scene.cover[i],
        scene.cover[j],
        rank[j] - rank[i],
        np.full(len(links), truth.mean()),
        np.full(len(links), np.log(count / scene.steps)),
        np.full(len(links), usual_ratio),
    )
    return np.column_stack(columns).astype(np.float32)
