"""One-sided states: position and velocity, estimated from the detections up to one, or from that one on.

A Kalman filter runs along each track. All tracks are filtered at once: the detections, sorted by track and time, are
cut into pieces of equal length. Each piece is filtered after a warm-up over the detections before it. The influence of
old detections decays, so the start of the warm-up hardly changes the result. Covariance grows after a large
innovation, as in the filter for Student's distribution (Roth, Özkan and Gustafsson 2013).

In the filter, axes come first and pieces last, as numpy is fastest along the last dimension. Only the two axes of the
centre have a velocity.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.motion import (
    AXES,
    CENTRE,
    Motion,
    measurement_variance,
    transition_tables,
)
from siamlink.association.calibrated.scene import Scene, track_numbers
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
START, BACKWARD_START = 0, -1
"""Entries of a step table for the start of a track; see `step_table`."""
OF_LINKS = ("jump_probability", "neighbour_size")
"""Parameters of motion that the states do not depend on."""
KEPT_STATES = 2
"""States of so many different links are kept with a scene."""

FilterState = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
"""Place (4, M), velocity (2, M), variance of place (4, M), covariance (2, M) and variance of velocity (2, M)."""
FilterStep = tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]
"""Reach, decay, covariance and variance of velocity (2, M), and variance of place (4, M); see `transitions`."""


@dataclass(frozen=True)
class States:
    """States after N detections, per axis: mean and covariance of position and velocity, in pixels and logarithms.

    Attributes:
        place: (N, 4).
        velocity: (N, 4) per step, forward in time; 0 for sides, as all that follows.
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
    """L detections along tracks, in the order of filtering, from a track's start on.

    Attributes:
        row: (L,) their rows.
        entry: (L,) the entry of a step table by which the filter comes to each.
        start: (L,) the entry by which a track would start with it.
    """

    row: IntArray
    entry: IntArray
    start: IntArray


class Pieces:
    """Chains cut into P pieces. All columns are (PIECE, 1 + P): first comes a piece that is only warmed up with.

    Each chain begins with such a piece, which repeats its first detection, and ends with repetitions of its last one.

    Attributes:
        row, entry, start: of the detections; see `Chain`.
    """

    def __init__(self, chains: Sequence[Chain]) -> None:
        places = [_in_pieces(len(chain.row)) for chain in chains]
        cut = list(zip(chains, places, strict=True))
        self.row: IntArray = np.hstack([chain.row[place] for chain, place in cut])
        self.entry: IntArray = np.hstack([chain.entry[place] for chain, place in cut])
        self.start: IntArray = np.hstack([chain.start[place] for chain, place in cut])
        self._first = np.cumsum([0, *(place.shape[1] for place in places)])

    def __len__(self) -> int:
        return int(self.row.shape[1]) - 1

    def of_chain(self, number: int, position: IntArray) -> IntArray:
        """(M,) the entries of columns (..., PIECE * P) at positions (M,) of a chain."""
        place: IntArray = position % PIECE * len(self) + position // PIECE + self._first[number]
        return place


