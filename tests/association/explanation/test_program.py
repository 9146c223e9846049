"""Programs that explain their links: losses, alternatives, and tracks that constraints name."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.explanation.program import Program
from siamlink.association.explanation.terms import Terms, TermSum
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constrained_lp import solve_constrained
from siamlink.association.solvers.constraints import cannot_link, group_detections
from siamlink.association.solvers.problem import LinkProblem
from siamlink.association.solvers.solvers import solve_lp
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray


class NoEvidence:
    def log_odds(self, rows: IntArray) -> FloatArray:
        return np.zeros(len(rows))

    def similarity(self, rows: IntArray) -> FloatArray:
        return np.full(len(rows), np.nan)

    def terms(self, rows: IntArray) -> Terms:
        return TermSum(np.zeros(len(rows))).terms()


def lanes(seed: int) -> LinkProblem:
    """Three objects in five frames, each likely linked to itself in the next frame, and less to the others."""
    frame = np.repeat(np.arange(1, 6), 3).astype(np.int32)
    i, j = np.nonzero(frame[:, None] + 1 == frame[None])
    random = np.random.default_rng(seed)
    ratio = np.where(j - i == 3, random.uniform(2, 6, len(i)), random.uniform(0.1, 3, len(i)))
    nothing = np.zeros(15)
    return LinkProblem(frame, nothing, nothing, nothing, Pairs(i, j), -np.round(ratio, 4))


def program_of(problem: LinkProblem, probability: FloatArray | None = None) -> Program:
    return Program("lanes", problem, solve_lp(problem), problem.pairs, NoEvidence(), probability)


def test_alternatives_are_the_candidates_that_lose_least() -> None:
    program = program_of(lanes(0))
    link = int(np.flatnonzero(program.chosen)[4])
    node, other_end = program.problem.pairs.earlier[link], program.problem.pairs.later[link]
    after, before = program.after(link, 5), program.before(link, 5)
    assert (program.links.earlier[after.candidate] == node).all()
    assert (program.links.later[before.candidate] == other_end).all()
    assert link not in {*after.candidate.tolist(), *before.candidate.tolist()}
    assert len(after.candidate) == len(before.candidate) == 2
    assert (np.diff(after.loss) >= 0).all()
    assert program.loss[link] <= min(after.loss.min(), before.loss.min()) + 1e-6
    assert after.probability == pytest.approx(1 / (1 + np.exp(after.loss)))
    assert len(program.after(link, 1).candidate) == 1


def test_the_probability_of_alternatives_is_that_of_the_model_if_it_has_one() -> None:
    probability = np.linspace(0, 1, 36)
    program = program_of(lanes(1), probability)
    link = int(np.flatnonzero(program.chosen)[0])
    after = program.after(link, 3)
    assert after.probability.tolist() == probability[after.candidate].tolist()


def tracks_with(track: IntArray, named: BoolArray) -> BoolArray:
    return np.isin(track, track[named])


@pytest.mark.parametrize("seed", range(8))
def test_tracks_that_constraints_name_are_taken_as_given(seed: int) -> None:
    problem = lanes(seed)
    groups = group_detections(problem.frame, [cannot_link(0, 12), cannot_link(3, 6)])
    solution = solve_constrained(problem, groups)
    program = Program("lanes", problem, solution, problem.pairs, NoEvidence(), None, groups.constrained)
    given = tracks_with(solution.track_ids(), groups.constrained)
    known = program.chosen & ~given[problem.pairs.earlier]
    assert (np.isnan(program.loss) == ~known).all()
    rest = problem.part(~given)
    place = np.cumsum(~given) - 1
    for link in np.flatnonzero(known).tolist():
        i, j = place[problem.pairs.earlier[link]], place[problem.pairs.later[link]]
        others = (rest.pairs.earlier != i) | (rest.pairs.later != j)
        anew = solve_lp(replace(rest, pairs=rest.pairs[others], link=rest.link[others])).objective
        assert program.loss[link] == pytest.approx(anew - solve_lp(rest).objective, abs=1e-5)
    for link in np.flatnonzero(program.chosen).tolist():
        after = program.after(link, 3)
        ends = given[problem.pairs.earlier[link]] | given[problem.pairs.later[after.candidate]]
        assert (np.isnan(after.loss) == ends).all()


def test_terms_of_one_name_are_added_and_those_without_weight_left_out() -> None:
    total = TermSum(np.array([-1.0, 0.0]))
    total.add("gap", np.array([2.0, 0.0]), np.array([1.0, 3.0]))
    total.add("overlap", np.array([-4.0, 0.5]))
    total.add("gap", np.array([0.5, 0.0]), np.array([9.0, 9.0]))
    terms = total.terms()
    assert terms.log_odds.tolist() == [-2.5, 0.5]
    assert terms.of(0) == (-1.0, (("overlap", None, -4.0), ("gap", 1.0, 2.5)))
    assert terms.of(1) == (0.0, (("overlap", None, 0.5),))
    assert TermSum(np.zeros(0)).terms().contribution.shape == (0, 0)
