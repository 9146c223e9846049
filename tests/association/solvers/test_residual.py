"""What other choices would cost, compared with solving the program anew."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.residual import Residual
from siamlink.association.solvers.solvers import solve_lp


@st.composite
def problems(draw: st.DrawFn) -> LinkProblem:
    """Up to eleven nodes in five frames; of half of the problems, only links cost something."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, links_only = draw(st.integers(1, 11)), draw(st.booleans())
    frame = np.sort(rng.integers(1, 6, count)).astype(np.int32)
    i, j = np.nonzero((frame[:, None] < frame[None]) & (rng.random((count, count)) < draw(st.floats(0.1, 1))))
    if links_only:
        nothing = np.zeros(count)
        return LinkProblem(frame, nothing, nothing, nothing, Pairs(i, j), -np.round(rng.uniform(0.01, 6, len(i)), 4))
    detection, entry, exit_ = (
        np.round(rng.uniform(*bounds, count), 4) for bounds in ((-3.0, 2.0), (0.0, 3.0), (0.0, 3.0))
    )
    return LinkProblem(frame, detection, entry, exit_, Pairs(i, j), np.round(rng.uniform(0, 3, len(i)), 4))


def without(problem: LinkProblem, link: int) -> LinkProblem:
    rest = np.arange(len(problem.pairs)) != link
    return replace(problem, pairs=problem.pairs[rest], link=problem.link[rest])


def objective_with(problem: LinkProblem, link: int) -> float:
    """The best objective with a link, which is made so cheap that it is chosen."""
    cheap = problem.link - 1000.0 * (np.arange(len(problem.pairs)) == link)
    return solve_lp(replace(problem, link=cheap)).objective + 1000


@settings(max_examples=60, deadline=None)
@given(problems())
def test_losses_are_those_of_solving_anew(problem: LinkProblem) -> None:
    solution = solve_lp(problem)
    residual = Residual(problem, solution)
    forbidden = residual.losses_forbidden()
    assert np.isnan(forbidden).tolist() == (~residual.chosen).tolist()
    for link, (i, j) in enumerate(zip(problem.pairs.earlier.tolist(), problem.pairs.later.tolist(), strict=True)):
        if residual.chosen[link]:
            anew = solve_lp(without(problem, link)).objective
            assert forbidden[link] == pytest.approx(anew - solution.objective, abs=1e-5)
        else:
            loss = objective_with(problem, link) - solution.objective
            assert residual.losses_after(i, np.array([link])) == pytest.approx(loss, abs=1e-5)
            assert residual.losses_before(j, np.array([link])) == pytest.approx(loss, abs=1e-5)


def test_the_loss_of_two_objects_side_by_side_is_that_of_their_swap() -> None:
    pairs = Pairs(np.array([0, 0, 1, 1]), np.array([2, 3, 2, 3]))
    nothing = np.zeros(4)
    problem = LinkProblem(np.array([1, 1, 2, 2], np.int32), nothing, nothing, nothing, pairs, -np.array([9.0, 4, 6, 5]))
    residual = Residual(problem, solve_lp(problem))
    assert residual.losses_forbidden() == pytest.approx([4, np.nan, np.nan, 4], nan_ok=True)
    assert residual.losses_after(0, np.array([1])) == pytest.approx([4])
    assert len(residual.losses_after(0, np.zeros(0, np.int64))) == 0
