"""Synthetic problems to time solvers on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.solvers.solvers import solve_lp
from siamlink.tools.studies.benchmarks.problems import LINKS_PER_DETECTION, crowd_problem, load_problem, save_problem
from siamlink.tools.studies.benchmarks.reference_solvers import solve_by_highs, solve_by_sparse_assignment

COLUMNS = ("frame", "detection", "entry", "exit", "link")


def test_a_crowd_has_the_given_number_of_detections_and_links() -> None:
    made = crowd_problem(2000)
    assert (len(made), len(made.pairs)) == (2000, round(LINKS_PER_DETECTION * 2000))
    assert (np.diff(made.frame) >= 0).all()
    assert (made.frame[made.pairs.later] > made.frame[made.pairs.earlier]).all()
    assert all(np.isfinite(getattr(made, name)).all() for name in COLUMNS)


def test_a_crowd_is_linked_into_tracks_and_false_alarms_stay_out() -> None:
    solution = solve_lp(crowd_problem(2000))
    lengths = np.bincount(solution.track_ids())[1:]
    assert np.median(lengths) > 20
    assert 0.5 < solution.used.mean() < 0.9


def test_the_seed_decides(tmp_path) -> None:
    one, again, other = crowd_problem(300), crowd_problem(300), crowd_problem(300, seed=1)
    save_problem(tmp_path / "problem.npz", one)
    for same in (again, load_problem(tmp_path / "problem.npz")):
        assert all(np.array_equal(getattr(one, name), getattr(same, name)) for name in COLUMNS)
        assert np.array_equal(one.pairs.earlier, same.pairs.earlier)
        assert np.array_equal(one.pairs.later, same.pairs.later)
    assert not np.array_equal(one.detection, other.detection)


@settings(max_examples=25)
@given(count=st.integers(10, 400), seed=st.integers(0, 10_000))
def test_three_solvers_find_the_same_optimum(count: int, seed: int) -> None:
    made = crowd_problem(count, seed)
    cost = solve_lp(made).objective
    assert cost == pytest.approx(solve_by_highs(made), rel=1e-6, abs=1e-4)
    assert cost == pytest.approx(solve_by_sparse_assignment(made), rel=1e-6, abs=1e-4)
