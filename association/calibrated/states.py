"""One-sided states: centre, velocity and sides, estimated from the detections up to one, or from that one on.

A Kalman filter runs along each track and takes in one edge after the other. All tracks are filtered at once: the
detections, sorted by track and time, are cut into pieces of equal length. Each piece is filtered after a warm-up over
the detections before it. The influence of old detections decays, so the start of the warm-up hardly changes the
result. Covariance grows after a large innovation, as in the filter for Student's distribution (Roth, Özkan and
Gustafsson 2013).
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import (
    DIMENSIONS,
    Motion,
    measurement_variance,
    own_size,
    transitions,
)
from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray

WARM_UP = 12
"""Detections filtered before each piece."""
PIECE = 16
"""Detections of each piece."""
UNKNOWN_VARIANCE = 1e6
"""Prior variance of centre and side at a track's start, in squares of the object's own size."""
LARGEST_GROWTH = 400.0
"""Largest factor on the covariance after one innovation."""
BACKWARD_PRIOR = 100.0
"""Factor on the prior variance of velocity for backward states: the forward state already contains the prior."""


C, S, V = range(3)
"""Rows of the mean of a state: centre, side, velocity."""
CC, CS, CV, SS, SV, VV = range(6)
"""Rows of its covariance."""
STATE, INNOVATION, COLUMNS = slice(0, 9), slice(9, 13), 13
"""Columns of the filter."""


@dataclass(frozen=True)
class States:
    """States after N detections, per dimension, in pixels and steps.

    Attributes:
        mean: (3, N, 2) centre, side and velocity, forward in time.
        covariance: (6, N, 2) of centre, side and velocity; rows CC, CS, CV, SS, SV and VV.
    """

    mean: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class Chain:
    """Detections along tracks, input of the filter: all columns (L,) or (L, 2) in the order of filtering.

    Attributes:
        place: (L, 4) centre and sides.
        variance: the variance of a measured edge.
        unit: (L, 1) the squared own size.
        gap: steps since the detection before it; 0 at a track's start.
        prior: variance of the velocity at a track's start.
        variant: (L,) index of the transition table.
        tail: degrees of freedom of the innovations.
    """

    place: FloatArray
    variance: FloatArray
    unit: FloatArray
    gap: IntArray
    prior: FloatArray
    variant: IntArray
    tail: FloatArray


def one_sided_states(
    scene: Scene, motion: Motion, noise_factor: FloatArray, successor: IntArray, backward: bool = False
) -> States:
    """The state at each detection, from it and the earlier detections of its track, or with `backward` the later ones.

    Args:
        scene: N detections.
        motion: the noise parameters.
        noise_factor: (N,) factor on the measurement noise of each box.
        successor: (N,) the next detection of the same track, -1 at its end.
        backward: filter against the direction of time.
    """
    number = track_numbers(successor)
    order = np.argsort(number, kind="stable")
    other = predecessors(successor)
    if backward:
        order, other = order[::-1], successor
    gap = np.where(other >= 0, np.abs(scene.step - scene.step[other]), 0)
    unit = own_size(scene)
    chain = Chain(
        place=scene.place[order],
        variance=measurement_variance(scene, motion, noise_factor)[order],
        unit=unit[order],
        gap=gap[order],
        prior=(motion.velocity_spread**2 * unit * (BACKWARD_PRIOR if backward else 1.0))[order],
        variant=np.zeros(len(scene), np.int64),
        tail=np.full(len(scene), motion.tail),
    )
    table = transitions(motion, max(int(gap.max(initial=0)), 1))[None]
    states = filter_chain(chain, table, STATE)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    mean, covariance = states[:3, rank], states[3:, rank]
    if backward:
        mean[V] *= -1
        covariance[[CV, SV]] *= -1
    return States(mean, covariance)


def filter_chain(chain: Chain, table: FloatArray, columns: slice) -> FloatArray:
    """Filter a chain of L detections.

    Args:
        chain: the detections in order.
        table: (variants, longest gap + 1, 6, 2) transitions.
        columns: `STATE` or `INNOVATION`.

    Returns:
        With `STATE` (9, L, 2): three rows of means and six of covariances. With `INNOVATION` (4, L, 2): the innovations
        of the lower and the upper edge, and their variances; these are undefined at a track's start.
    """
    count = len(chain.gap)
    pieces = max(-(-count // PIECE), 1)
    row = np.arange(pieces)[None] * PIECE + np.arange(-WARM_UP, PIECE)[:, None]
    if not count:
        return np.zeros((len(range(COLUMNS)[columns]), 0, DIMENSIONS))
    inside = np.clip(row, 0, count - 1)
    gap, unit = chain.gap[inside], chain.unit[inside]
    start = gap == 0
    start[0] = True
    longest = table.shape[1] - 1
    index = chain.variant[inside] * (longest + 1) + np.minimum(gap, longest)
    rows = table.reshape(-1, *table.shape[2:])
    steps = [np.take(rows[:, n], index, axis=0) for n in range(table.shape[2])]
    steps[2:] = [step * unit for step in steps[2:]]
    for step in (steps[0], steps[1], steps[3]):
        step[start] = 0
    steps[2][start] = steps[5][start] = UNKNOWN_VARIANCE * unit[start]
    steps[4][start] = chain.prior[inside[start]]
    half = chain.place[:, 2:] / 2
    edges = (chain.place[:, :2] - half)[inside], (chain.place[:, :2] + half)[inside]
    out = _filter(edges, chain.variance[inside], chain.tail[inside], steps, columns)
    return out.transpose(1, 2, 0, 3).reshape(out.shape[1], -1, DIMENSIONS)[:, :count]


def _filter(
    edges: tuple[FloatArray, FloatArray],
    variance: FloatArray,
    tail: FloatArray,
    steps: list[FloatArray],
    columns: slice,
) -> FloatArray:
    """Filter pieces side by side.

    Args:
        edges: measured lower and upper edges, each (length, pieces, 2).
        variance: (length, pieces, 2) of both.
        tail: (length, pieces) degrees of freedom.
        steps: six rows of transitions, each (length, pieces, 2).
        columns: of the result.

    Returns:
        (length - WARM_UP, columns, pieces, 2) of means, covariances, innovations of both edges and their variances.
    """
    length, pieces, _ = variance.shape
    out = np.empty((length - WARM_UP, len(range(COLUMNS)[columns]), pieces, DIMENSIONS))
    c = s = v = cc = cs = cv = ss = sv = vv = np.zeros((pieces, DIMENSIONS))
    for n in range(length):
        reach, decay, noise, cross, velocity_noise, side_noise = (step[n] for step in steps)
        part = reach * vv
        cc, cs = cc + reach * (2 * cv + part) + noise, cs + reach * sv
        cv, sv, vv = decay * (cv + part) + cross, decay * sv, decay * decay * vv + velocity_noise
        ss = ss + side_noise
        c, v = c + reach * v, decay * v
        freedom = tail[n][:, None]
        seen = []
        for edge, sign in zip(edges, (-0.5, 0.5), strict=True):
            pc, ps, pv = cc + sign * cs, cs + sign * ss, cv + sign * sv
            total = pc + sign * ps + variance[n]
            innovation = edge[n] - c - sign * s
            gain_c, gain_s, gain_v = pc / total, ps / total, pv / total
            c, s, v = c + gain_c * innovation, s + gain_s * innovation, v + gain_v * innovation
            grow = np.clip((freedom + innovation * innovation / total) / (freedom + 1), 1, LARGEST_GROWTH)
            cc, cs, cv = (cc - gain_c * pc) * grow, (cs - gain_c * ps) * grow, (cv - gain_c * pv) * grow
            ss, sv = (ss - gain_s * ps) * grow, (sv - gain_s * pv) * grow
            vv = np.maximum(vv - gain_v * pv, 1e-12) * grow
            seen += [innovation, total]
        if n >= WARM_UP:
            found = (c, s, v, cc, cs, cv, ss, sv, vv, seen[0], seen[2], seen[1], seen[3])[columns]
            for column, value in enumerate(found):
                out[n - WARM_UP, column] = value
    return out
