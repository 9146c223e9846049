"""Candidate links between the detections of a scene, with their likelihood ratios."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.appearance.separation import LARGEST
from siamlink.association.calibrated.appearance import Appearance
from siamlink.association.calibrated.estimate import LONGEST_GAP, Estimate, Fixed, usual_ratio
from siamlink.association.calibrated.learned import LINK_BONUS, LearnedLinks
from siamlink.association.calibrated.likelihood import LinkModel, Links
from siamlink.association.calibrated.link_features import link_features
from siamlink.association.calibrated.object_features import Features
from siamlink.association.calibrated.scene import Scene, pairs_within, portions, predecessors
from siamlink.association.calibrated.states import two_sided_states
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray

LEAST_LEARNED = -LINK_BONUS
"""Nats; the correction cannot raise a lower ratio above 0."""
CERTAIN = 6.0
"""Nats; detections with a link to the next step of at least this ratio are no candidates for longer gaps."""


def candidate_links(
    scene: Scene,
    estimate: Estimate,
    longest: int,
    fixed: Fixed | None = None,
    least: float = 0.0,
) -> Links:
    """Links whose likelihood ratio is above `least` nats, over gaps up to `longest` steps.

    Detections with a certain link to the next step are no candidates for longer gaps. The ends of fixed links are no
    candidates.
    """
    longest = min(longest, estimate.rates.longest)
    model = link_model(scene, estimate, longest)
    successor = estimate.successor
    before = predecessors(successor)
    source, target = estimate.active, estimate.active
    if fixed is not None:
        source = source & (fixed.successor < 0)
        target = target & (predecessors(fixed.successor) < 0) & (np.arange(len(scene)) >= fixed.count)
    parts = list(_of_gaps(scene, model, np.flatnonzero(source), np.flatnonzero(target), (1, 1), least))
    if longest > 1:
        certain = (successor >= 0) & (estimate.ratio >= CERTAIN) & (scene.step[successor] - scene.step == 1)
        reached = (before >= 0) & certain[before]
        parts += _of_gaps(
            scene, model, np.flatnonzero(source & ~certain), np.flatnonzero(target & ~reached), (2, longest), least
        )
    return join(parts)


def link_model(scene: Scene, estimate: Estimate, longest: int) -> LinkModel:
    """The model of likelihood ratios, with states estimated along the present links."""
    forward, backward = two_sided_states(scene, estimate.motion, estimate.noise_factor, estimate.successor)
    return LinkModel(scene, estimate.motion, estimate.rates, forward, backward, longest)


def _of_gaps(
    scene: Scene, model: LinkModel, earlier: IntArray, later: IntArray, gaps: tuple[int, int], least: float
) -> list[Links]:
    """Candidate links between some detections, over a range of gaps, in parts of limited size."""
    low, high = gaps
    parts = []
    for part in portions(scene.step[earlier], scene.step[later], gaps):
        rows = earlier[part]
        i, j = pairs_within(scene.step[rows], scene.step[later], low, high)
        i, j = rows[i], later[j]
        i, j = model.near(i, j)
        parts.append(model.links(i, j, least))
    return parts


def join(parts: list[Links]) -> Links:
    """All links of several parts."""
    return Links(
        np.concatenate([part.earlier for part in parts]),
        np.concatenate([part.later for part in parts]),
        np.concatenate([part.ratio for part in parts]),
        np.concatenate([part.jumped for part in parts]),
        np.concatenate([part.parts for part in parts]),
    )


@dataclass(frozen=True)
class CorrectedLinks:
    """P candidate links with what corrects their ratios.

    Attributes:
        links: with their likelihood ratios.
        likely: (P,) which of them the model of links corrects.
        features: (L, F) of these.
        ratio: (P,) corrected, and with that of the appearance.
    """

    links: Links
    likely: BoolArray
    features: Features
    ratio: FloatArray

    @property
    def chosen(self) -> Links:
        """Those of ratios above 0, with these."""
        return replace(self.links, ratio=self.ratio)[self.ratio > 0]


def corrected_links(
    scene: Scene,
    estimate: Estimate,
    alone: FloatArray,
    learned: LearnedLinks,
    fixed: Fixed | None = None,
    appearance: Appearance | None = None,
) -> CorrectedLinks:
    """Candidate links with ratios corrected by the model of links.

    Args:
        scene: N detections.
        estimate: the present links and rates.
        alone: (N,) probability that each detection is an object, from its own features.
        learned: the model of links.
        fixed: what does not change.
        appearance: adds its own ratio; then less likely links are candidates too, which the model does not correct.
    """
    least = LEAST_LEARNED - (LARGEST if appearance else 0)
    links = candidate_links(scene, estimate, LONGEST_GAP, fixed, least)
    likely = links.ratio > LEAST_LEARNED
    features = link_features(scene, links[likely], estimate.successor, alone, usual_ratio(estimate))
    ratio = links.ratio.copy()
    ratio[likely] = learned.corrected(links[likely], features)
    if appearance:
        ratio = appearance.added(ratio, estimate.successor, links)
    return CorrectedLinks(links, likely, features, ratio)
