"""The flow solver against the linear program as it stands in the docstring of `solvers`, and as an assignment."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.problem import LinkProblem, Solution
from siamlink.association.solvers.solvers import SOLVERS, solve_hungarian, solve_lp
from siamlink.tools.studies.benchmarks.problems import read_problem
from siamlink.tools.studies.benchmarks.reference_solvers import solve_by_highs, solve_by_sparse_assignment

KINDS = ("mixed", "crowd", "chain", "costly", "cheap", "whole", "few")
PUBLISHED_OPTIMUM = -122451.550


def problem(frame, earlier=(), later=(), link=(), **costs) -> LinkProblem:
    """A problem whose detection, entry and exit costs are -1, 0.25 and 0.25 unless given."""
    count = len(frame)
    given = {"detection": -1.0, "entry": 0.25, "exit": 0.25} | costs
    columns = {name: np.broadcast_to(np.asarray(value, float), count).copy() for name, value in given.items()}
    pairs = Pairs(np.array(earlier, np.int64), np.array(later, np.int64))
    return LinkProblem(np.array(frame, np.int32), pairs=pairs, link=np.array(link, float), **columns)


def random_problem(seed: int) -> LinkProblem:
    """A problem of one of several kinds: crowds in few frames, long chains, all costs positive, ties, nearly empty."""
    rng, kind = np.random.default_rng(seed), KINDS[seed % len(KINDS)]
    frames, people = {"crowd": (3, 15), "chain": (80, 1), "few": (2, 1)}.get(kind, (int(rng.integers(2, 12)), 5))
    count = rng.integers(0, people + 1, frames) if kind != "chain" else np.ones(frames, int)
    frame = np.repeat(np.arange(1, frames + 1), count)
    i, j = np.nonzero(np.subtract.outer(frame, frame) < 0)
    near = (frame[j] - frame[i] <= rng.integers(1, 4)) & (rng.random(len(i)) < rng.choice([0.3, 0.7, 1.0]))
    low, high = {"costly": (0, 9), "cheap": (-9, 0)}.get(kind, (-5, 5))
    costs = {name: rng.uniform(low, high, len(frame)) for name in ("detection", "entry", "exit")}
    made = problem(frame, i[near], j[near], rng.uniform(low, high, near.sum()), **costs)
    if kind == "whole":
        rounded = {name: np.rint(getattr(made, name)) for name in ("detection", "entry", "exit", "link")}
        made = replace(made, **rounded)
    return made


def checked_objective(made: LinkProblem, solution: Solution) -> float:
    """Walk along every track, see that the solution is feasible, and add up its costs one by one."""
    pairs = zip(made.pairs.earlier.tolist(), made.pairs.later.tolist(), strict=True)
    link = dict(zip(pairs, made.link.tolist(), strict=True))
    successor = solution.successor.tolist()
    followers = [row for row in successor if row >= 0]
    assert len(followers) == len(set(followers))
    total, visited = 0.0, set()
    for begin in np.flatnonzero(solution.used).tolist():
        if begin in followers:
            continue
        total += made.entry[begin]
        row = begin
        while True:
            assert solution.used[row]
            assert row not in visited
            visited.add(row)
            total += made.detection[row]
            if successor[row] < 0:
                break
            total += link[row, successor[row]]
            row = successor[row]
        total += made.exit[row]
    assert visited == set(np.flatnonzero(solution.used).tolist())
    assert all(row < 0 for row, used in zip(successor, solution.used, strict=True) if not used)
    return float(total)


def close(value: float):
    return pytest.approx(value, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(200))
def test_the_flow_is_the_optimum_of_the_linear_program(seed):
    made = random_problem(seed)
    solution = solve_lp(made)
    assert solution.objective == close(solve_by_highs(made))
    assert solution.objective == close(solve_by_sparse_assignment(made))
    assert checked_objective(made, solution) == close(solution.objective)


@pytest.mark.parametrize("seed", range(200))
def test_hungarian_is_feasible_and_never_better(seed):
    made = random_problem(seed)
    solution = solve_hungarian(made)
    assert checked_objective(made, solution) == close(solution.objective)
    assert solve_lp(made).objective - 1e-5 <= solution.objective <= 0


def test_the_random_problems_cover_what_they_should():
    solved = [(random_problem(seed), solve_lp(random_problem(seed))) for seed in range(200)]
    sizes = [len(made) for made, _ in solved]
    longest = [np.bincount(solution.track_ids())[1:].max(initial=0) for _, solution in solved]
    assert {0, 1} <= set(sizes)
    assert max(sizes) >= 80
    assert max(longest) >= 10
    assert sum(bool(len(made)) and not len(made.pairs) for made, _ in solved) >= 5
    assert sum(0 < solution.used.sum() < len(made) for made, solution in solved) >= 50
    better = sum(solution.objective < solve_hungarian(made).objective - 1e-3 for made, solution in solved)
    assert better >= 50


@pytest.mark.parametrize("seed", range(0, 70, 3))
def test_the_order_of_detections_within_frames_does_not_matter(seed):
    made, rng = random_problem(seed), np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(made)), made.frame))
    place = np.argsort(order)
    shuffled = rng.permutation(len(made.pairs))
    mixed = LinkProblem(
        frame=made.frame[order],
        detection=made.detection[order],
        entry=made.entry[order],
        exit=made.exit[order],
        pairs=Pairs(place[made.pairs.earlier][shuffled], place[made.pairs.later][shuffled]),
        link=made.link[shuffled],
    )
    assert solve_lp(mixed).objective == close(solve_lp(made).objective)


@pytest.mark.parametrize("seed", range(0, 70, 3))
def test_backwards_in_time_the_optimum_is_the_same(seed):
    made = random_problem(seed)
    last = len(made) - 1
    backwards = LinkProblem(
        frame=(made.frame.max(initial=0) + 1 - made.frame)[::-1],
        detection=made.detection[::-1],
        entry=made.exit[::-1],
        exit=made.entry[::-1],
        pairs=Pairs(last - made.pairs.later, last - made.pairs.earlier),
        link=made.link,
    )
    assert solve_lp(backwards).objective == close(solve_lp(made).objective)


@pytest.mark.parametrize("solve", SOLVERS.values())
def test_two_crossing_objects_are_separated_by_the_optimum_not_by_the_nearest(solve):
    made = problem([1, 1, 2, 2], [0, 0, 1, 1], [2, 3, 2, 3], [0.1, 0.2, 0.2, 2.0])
    solution = solve(made)
    assert solution.successor.tolist() == [3, 2, -1, -1]
    assert solution.track_ids().tolist() == [1, 2, 2, 1]
    assert solution.objective == pytest.approx(-4 + 4 * 0.25 + 2 * 0.2)


def test_looking_ahead_beats_frame_by_frame():
    """The nearest link leads into a dead end; only the linear program sees the rest of the way."""
    made = problem([1, 2, 2, 3], [0, 0, 2], [1, 2, 3], [0.1, 0.3, 0.1], entry=1.5, exit=1.5, detection=-1.2)
    assert solve_lp(made).successor.tolist() == [2, -1, 3, -1]
    assert solve_lp(made).objective == pytest.approx(-0.2)
    assert solve_hungarian(made).objective == 0


def test_a_hundred_thousandth_of_a_nat_decides():
    made = problem([1, 2, 2], [0, 0], [1, 2], [0.1 + 1e-5, 0.1], entry=0.9, exit=0.9)
    assert solve_lp(made).successor.tolist() == [2, -1, -1]
    turned = replace(made, link=made.link[::-1])
    assert solve_lp(turned).successor.tolist() == [1, -1, -1]


def test_hungarian_keeps_a_track_without_partner_open_for_the_next_frame():
    """1 loses 2 to 0; there is no link from 1 to 3, which 0 leaves over, but one to 4 in the next frame."""
    made = problem([1, 1, 2, 2, 3], [0, 0, 1, 1], [2, 3, 2, 4], [0.1, 3.5, 3.9, 0.5], entry=2, exit=2, detection=-3)
    assert solve_hungarian(made).successor.tolist() == [2, 4, -1, -1, -1]


@pytest.mark.parametrize("solve", SOLVERS.values())
def test_a_track_that_costs_more_than_it_explains_is_left_out(solve):
    made = problem([1, 2, 3], [0], [1], [0.1], entry=0.9, exit=0.9)
    solution = solve(made)
    assert solution.used.tolist() == [True, True, False]
    assert solution.track_ids().tolist() == [1, 1, 0]
    assert solution.objective == pytest.approx(-0.1)
    nothing = solve(replace(made, entry=made.entry + 1))
    assert not nothing.used.any()
    assert nothing.objective == 0


@pytest.mark.parametrize("solve", SOLVERS.values())
def test_no_detections_one_detection_and_no_links(solve):
    empty = solve(problem([]))
    assert (len(empty.used), len(empty.successor), len(empty.track_ids()), empty.objective) == (0, 0, 0, 0)
    assert solve(problem([5])).track_ids().tolist() == [1]
    assert solve(problem([5], detection=1.0)).track_ids().tolist() == [0]
    assert solve(problem([1, 1, 2])).track_ids().tolist() == [1, 2, 3]
    assert solve(problem([1, 1, 2])).objective == pytest.approx(-1.5)


def test_empty_frames_change_nothing():
    made = random_problem(7)
    sparse = replace(made, frame=made.frame * 1000 + 5)
    assert len(made) > 20
    for solve in SOLVERS.values():
        assert solve(sparse).successor.tolist() == solve(made).successor.tolist()


def test_detections_that_are_all_the_same():
    """Four that nothing tells apart in each of ten frames: any four tracks through all frames are the optimum."""
    frame = np.repeat(np.arange(1, 11), 4)
    earlier, later = np.nonzero(np.subtract.outer(frame, frame) == -1)
    made = problem(frame, earlier, later, np.full(len(earlier), 0.3))
    for solve in SOLVERS.values():
        solution = solve(made)
        assert np.bincount(solution.track_ids()).tolist() == [0, 10, 10, 10, 10]
        assert solution.objective == pytest.approx(4 * (0.5 - 10 + 9 * 0.3))
        assert checked_objective(made, solution) == pytest.approx(solution.objective)


@pytest.mark.slow
def test_a_thousand_detections_in_a_frame():
    rng, count = np.random.default_rng(0), 1000
    place = rng.uniform(0, 100, 3 * count)
    frame = np.repeat([1, 2, 3], count)
    earlier = np.repeat(np.arange(2 * count), 8)
    later = (frame[earlier] * count) + rng.integers(0, count, len(earlier))
    earlier, later = np.unique(np.column_stack([earlier, later]), axis=0).T
    made = problem(frame, earlier, later, np.abs(place[earlier] - place[later]) / 10, entry=1, exit=1)
    solution = solve_lp(made)
    assert solution.objective == close(solve_by_highs(made))
    assert checked_objective(made, solution) == close(solution.objective)
    assert 1000 < solution.used.sum() < 2000


def test_tracks_are_numbered_in_the_order_of_their_first_detections():
    used = np.array([True, True, False, True, True, True])
    solution = Solution(used, np.array([4, 3, -1, -1, -1, -1]), 0.0)
    assert solution.track_ids().tolist() == [1, 2, 0, 2, 1, 3]
    assert solution.track_ids().dtype == np.int32


@pytest.mark.slow
def test_the_published_instance_has_its_published_optimum(data):
    path = data.parent / "lp" / "input_MOT_seq07_followme.txt"
    if not path.is_file():
        pytest.skip(f"no published instance at {path}")
    made = read_problem(path)
    assert (2 * len(made) + 2, 3 * len(made) + len(made.pairs)) == (40422, 98256)
    solution = solve_lp(made)
    assert solution.objective == pytest.approx(PUBLISHED_OPTIMUM, abs=1e-3)
    assert checked_objective(made, solution) == pytest.approx(solution.objective, rel=1e-9)
    assert solve_hungarian(made).objective >= solution.objective
