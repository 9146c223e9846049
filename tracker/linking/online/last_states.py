"""The smoothed states of tracks in their last frame, without the frames before.

The last value of the smoothing of `smooth_tracks` is computed by a recursion from frame to frame: after the states of
all but the last two frames are eliminated from its least squares, what is left is a quadratic function of these two
(Bellman's dynamic programming; it is the information form of the Kalman filter).
"""

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.machine_code import compiled
from siamlink.tracker.postprocessing.smoothing import CANDIDATE_SECONDS, TENSION_SECONDS

LOOPS = "siamlink.tracker.linking.online.state_loops"
STRENGTHS = len(CANDIDATE_SECONDS)


class LastStates:
    """The smoothed last states of tracks, at every strength that can be chosen.

    Args:
        step: seconds from one frame to the next.
    """

    def __init__(self, step: float) -> None:
        seconds = np.array(CANDIDATE_SECONDS)
        self._bend = (seconds / step) ** 4
        self._slope = seconds**4 / (TENSION_SECONDS * step) ** 2
        self._ids = np.zeros(0, np.int64)
        self._age = np.zeros(0, np.int64)
        self._origin = np.zeros((0, 1, 4))
        self._quadratic = np.zeros((3, 0, STRENGTHS))
        self._linear = np.zeros((2, 0, STRENGTHS, 4))

    def __len__(self) -> int:
        return len(self._ids)

    def advance(self, ids: NDArray[np.integer], state: FloatArray) -> None:
        """Go on to the next frame, in which some tracks, ascending, have the states (K, 4)."""
        place = self._places(ids)
        if len(self._ids):
            self._add_frame(place, state)
        new = np.flatnonzero(place < 0)
        if len(new):
            self._begin(ids[new], state[new])

    def keep(self, ids: NDArray[np.integer]) -> None:
        """Forget all tracks but these."""
        kept = np.isin(self._ids, ids)
        self._ids, self._age, self._origin = self._ids[kept], self._age[kept], self._origin[kept]
        self._quadratic, self._linear = (each.compress(kept, axis=1) for each in (self._quadratic, self._linear))

    def last(self, ids: NDArray[np.integer], strength: IntArray) -> FloatArray:
        """(K, 4) the states of tracks in the last frame, each component smoothed by the candidate `strength` (4,)."""
        if loops := compiled(LOOPS, len(ids)):
            by_loops: FloatArray = loops.last(*self._tables(), self._places(ids), strength)
            return by_loops
        place, component = self._places(ids)[:, None], np.arange(4)
        aa, ab, bb = self._quadratic[:, place, strength]
        qa, qb = self._linear[:, place, strength, component]
        young = self._age[place] < 2
        divisor = np.where(young, 1.0, aa * bb - ab * ab)
        value = np.where(young, qb, (aa * qb - ab * qa) / divisor)
        last: FloatArray = value + self._origin[place[:, 0], 0]
        return last

    def _places(self, ids: NDArray[np.integer]) -> IntArray:
        """(K,) the place of each of some tracks, ascending; -1 for one that is not known."""
        ids = np.ascontiguousarray(ids, np.int64)
        if loops := compiled(LOOPS, len(ids)):
            by_loops: IntArray = loops.places(self._ids, ids)
            return by_loops
        place = np.searchsorted(self._ids, ids)
        known = place < len(self._ids)
        known[known] = self._ids[place[known]] == ids[known]
        return np.where(known, place, -1)

    def _tables(self) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
        """The columns as the loops take them."""
        origin, quadratic, linear = self._origin, self._quadratic, self._linear
        return self._age, origin.reshape(-1, 4), quadratic.reshape(3, -1), linear.reshape(2, -1)

    def _add_frame(self, place: IntArray, state: FloatArray) -> None:
        """Eliminate the states of the last frame but one, after those (K, 4) of the next frame have come in.

        Args:
            place: (K,) their tracks; -1 for one that begins.
            state: (K, 4) their states.
        """
        if loops := compiled(LOOPS, len(self._ids)):
            loops.add_frame(*self._tables(), place, np.ascontiguousarray(state, np.float64), self._bend, self._slope)
            return
        state, place = state[place >= 0], place[place >= 0]
        aa, ab, bb = self._quadratic
        qa, qb = self._linear
        bend = np.where(self._age[:, None] < 2, 0.0, self._bend)
        divisor = np.where(self._age[:, None] < 2, 1.0, aa + bend)
        ab_ratio, ac_ratio = (ab - 2 * bend) / divisor, bend / divisor
        last = bend + self._slope + np.zeros_like(aa)
        last[place] += 1.0
        linear = np.zeros_like(qb)
        linear[place] = (state - self._origin[place, 0])[:, None]
        linear -= ac_ratio[:, :, None] * qa
        middle = qb - ab_ratio[:, :, None] * qa
        self._quadratic = np.stack(
            [
                bb + 4 * bend + self._slope - ab_ratio * (ab - 2 * bend),
                -2 * bend - self._slope - ab_ratio * bend,
                last - ac_ratio * bend,
            ]
        )
        self._linear = np.stack([middle, linear])
        self._age += 1

    def _begin(self, ids: NDArray[np.integer], state: FloatArray) -> None:
        """Begin tracks with their first states."""
        count = len(ids)
        order = np.argsort(np.append(self._ids, ids))
        quadratic, linear = np.zeros((3, count, STRENGTHS)), np.zeros((2, count, STRENGTHS, 4))
        quadratic[2] = 1.0
        self._ids = np.append(self._ids, ids)[order]
        self._age = np.append(self._age, np.ones(count, np.int64))[order]
        self._origin = np.concatenate([self._origin, state[:, None]])[order]
        self._quadratic = np.concatenate([self._quadratic, quadratic], axis=1).take(order, axis=1)
        self._linear = np.concatenate([self._linear, linear], axis=1).take(order, axis=1)
