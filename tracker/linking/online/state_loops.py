"""The recursion of `last_states` in compiled loops; imported where Numba is installed.

Each function does what NumPy does there, in the same order of operations. Columns of several dimensions are given in
two: for N tracks, S strengths and 4 components, `origin` is (N, 4), `quadratic` (3, N * S), `linear` (2, N * S * 4).
"""

from typing import Any

import numpy as np

from siamlink.detectors.base.machine_code import machine_code


@machine_code("*ints", "table", "*table", "*table", "ints", "table", "floats", "floats")
def add_frame(
    age: Any, origin: Any, quadratic: Any, linear: Any, place: Any, state: Any, bend: Any, slope: Any
) -> None:
    """Let the quadratic and the linear part be those after the next frame.

    Args:
        age: (N,) frames of each track so far.
        origin: (N, 4).
        quadratic: (3, N * S).
        linear: (2, N * S * 4).
        place: (K,) the tracks that have states in this frame; -1 for one that is none of them.
        state: (K, 4) these.
        bend: (S,) the weight of a bend, at each strength.
        slope: (S,) the weight of a slope.
    """
    strengths, row = len(bend), np.full(len(age), -1, np.int64)
    for k in range(len(place)):
        if place[k] >= 0:
            row[place[k]] = k
    for at in range(len(age) * strengths):
        track, strength = at // strengths, at % strengths
        aa, ab, bb = quadratic[0, at], quadratic[1, at], quadratic[2, at]
        present, young = row[track] >= 0, age[track] < 2
        stiff, steep = 0.0 if young else bend[strength], slope[strength]
        divisor = 1.0 if young else aa + stiff
        ab_ratio, ac_ratio = (ab - 2 * stiff) / divisor, stiff / divisor
        last = stiff + steep + (1.0 if present else 0.0)
        quadratic[0, at] = bb + 4 * stiff + steep - ab_ratio * (ab - 2 * stiff)
        quadratic[1, at] = -2 * stiff - steep - ab_ratio * stiff
        quadratic[2, at] = last - ac_ratio * stiff
        for component in range(4):
            here = 4 * at + component
            moved = state[row[track], component] - origin[track, component] if present else 0.0
            before = linear[0, here]
            linear[0, here] = linear[1, here] - ab_ratio * before
            linear[1, here] = moved - ac_ratio * before
    for track in range(len(age)):
        age[track] += 1


@machine_code("ints", "ints")
def places(known: Any, ids: Any) -> Any:
    """(K,) the place of each id among known ones (N,), ascending as both are; -1 for none."""
    found, at = np.full(len(ids), -1, np.int64), 0
    for k in range(len(ids)):
        while at < len(known) and known[at] < ids[k]:
            at += 1
        if at < len(known) and known[at] == ids[k]:
            found[k] = at
    return found


@machine_code("ints", "table", "table", "table", "ints", "ints")
def last(age: Any, origin: Any, quadratic: Any, linear: Any, place: Any, strength: Any) -> Any:
    """(K, 4) the last states of some tracks (K,), each component at one of the strengths (4,)."""
    states, strengths = np.empty((len(place), 4)), quadratic.shape[1] // len(age)
    for k in range(len(place)):
        for component in range(4):
            at = place[k] * strengths + strength[component]
            aa, ab, bb = quadratic[0, at], quadratic[1, at], quadratic[2, at]
            qa, qb = linear[0, 4 * at + component], linear[1, 4 * at + component]
            value = qb if age[place[k]] < 2 else (aa * qb - ab * qa) / (aa * bb - ab * ab)
            states[k, component] = value + origin[place[k], component]
    return states