def _in_pieces(count: int) -> IntArray:
    """(PIECE, 1 + P) positions of a chain: the first one, then all in pieces, the last one repeated to their end."""
    length = -(-count // PIECE) * PIECE
    return np.clip(np.arange(-PIECE, length), 0, count - 1).reshape(-1, PIECE).T


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
    return _states(scene, motion, noise_factor, successor, (backward,))[0]


def two_sided_states(
    scene: Scene, motion: Motion, noise_factor: FloatArray, successor: IntArray
) -> tuple[States, States]:
    """The forward and the backward states; see `one_sided_states`.

    Rounds of linking often end with the links that they began with, so the last states are kept with the scene.
    """
    inputs = [value for name, value in vars(motion).items() if name not in OF_LINKS]
    key = b"".join(np.asarray(each).tobytes() for each in (*inputs, noise_factor, successor))
    if key not in scene.memory:
        forward, backward = _states(scene, motion, noise_factor, successor, (False, True))
        for oldest in list(scene.memory)[: 1 - KEPT_STATES]:
            del scene.memory[oldest]
        scene.memory[key] = forward, backward
    both: tuple[States, States] = scene.memory[key]
    return both


def _states(
    scene: Scene, motion: Motion, noise_factor: FloatArray, successor: IntArray, sides: tuple[bool, ...]
) -> list[States]:
    """The states of some sides, False for forward and True for backward; all run through the filter together."""
    count = len(scene)
    if not count:
        return [States(*np.zeros((5, 0, AXES)))] * len(sides)
    order = np.argsort(track_numbers(successor), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(count)
    linked = np.flatnonzero(successor >= 0)
    steps, chains = scene.step[successor[linked]] - scene.step[linked], []
    for backward in sides:
        start = np.full(count, BACKWARD_START if backward else START)
        entry, row = start.copy(), order[::-1] if backward else order
        entry[linked if backward else successor[linked]] = steps
        chains.append(Chain(row, entry[row], start))
    pieces, table = Pieces(chains), step_table([motion], int(steps.max(initial=1)))
    variance = np.ascontiguousarray(measurement_variance(scene, motion, noise_factor).T)[:, pieces.row]
    place, square = np.ascontiguousarray(scene.place.T)[:, pieces.row], (scene.unit**2)[pieces.row]
    tail = np.full(pieces.row.shape, motion.tail)
    columns = _collected(
        state for state, _, _ in filtered(pieces, table[:, 0], Measurements(place, variance, square, tail))
    )
    found = []
    for number, backward in enumerate(sides):
        at = pieces.of_chain(number, count - 1 - rank if backward else rank)
        x, v, pp, pv, vv = (column[at] for column in columns)
        found.append(States(x, -v, pp, -pv, vv) if backward else States(x, v, pp, pv, vv))
    return found


def _collected(states: Iterable[FilterState]) -> list[FloatArray]:
    """Five columns (PIECE * P, 4) of the states of all steps; 0 for the velocity of sides."""
    columns = []
    for parts in zip(*states, strict=True):
        column = np.zeros((len(parts), parts[0].shape[-1], AXES))
        column[:, :, : len(parts[0])] = np.stack(parts).transpose(0, 2, 1)
        columns.append(column.reshape(-1, AXES))
    return columns


def step_table(motions: Sequence[Motion], longest: int) -> FloatArray:
    """(12, T, longest + 2) the steps of the filter over gaps of 1 to `longest` steps, for each of T motions.

    The rows are those of `FilterStep`, lengths in the object's own size. The entries `START` and `BACKWARD_START` begin
    a track: nothing is known of the state before.
    """
    table = np.empty((12, len(motions), longest + 2))
    tables = transition_tables(motions, longest)
    reach, decay, noise, cross, velocity_noise = tables.transpose(1, 3, 2, 0)
    for row, column in enumerate((reach, decay, cross, velocity_noise)):
        table[2 * row : 2 * row + 2, :, :-1] = column[CENTRE]
    table[8:, :, :-1] = noise
    spread = np.stack([motion.velocity_spread[CENTRE] ** 2 for motion in motions], axis=1)
    table[:6, :, [START, BACKWARD_START]] = 0
    table[6:8, :, START], table[6:8, :, BACKWARD_START] = spread, spread * BACKWARD_PRIOR
    table[8:, :, [START, BACKWARD_START]] = UNKNOWN_VARIANCE
    return table


@dataclass(frozen=True)
class Measurements:
    """The detections of P pieces; see `Pieces`.

    Attributes:
        place: (4, PIECE, 1 + P).
        variance: (4, PIECE, 1 + P) of the place.
        square: (PIECE, 1 + P) squared own sizes.
        tail: (PIECE, 1 + P) degrees of freedom of the innovations.
    """

    place: FloatArray
    variance: FloatArray
    square: FloatArray
    tail: FloatArray


def filtered(
    pieces: Pieces, table: FloatArray, measured: Measurements
) -> Iterator[tuple[FilterState, FloatArray, FloatArray]]:
    """Filter P pieces side by side.

    Args:
        pieces: the detections.
        table: (12, G) the steps of `step_table`, to which the pieces have entries.
        measured: the detections.

    Yields:
        For each of the PIECE detections of all pieces: the state, with columns (axes, P), the innovation (4, P) and its
        variance (4, P). The last two are undefined at a track's start.
    """
    wide, narrow = np.zeros((AXES, len(pieces))), np.zeros((2, len(pieces)))
    state = wide, narrow, wide, narrow, narrow
    for n in range(-WARM_UP, PIECE):
        at = (..., n % PIECE, slice(-1) if n < 0 else slice(1, None))
        step = table.take((pieces.start if n == -WARM_UP else pieces.entry)[at], axis=1)
        step[4:10] *= measured.square[at]
        columns = step[:2], step[2:4], step[4:6], step[6:8], step[8:]
        measurement = measured.place[at], measured.variance[at], measured.tail[at]
        state, innovation, total = filter_step(state, columns, measurement)
        if n >= 0:
            yield state, innovation, total


def filter_step(
    state: FilterState, step: FilterStep, measurement: tuple[FloatArray, FloatArray, FloatArray]
) -> tuple[FilterState, FloatArray, FloatArray]:
    """One step of M filters; M may be several dimensions.

    Args:
        state: before it.
        step: with the noise in pixels.
        measurement: place (4, M), its variance (4, M), and the degrees of freedom (M,).

    Returns:
        The state after the measurement, the innovation (4, M) and its variance (4, M).
    """
    x, v, pp, pv, vv = state
    reach, decay, cross, velocity_noise, noise = step
    place, variance, tail = measurement
    velocity_part = reach * vv
    prior, predicted = pp.copy(), x.copy()
    prior[CENTRE] += reach * (2 * pv + velocity_part)
    prior += noise
    predicted[CENTRE] += reach * v
    pv = decay * (pv + velocity_part) + cross
    vv = decay * decay * vv + velocity_noise
    innovation, total = place - predicted, prior + variance
    gain, gain_v = prior / total, pv / total[CENTRE]
    square = innovation[CENTRE] ** 2 / total[CENTRE]
    grow = np.minimum(np.maximum((tail + square[0] + square[1]) / (tail + 2), 1), LARGEST_GROWTH)
    pp = variance * gain
    pp[CENTRE] *= grow
    vv = np.maximum(vv - gain_v * pv, 1e-12) * grow
    v, pv = decay * v + gain_v * innovation[CENTRE], (1 - gain[CENTRE]) * pv * grow
    return (predicted + gain * innovation, v, pp, pv, vv), innovation, total
