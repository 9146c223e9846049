"""From probabilities to the costs of the linear program."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.solvers import LinkProblem
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.detections import Detections

FloatArray = NDArray[np.float64]
CERTAIN = 1000.0
"""Nats that no other costs outweigh."""


class CostParameters(Parameters):
    """Costs of the linear program in nats (negative natural logarithms of probabilities)."""

    entry: float = Field(5.0, ge=0, le=100, description="cost of a track's beginning")
    exit: float = Field(5.0, ge=0, le=100, description="cost of a track's end")
    detection_bias: float = Field(
        0.0, ge=-20, le=20, description="added to every detection's cost; above 0 asks for more evidence"
    )
    smallest_link_probability: float = Field(0.05, gt=0, lt=1, description="less likely links are left out")
    probability_floor: float = Field(
        0.02, gt=0, lt=0.5, description="detection probabilities are kept this far from 0 and 1"
    )


def link_problem(
    detections: Detections,
    pairs: Pairs,
    link_probability: FloatArray,
    detection_probability: FloatArray,
    costs: CostParameters,
) -> LinkProblem:
    """The linear program of N detections and P candidate pairs.

    A link costs -log P(next), a detection log((1 - q) / q) with q its probability of being a person, as in Leal-Taixé
    et al. 2016 and Zhang et al. 2008; beginning and ending a track cost constants.
    """
    likely = link_probability >= costs.smallest_link_probability
    q = np.clip(detection_probability, costs.probability_floor, 1 - costs.probability_floor)
    count = len(detections)
    return LinkProblem(
        frame=detections.frame,
        detection=np.log((1 - q) / q) + costs.detection_bias,
        entry=np.full(count, costs.entry),
        exit=np.full(count, costs.exit),
        pairs=pairs[likely],
        link=-np.log(link_probability[likely]),
    )


def hold_tracks(problem: LinkProblem, track_id: NDArray[np.int32]) -> LinkProblem:
    """The problem with some tracks given beforehand: nothing comes before or into them, but others may follow them.

    Args:
        problem: N nodes in order of their frames: detections or tracklets.
        track_id: (N,) the given track that each is part of, 0 for those that are free.
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
    """(P,) which links between N nodes are still possible if tracks are held: see `hold_tracks`."""
    last_ids = np.ones(len(track_id), bool)
    last_ids[_chain(track_id).earlier] = False
    possible: NDArray[np.bool_] = last_ids[pairs.earlier] & (track_id[pairs.later] == 0)
    return possible


def _chain(track_id: NDArray[np.int32]) -> Pairs:
    """The links of tracks: each node (N,) and the next one of the same track."""
    held = np.flatnonzero(track_id)
    members = held[np.argsort(track_id[held], kind="stable")]
    follows = track_id[members[1:]] == track_id[members[:-1]]
    return Pairs(members[:-1][follows], members[1:][follows])
