"""The solver under constraints against all sets of tracks that there are."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.candidates import Pairs
from siamlink.association.constrained import solve_constrained
from siamlink.association.constraints import Constraint, cannot_link, group_detections, must_link
from siamlink.association.solvers import LinkProblem, Solution, make_solution, solve_lp
from siamlink.detectors.errors import ConstraintError


@st.composite
def problems(draw: st.DrawFn) -> LinkProblem:
    """At most seven detections in at most five frames, with links of any kind between them."""
    frame = sorted(draw(st.lists(st.integers(1, 5), min_size=2, max_size=7)))
    count = len(frame)
    cost = st.integers(-40, 40).map(lambda tenths: tenths / 10)
    earlier, later = np.nonzero(np.less.outer(np.array(frame), np.array(frame)))
    chosen = np.array(draw(st.lists(st.booleans(), min_size=len(earlier), max_size=len(earlier))), bool)
    costs = [np.array(draw(st.lists(cost, min_size=count, max_size=count))) for _ in range(3)]
    link = np.array(draw(st.lists(cost, min_size=int(chosen.sum()), max_size=int(chosen.sum()))))
    return LinkProblem(np.array(frame, np.int32), *costs, Pairs(earlier[chosen], later[chosen]), link)


@st.composite
def constrained_problems(draw: st.DrawFn) -> tuple[LinkProblem, list[Constraint]]:
    made = draw(problems())
    row = st.integers(0, len(made) - 1)
    pair = st.tuples(row, row).filter(lambda rows: rows[0] != rows[1])
    constraints = [
        (must_link if together else cannot_link)(*rows)
        for rows, together in draw(st.lists(st.tuples(pair, st.booleans()), min_size=1, max_size=5))
    ]
    return made, constraints


def every_solution(made: LinkProblem) -> Iterator[Solution]:
    """All ways to use detections and links."""
    count, pairs = len(made), list(zip(made.pairs.earlier.tolist(), made.pairs.later.tolist(), strict=True))

    def choose(place: int, before: frozenset[int], after: frozenset[int], chosen: list[int]) -> Iterator[list[int]]:
        if place == len(pairs):
            yield chosen
            return
        yield from choose(place + 1, before, after, chosen)
        a, b = pairs[place]
        if a not in before and b not in after:
            yield from choose(place + 1, before | {a}, after | {b}, [*chosen, place])

    for links in choose(0, frozenset(), frozenset(), []):
        linked = np.zeros(len(pairs), bool)
        linked[links] = True
        touched = sorted({end for place in links for end in pairs[place]})
        free = [row for row in range(count) if row not in touched]
        for bits in range(2 ** len(free)):
            used = np.zeros(count, bool)
            used[touched] = True
            used[[row for at, row in enumerate(free) if bits >> at & 1]] = True
            yield make_solution(made, used, linked)


def is_allowed(made: LinkProblem, solution: Solution, constraints: list[Constraint]) -> bool:
    """Join tracks one by one as the constraints say, and look whether anything speaks against it."""
    track = solution.track_ids().tolist()
    for each in constraints:
        if each.together:
            if not track[each.a] or not track[each.b]:
                return False
            track = [track[each.a] if one == track[each.b] else one for one in track]
    for number in set(track) - {0}:
        rows = [row for row, one in enumerate(track) if one == number]
        spans = sorted(span for span in spans_of(made, solution) if span[2] in rows)
        if any(after[0] <= before[1] for before, after in zip(spans, spans[1:], strict=False)):
            return False
    return not any(not each.together and track[each.a] and track[each.a] == track[each.b] for each in constraints)


def spans_of(made: LinkProblem, solution: Solution) -> list[tuple[int, int, int]]:
    """First frame, last frame and first detection of each track."""
    ids = solution.track_ids()
    rows = [np.flatnonzero(ids == number) for number in range(1, ids.max(initial=0) + 1)]
    return [(int(made.frame[row].min()), int(made.frame[row].max()), int(row[0])) for row in rows]


@settings(max_examples=300)
@given(constrained_problems())
def test_the_optimum_is_that_of_all_solutions(drawn) -> None:
    made, constraints = drawn
    try:
        groups = group_detections(made.frame, constraints)
    except ConstraintError:
        assert not any(is_allowed(made, each, constraints) for each in every_solution(made))
        return
    solution = solve_constrained(made, groups)
    best = min(each.objective for each in every_solution(made) if is_allowed(made, each, constraints))
    assert is_allowed(made, solution, constraints)
    assert solution.objective == pytest.approx(best, abs=1e-6)
