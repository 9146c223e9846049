"""One-sided states: position and velocity, estimated from the detections up to one, or from that one on.

A Kalman filter runs along each track. All tracks are filtered at once: the detections, sorted by track and time, are
cut into pieces of equal length. Each piece is filtered after a warm-up over the detections before it. The influence of
old detections decays, so the start of the warm-up hardly changes the result. Covariance grows after a large
innovation, as in the filter for Student's distribution (Roth, Özkan and Gustafsson 2013).
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

WARM_UP = 12
"""Detections filtered before each piece."""
PIECE = 16
"""Detections of each piece."""
UNKNOWN_VARIANCE = 1e10
"""Prior variance of the place at a track's start, in squares of the object's own size."""
LARGEST_GROWTH = 400.0
"""Largest factor on the covariance after one innovation."""
BACKWARD_PRIOR = 100.0
"""Factor on the prior variance of velocity for backward states: the forward state already contains the prior."""


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
    """Detections along tracks, input of the filter: all columns (L,) or (L, 4) in the order of filtering.

    Attributes:
        place: the measurement.
        variance: its variance.
        unit: the squared unit of each axis; see `own_size`.
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
    columns, _, _ = filter_chain(chain, table)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    place, velocity, pp, pv, vv = (column[rank] for column in columns)
    sign = -1.0 if backward else 1.0
    return States(place, sign * velocity, pp, sign * pv, vv)


def filter_chain(chain: Chain, table: FloatArray) -> tuple[tuple[FloatArray, ...], FloatArray, FloatArray]:
    """Filter a chain of L detections.

    Args:
        chain: the detections in order.
        table: (variants, longest gap + 1, 5, 4) transitions.

    Returns:
        The five columns of states (L, 4) each, the innovations (L, 4) and their variances (L, 4). The last two are
        undefined at a track's start.
    """
    count = len(chain.gap)
    if not count:
        none = np.zeros((0, AXES))
        return (none,) * 5, none, none
    pieces = -(-count // PIECE)
    row = np.arange(pieces)[None] * PIECE + np.arange(-WARM_UP, PIECE)[:, None]
    inside = np.clip(row, 0, count - 1)
    start = chain.gap[inside] == 0
    start[0] = True
    steps = table[chain.variant, np.minimum(chain.gap, table.shape[1] - 1)]
    unit = chain.unit
    reach, decay = steps[:, 0][inside], steps[:, 1][inside]
    noise, cross, velocity_noise = ((steps[:, n] * unit)[inside] for n in (2, 3, 4))
    reach[start] = decay[start] = cross[start] = 0.0
    noise[start] = UNKNOWN_VARIANCE * unit[inside[start]]
    velocity_noise[start] = chain.prior[inside[start]]
    columns = _filter(
        (chain.place[inside], chain.variance[inside], chain.tail[inside]), (reach, decay, noise, cross, velocity_noise)
    )
    flat = [column.transpose(1, 0, 2).reshape(-1, AXES)[:count] for column in columns]
    return tuple(flat[:5]), flat[5], flat[6]


def _filter(measurements: tuple[FloatArray, FloatArray, FloatArray], steps: tuple[FloatArray, ...]) -> list[FloatArray]:
    """Filter pieces side by side; all columns (length, pieces, 4). Returns seven columns without the warm-up."""
    place, variance, tail = measurements
    length, pieces, _ = place.shape
    out = [np.empty((length - WARM_UP, pieces, AXES)) for _ in range(7)]
    x = v = pp = pv = vv = np.zeros((pieces, AXES))
    for n in range(length):
        reach, decay, noise, cross, velocity_noise = (column[n] for column in steps)
        state, innovation, total = filter_step(
            (x, v, pp, pv, vv), (reach, decay, noise, cross, velocity_noise), (place[n], variance[n], tail[n])
        )
        x, v, pp, pv, vv = state
        if n >= WARM_UP:
            for column, value in zip(out, (x, v, pp, pv, vv, innovation, total), strict=True):
                column[n - WARM_UP] = value
    return out


def filter_step(
    state: tuple[FloatArray, ...], step: tuple[FloatArray, ...], measurement: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[tuple[FloatArray, ...], FloatArray, FloatArray]:
    """One step of M filters.

    Args:
        state: place, velocity, variance of place, covariance, variance of velocity; each (M, 4).
        step: the columns of `transitions`, noise in pixels; each (M, 4).
        measurement: place (M, 4), its variance (M, 4), and the degrees of freedom (M,).

    Returns:
        The state after the measurement, the innovation (M, 4) and its variance (M, 4).
    """
    x, v, pp, pv, vv = state
    reach, decay, noise, cross, velocity_noise = step
    place, variance, tail = measurement
    velocity_part = reach * vv
    prior = pp + reach * (2 * pv + velocity_part) + noise
    pv = decay * (pv + velocity_part) + cross
    vv = decay * decay * vv + velocity_noise
    predicted = x + reach * v
    innovation = place - predicted
    total = prior + variance
    gain, gain_v = prior / total, pv / total
    square = innovation[:, CENTRE] ** 2 / total[:, CENTRE]
    grow = np.clip((tail + square[:, 0] + square[:, 1]) / (tail + 2), 1, LARGEST_GROWTH)[:, None]
    pp = variance * gain
    pp[:, CENTRE] *= grow
    vv = np.maximum(vv - gain_v * pv, 1e-12)
    state = (predicted + gain * innovation, decay * v + gain_v * innovation, pp, (1 - gain) * pv * grow, vv * grow)
    return state, innovation, total
