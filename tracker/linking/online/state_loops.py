"""The recursion of `last_states` in compiled loops; imported where Numba is installed.

Each function does what NumPy does there, in the same order of operations. Columns of several dimensions are given in
two: for N tracks, S strengths and 4 components, `origin` (N, 4), `quadratic` (3, N * S), `linear` (2, N * S * 4).
"""

from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code


@machine_code("ints", "table", "table", "table", "ints", "table", "floats", "floats")
def add_frame(age: Any, origin: Any, quadratic: Any, linear: Any, place: Any, state: Any, bend: Any, slope: Any) -> Any:
    """The quadratic and the linear part after the next frame.

    Args:
        age: (N,) frames of each track so far.
        origin: (N, 4).
        quadratic: (3, N * S).
        linear: (2, N * S * 4).
        place: (K,) the tracks that have states in this frame.
        state: (K, 4) these.
        bend: (S,) the weight of a bend, at each strength.
        slope: (S,) the weight of a slope.
    """
    strengths, row = len(bend), np.full(len(age), -1, np.int64)
    for k in range(len(place)):
        row[place[k]] = k
    next_quadratic, next_linear = np.empty_like(quadratic), np.empty_like(linear)
    for at in range(len(age) * strengths):
        track, strength = at // strengths, at % strengths
        aa, ab, bb = quadratic[0, at], quadratic[1, at], quadratic[2, at]
        present, young = row[track] >= 0, age[track] < 2
        stiff, steep = 0.0 if young else bend[strength], slope[strength]
        divisor = 1.0 if young else aa + stiff
        ab_ratio, ac_ratio = (ab - 2 * stiff) / divisor, stiff / divisor
        last = stiff + steep + (1.0 if present else 0.0)
        next_quadratic[0, at] = bb + 4 * stiff + steep - ab_ratio * (ab - 2 * stiff)
        next_quadratic[1, at] = -2 * stiff - steep - ab_ratio * stiff
        next_quadratic[2, at] = last - ac_ratio * stiff
        for component in range(4):
            here = 4 * at + component
            moved = state[row[track], component] - origin[track, component] if present else 0.0
            next_linear[0, here] = linear[1, here] - ab_ratio * linear[0, here]
            next_linear[1, here] = moved - ac_ratio * linear[0, here]
    return next_quadratic, next_linear
