"""One-sided states: where an object is and how it moves, as told by the links before a detection, or after it.

A Kalman filter runs along each track, all tracks at once: the detections, sorted by track and time, are cut into
pieces of equal length, each filtered after a run-in over the detections before it. A filter forgets, so the run-in
decides nothing. Covariance grows after a surprise, as in the filter for Student's distribution (Roth, Özkan and
Gustafsson 2013).
"""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import (
    AXES,
    CENTRE,
    Motion,
    measurement_variance,
    own_size,
    transitions,
)
from siamlink.association.calibrated.scene import Scene, predecessors, track_numbers
from siamlink.detectors.base.arrays import FloatArray, IntArray

RUN_IN = 12
PIECE = 16
UNKNOWN = 1e10
"""Variance of a place of which nothing is known, in squares of the object's own size."""
LARGEST_SURPRISE = 400.0
FREE = 100.0
"""How much wider than the spread of velocities the prior of a state from the future is: it must not count twice."""


@dataclass(frozen=True)
class States:
    """States after N detections, per axis: mean and covariance of position and velocity, in pixels and logarithms.

    Attributes:
        place: (N, 4).
        velocity: (N, 4) per step, forward in time.
        place_variance: (N, 4).
        covariance: (N, 4) of place and velocity.
        velocity_variance: (N, 4).
    """

    place: FloatArray
    velocity: FloatArray
    place_variance: FloatArray
    covariance: FloatArray
    velocity_variance: FloatArray


@dataclass(frozen=True)
class Chain:
    """Detections along tracks, ready to be filtered: all columns (L,) or (L, 4) in the order of filtering.

    Attributes:
        place: what was measured.
        variance: of the measurement.
        unit: squared own size of each axis.
        gap: steps since the one before it; 0 at a track's start.
        prior: variance of the velocity at a track's start.
        variant: which of several transition tables applies.
        tail: degrees of freedom.
    """

    place: FloatArray
    variance: FloatArray
    unit: FloatArray
    gap: IntArray
    prior: FloatArray
    variant: IntArray
    tail: FloatArray


def one_sided_states(
    scene: Scene, motion: Motion, looseness: FloatArray, successor: IntArray, backward: bool = False
) -> States:
    """The state after each detection from what is linked before it, or with `backward` from what follows it.

    Args:
        scene: N detections.
        motion: the noise.
        looseness: (N,) how much worse than others each box is measured.
        successor: (N,) the next detection of the same track, -1 at its end.
        backward: from the future.
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
        variance=measurement_variance(scene, motion, looseness)[order],
        unit=unit[order],
        gap=gap[order],
        prior=(motion.spread**2 * unit * (FREE if backward else 1.0))[order],
        variant=np.zeros(len(scene), np.int64),
        tail=np.full(len(scene), motion.tail),
    )
    table = transitions(motion, max(int(gap.max(initial=0)), 1))[None]
    columns, _, _ = run(chain, table)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    place, velocity, pp, pv, vv = (column[back] for column in columns)
    sign = -1.0 if backward else 1.0
    return States(place, sign * velocity, pp, sign * pv, vv)


def run(chain: Chain, table: FloatArray) -> tuple[tuple[FloatArray, ...], FloatArray, FloatArray]:
    """Filter a chain of L detections.

    Args:
        chain: the detections in order.
        table: (variants, longest gap + 1, 5, 4) transitions.

    Returns:
        The five columns of states (L, 4) each, the innovations (L, 4) and their variances (L, 4); at a track's start
        the last two mean nothing.
    """
    count = len(chain.gap)
    if not count:
        none = np.zeros((0, AXES))
        return (none,) * 5, none, none
    pieces = -(-count // PIECE)
    row = np.arange(pieces)[None] * PIECE + np.arange(-RUN_IN, PIECE)[:, None]
    inside = np.clip(row, 0, count - 1)
    start = chain.gap[inside] == 0
    start[0] = True
    steps = table[chain.variant, np.minimum(chain.gap, table.shape[1] - 1)]
    unit = chain.unit
    reach, keep = steps[:, 0][inside], steps[:, 1][inside]
    noise, cross, turn = ((steps[:, n] * unit)[inside] for n in (2, 3, 4))
    reach[start] = keep[start] = cross[start] = 0.0
    noise[start] = UNKNOWN * unit[inside[start]]
    turn[start] = chain.prior[inside[start]]
    found = _filter(
        (chain.place[inside], chain.variance[inside], chain.tail[inside]), (reach, keep, noise, cross, turn)
    )
    flat = [column.transpose(1, 0, 2).reshape(-1, AXES)[:count] for column in found]
    return tuple(flat[:5]), flat[5], flat[6]


def _filter(seen: tuple[FloatArray, FloatArray, FloatArray], steps: tuple[FloatArray, ...]) -> list[FloatArray]:
    """Filter pieces side by side; all columns (length, pieces, 4). Returns seven columns without the run-in."""
    place, variance, tail = seen
    length, pieces, _ = place.shape
    out = [np.empty((length - RUN_IN, pieces, AXES)) for _ in range(7)]
    x = v = pp = pv = vv = np.zeros((pieces, AXES))
    for n in range(length):
        reach, keep, noise, cross, turn = (column[n] for column in steps)
        carried = reach * vv
        prior = pp + reach * (2 * pv + carried) + noise
        pv = keep * (pv + carried) + cross
        vv = keep * keep * vv + turn
        moved = x + reach * v
        surprise = place[n] - moved
        total = prior + variance[n]
        gain, gain_v = prior / total, pv / total
        x = moved + gain * surprise
        v = keep * v + gain_v * surprise
        square = surprise[:, CENTRE] ** 2 / total[:, CENTRE]
        grow = np.clip((tail[n] + square[:, 0] + square[:, 1]) / (tail[n] + 2), 1, LARGEST_SURPRISE)[:, None]
        pp = variance[n] * gain
        pp[:, CENTRE] *= grow
        vv = np.maximum(vv - gain_v * pv, 1e-12)
        pv = (1 - gain) * pv * grow
        vv = vv * grow
        if n >= RUN_IN:
            for column, value in zip(out, (x, v, pp, pv, vv, surprise, total), strict=True):
                column[n - RUN_IN] = value
    return out
