"""The costs of the linear program, from probabilities."""

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.association.solvers.problem import LinkProblem
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.parameters import Parameters, Tunable, renamed
from siamlink.detectors.detections import Detections

CERTAIN = 1000.0
"""Nats; more than the other costs of a track come to."""


class CostParameters(Parameters):
    """Costs of the linear program in nats (negative natural logarithms of probabilities)."""

    entry: Annotated[float, Tunable(0.5, 15, log=True)] = Field(
        5.0, ge=0, le=100, description="cost in nats of the beginning of a track"
    )
    exit: float = Field(5.0, ge=0, le=100, description="cost in nats of the end of a track")
    detection_bias: Annotated[float, Tunable(-3, 3)] = Field(
        0.0,
        ge=-20,
        le=20,
        description="added to the cost of each detection, in nats; higher values keep fewer detections",
    )
    min_link_probability: Annotated[float, Tunable(0.01, 0.5, log=True)] = Field(
        0.05,
        gt=0,
        lt=1,
        description="links with a lower matching probability are not considered",
        json_schema_extra=renamed(former_name="smallest_link_probability"),
    )
    probability_floor: float = Field(
        0.02, gt=0, lt=0.5, description="probabilities of detections are kept at least this far from 0 and 1"
    )


def link_problem(
    detections: Detections,
    pairs: Pairs,
    link_probability: FloatArray,
    detection_probability: FloatArray,
    costs: CostParameters,
    gaps: GapPrior | None = None,
) -> LinkProblem:
    """The linear program of N detections and P candidate pairs.

    A link costs -log p, where p is its matching probability. A detection costs log((1 - q) / q), where q is the
    probability that it shows an object, as in Leal-Taixé et al. 2016 and Zhang et al. 2008. The beginning and
    the end of a track cost constants.

    Args:
        detections: N detections sorted by frame.
        pairs: P candidate pairs.
        link_probability: (P,).
        detection_probability: (N,).
        costs: in nats.
        gaps: the probabilities of gaps, if the matching probabilities do not contain them; links cost them in addition.
    """
    likely = link_probability >= costs.min_link_probability
    count, chosen, link = len(detections), pairs[likely], -np.log(link_probability[likely])
    return LinkProblem(
        frame=detections.frame,
        detection=detection_cost(detection_probability, costs),
        entry=np.full(count, costs.entry),
        exit=np.full(count, costs.exit),
        pairs=chosen,
        link=link + gaps.cost(chosen.gap(detections.frame)) if gaps else link,
    )


def detection_cost(probability: FloatArray, costs: CostParameters) -> FloatArray:
    """(N,) the costs of detections in nats, by the probabilities (N,) that they show objects."""
    q = np.minimum(np.maximum(probability, costs.probability_floor), 1 - costs.probability_floor)
    cost: FloatArray = np.log((1 - q) / q) + costs.detection_bias
    return cost


def hold_tracks(problem: LinkProblem, track_id: NDArray[np.int32]) -> LinkProblem:
    """The problem with some tracks fixed: no node comes before or into them, but others may follow them.

    Args:
        problem: N nodes in order of their frames: detections or tracklets.
        track_id: (N,) the fixed track of each node, 0 for a free node.
    """
    if not track_id.any():
        return problem
    chain, free = _chain(track_id), undecided(problem.pairs, track_id)
    return replace(
        problem,
        detection=np.where(track_id > 0, -CERTAIN, problem.detection),
        pairs=problem.pairs[free].followed_by(chain),
        link=np.append(problem.link[free], np.full(len(chain), -CERTAIN)),
    )


def undecided(pairs: Pairs, track_id: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(P,) which pairs of N nodes can still be linked where tracks are fixed; see `hold_tracks`."""
    open_end = np.ones(len(track_id), bool)
    open_end[_chain(track_id).earlier] = False
    possible: NDArray[np.bool_] = open_end[pairs.earlier] & (track_id[pairs.later] == 0)
    return possible


def _chain(track_id: NDArray[np.int32]) -> Pairs:
    """The links of the fixed tracks: each node and the next one of the same track."""
    fixed = np.flatnonzero(track_id)
    members = fixed[np.argsort(track_id[fixed], kind="stable")]
    follows = track_id[members[1:]] == track_id[members[:-1]]
    return Pairs(members[:-1][follows], members[1:][follows])
