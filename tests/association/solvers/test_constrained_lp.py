"""The solver under constraints against all sets of tracks that there are."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, permutations
from random import Random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constrained_lp import solve_constrained, violations
from siamlink.association.solvers.constraints import Constraint, Groups, cannot_link, group_detections, must_link
from siamlink.association.solvers.problem import LinkProblem, Solution, make_solution
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.base.errors import ConstraintError


@st.composite
def constrained_problems(draw: st.DrawFn) -> tuple[LinkProblem, np.ndarray, list[Constraint]]:
    """At most six nodes, each of one or more frames, some of the links there can be, and up to five constraints."""
    first = np.array(sorted(draw(st.lists(st.integers(1, 5), min_size=3, max_size=6))), np.int32)
    count = len(first)
    lasting = st.lists(st.sampled_from([0, 0, 0, 1, 2]), min_size=count, max_size=count)
    last = first + np.array(draw(st.one_of(st.just([0] * count), lasting)), np.int32)
    earlier, later = np.nonzero(np.less.outer(last, first))
    chosen = np.array(draw(st.lists(st.sampled_from([1, 1, 0]), min_size=len(earlier), max_size=len(earlier))), bool)

    def costs(low: int, high: int, size: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size))) / 10

    pairs = Pairs(earlier[chosen], later[chosen])
    columns = costs(-40, 10, count), costs(-5, 20, count), costs(-5, 20, count)
    made = LinkProblem(first, *columns, pairs, costs(-5, 30, len(pairs)))
    rows = st.sampled_from(list(permutations(range(count), 2)))
    constraints = st.builds(lambda pair, kind: kind(*pair), rows, st.sampled_from([must_link, cannot_link]))
    return made, last, draw(st.lists(constraints, min_size=1, max_size=5))


def every_solution(made: LinkProblem) -> Iterator[Solution]:
    """All ways to use nodes and links."""
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


def is_allowed(made: LinkProblem, last: np.ndarray, solution: Solution, constraints: list[Constraint]) -> bool:
    """Make one of the tracks that must be one, and look whether anything speaks against it."""
    track = solution.track_ids().tolist()
    spans = [
        (number, made.frame[rows].min(), last[rows].max())
        for number in sorted(set(track) - {0})
        for rows in [np.flatnonzero(np.array(track) == number)]
    ]
    person = {number: number for number, _, _ in spans}
    for each in constraints:
        if each.together:
            if not track[each.a] or not track[each.b]:
                return False
            one, other = person[track[each.a]], person[track[each.b]]
            person = {number: one if who == other else who for number, who in person.items()}
    for who in set(person.values()):
        times = sorted((first, until) for number, first, until in spans if person[number] == who)
        if any(following[0] <= before[1] for before, following in pairwise(times)):
            return False
    return not any(
        track[each.a] and track[each.b] and person[track[each.a]] == person[track[each.b]]
        for each in constraints
        if not each.together
    )


def known(made: LinkProblem, last: np.ndarray, constraints: list[Constraint]) -> Groups:
    return replace(group_detections(made.frame, constraints), last=last.astype(np.int64))


@pytest.mark.slow
@settings(max_examples=150)
@given(constrained_problems())
def test_the_optimum_is_the_best_of_all_solutions_that_are_allowed(
    drawn: tuple[LinkProblem, np.ndarray, list[Constraint]],
) -> None:
    made, last, constraints = drawn
    allowed = [each.objective for each in every_solution(made) if is_allowed(made, last, each, constraints)]
    try:
        groups = known(made, last, constraints)
    except ConstraintError:
        assert not allowed
        return
    assume(allowed)
    solution = solve_constrained(made, groups)
    assert is_allowed(made, last, solution, constraints)
    assert solution.objective == pytest.approx(min(allowed), abs=1e-6)


@pytest.mark.slow
@given(constrained_problems())
def test_violations_are_found(drawn: tuple[LinkProblem, np.ndarray, list[Constraint]]) -> None:
    made, last, constraints = drawn
    try:
        groups = known(made, last, constraints)
    except ConstraintError:
        return
    for solution in every_solution(made):
        if solution.used[groups.required].all():
            assert bool(violations(solution, groups)) != is_allowed(made, last, solution, constraints)


@settings(max_examples=60)
@given(constrained_problems(), st.randoms(use_true_random=False))
def test_neither_the_order_of_detections_nor_the_direction_of_time_matters(
    drawn: tuple[LinkProblem, np.ndarray, list[Constraint]], random: Random
) -> None:
    made, last, constraints = drawn
    assume(not any(last - made.frame))
    try:
        objective = solve_constrained(made, known(made, last, constraints)).objective
    except ConstraintError:
        return
    within = [random.random() for _ in made.frame]
    for frame, backwards in ((made.frame, False), (6 - made.frame, True)):
        order = np.lexsort((within, frame))
        place = np.argsort(order)
        ends = [place[made.pairs.earlier], place[made.pairs.later]]
        costs = [made.entry[order], made.exit[order]]
        if backwards:
            ends.reverse(), costs.reverse()
        other = LinkProblem(frame[order], made.detection[order], *costs, Pairs(*ends), made.link)
        moved = [(must_link if each.together else cannot_link)(place[each.a], place[each.b]) for each in constraints]
        solution = solve_constrained(other, known(other, other.frame, moved))
        assert solution.objective == pytest.approx(objective, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_without_constraints_it_is_the_plain_optimum(count: int) -> None:
    rng = np.random.default_rng(count)
    made = walk(count, rng)
    plain, solution = solve_lp(made), solve_constrained(made, group_detections(made.frame, []))
    assert solution.objective == plain.objective
    assert (solution.successor == plain.successor).all()
    assert (solution.used == plain.used).all()


def walk(frames: int, rng: np.random.Generator) -> LinkProblem:
    """Three people in each frame; all of one frame are linked with all of the next two."""
    frame = np.repeat(np.arange(1, frames + 1, dtype=np.int32), 3)
    gap = frame[None] - frame[:, None]
    earlier, later = np.nonzero((gap > 0) & (gap < 3))
    link = rng.uniform(0.5, 3, len(earlier)) + gap[earlier, later] - 1
    link[(later - earlier) == 3] = 0.1
    ends = np.full(len(frame), 2.0)
    return LinkProblem(frame, np.full(len(frame), -1.5), ends, ends, Pairs(earlier, later), link)


def test_distant_parts_do_not_depend_on_each_other() -> None:
    """Two copies one after the other, each with an identity that is to change and one that is to come back."""
    once = walk(12, np.random.default_rng(0))
    count = len(once)
    twice = LinkProblem(
        np.concatenate([once.frame, once.frame + 100]),
        *(np.tile(column, 2) for column in (once.detection, once.entry, once.exit)),
        Pairs(*(np.concatenate([ends, ends + count]) for ends in (once.pairs.earlier, once.pairs.later))),
        np.tile(once.link, 2),
    )
    constraints = [cannot_link(3, 27), must_link(3, 28), cannot_link(29, 2)]
    again = [(must_link if each.together else cannot_link)(each.a + count, each.b + count) for each in constraints]
    one = solve_constrained(once, group_detections(once.frame, constraints))
    both = solve_constrained(twice, group_detections(twice.frame, [*constraints, *again]))
    assert one.objective > solve_lp(once).objective + 1
    assert both.objective == pytest.approx(2 * one.objective, abs=1e-6)
    assert not violations(both, group_detections(twice.frame, [*constraints, *again]))


def chain(frames: list[int], links: list[tuple[int, int]], link: float = 0.1) -> LinkProblem:
    """Detections worth 2 nats each, ends that cost 1."""
    count = len(frames)
    pairs = Pairs(*np.array(links, np.int64).reshape(-1, 2).T)
    ends = np.ones(count)
    return LinkProblem(np.array(frames, np.int32), np.full(count, -2.0), ends, ends, pairs, np.full(len(pairs), link))


def solved(made: LinkProblem, *constraints: Constraint) -> tuple[list[int], float]:
    """The track of each detection, tracks of one person being one, and the objective."""
    groups = group_detections(made.frame, constraints)
    solution = solve_constrained(made, groups)
    return np.unique(groups.joined(solution.track_ids()), return_inverse=True)[1].tolist(), solution.objective


def test_two_tracks_can_be_one_object_without_a_link() -> None:
    """A track ends, another begins, and both count as one."""
    made = chain([1, 2, 90, 91], [(0, 1), (2, 3)])
    assert solved(made, must_link(0, 3)) == ([0, 0, 0, 0], pytest.approx(2 * (-4 + 2 + 0.1)))


def test_required_nodes_are_used_at_any_cost() -> None:
    made = replace(chain([1, 2, 3], [(0, 1), (1, 2)]), detection=np.array([-3.0, 9.0, -3.0]))
    assert solved(made)[0] == [1, 0, 2]
    assert solved(made, must_link(0, 1)) == ([0, 0, 0], pytest.approx(-6 + 9 + 2 + 0.2))


def test_a_track_is_split_where_it_costs_least() -> None:
    made = chain([1, 2, 3, 4], [(0, 1), (1, 2), (2, 3)])
    weak = replace(made, link=np.array([0.1, 0.5, 0.1]))
    assert solved(weak, cannot_link(0, 3)) == ([0, 0, 1, 1], pytest.approx(-8 + 4 + 0.2))


def test_a_group_cannot_be_in_two_tracks_at_the_same_time() -> None:
    """Two people side by side: the first detection of one and the last of the other are one, so both tracks change."""
    frames, links = [1, 1, 2, 2, 3, 3], [(0, 2), (2, 4), (1, 3), (3, 5), (2, 5), (3, 4)]
    made = replace(chain(frames, links), link=np.array([0.1, 0.1, 0.1, 0.1, 0.9, 0.9]))
    assert solved(made)[0] == [0, 1, 0, 1, 0, 1]
    assert solved(made, must_link(0, 5)) == ([0, 1, 0, 1, 1, 0], pytest.approx(-12 + 4 + 0.2 + 1.8))


def test_nodes_joined_by_a_third_cannot_be_apart() -> None:
    """Detections 1 and 2 would be linked; but 1 is one with 0, 2 is one with 3, and 0 and 3 are two people."""
    made = chain([1, 10, 11, 20], [(1, 2)])
    assert solved(made, must_link(0, 1), must_link(2, 3))[0] == [0, 0, 0, 0]
    assert solved(made, must_link(0, 1), must_link(2, 3), cannot_link(0, 3))[0] == [0, 0, 1, 1]
