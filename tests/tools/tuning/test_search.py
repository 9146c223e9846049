"""The search: each video is held out of one study; the same seed gives the same answer."""

from collections.abc import Iterable

import numpy as np
import pytest

from siamlink.tools.tuning.choices import Objective
from siamlink.tools.tuning.evaluation import Figures, Outcome, Task
from siamlink.tools.tuning.search import FIRST_TRIALS, Finished, Search, importance, make_searches, run_searches
from siamlink.tools.tuning.space import SearchSpace, Setting
from siamlink.tracker.configuration import load_parameters

pytest.importorskip("optuna")
SPACE = SearchSpace(
    load_parameters(),
    (Setting("overlap_limit", 0.5, low=0.0, high=1.0), Setting("gaps.smooth", True, (True, False))),
)


def figures(task: Task) -> Figures:
    """Video 0 is best at 0.2, the others at 0.8; smoothing changes nothing; MOTA is the opposite."""
    distance = abs(dict(task.changes).get("overlap_limit", 0.5) - (0.2 if task.video == 0 else 0.8))  # type: ignore[operator]
    return Figures(100 - 100 * distance, 50, 100 * distance)


def evaluate(tasks: list[Task]) -> dict[Task, Outcome]:
    return {task: Outcome(figures(task), frozenset({"learned"})) for task in tasks}


def searched(rounds: Iterable[int], seed: int = 0, objective: Objective = Objective.HOTA) -> list[Search]:
    searches = make_searches(3, SPACE, seed)
    for _ in run_searches(searches, SPACE, objective, evaluate, rounds):
        pass
    return searches


def test_a_held_out_video_has_no_say() -> None:
    searches = searched(range(25))
    assert [sorted(search.videos) for search in searches] == [[1, 2], [0, 2], [0, 1], [0, 1, 2]]
    best = [dict(search.best(SPACE).changes)["overlap_limit"] for search in searches[:1]]
    assert best == [pytest.approx(0.8, abs=0.1)]


def test_the_configuration_is_tried_first() -> None:
    for search in searched(range(1)):
        assert [each.changes for each in search.finished] == [()]


def test_the_same_seed_gives_the_same_trials_and_another_one_others() -> None:
    first, again, other = (
        [search.finished for search in searched(range(14), seed)]
        for seed in (0, 0, 1)  # more than the random ones at the beginning
    )
    assert first == again
    assert first != other


def test_what_is_worse_than_half_before_it_is_given_up_after_the_first_trials() -> None:
    tracked: list[Task] = []

    def record(tasks: list[Task]) -> dict[Task, Outcome]:
        tracked.extend(tasks)
        return evaluate(tasks)

    searches = make_searches(3, SPACE, 0)
    for _ in run_searches(searches, SPACE, Objective.HOTA, record, range(FIRST_TRIALS)):
        pass
    assert all(len(search.finished) == search.count == FIRST_TRIALS for search in searches)
    overall = searches[-1]
    before = [[figures(Task(each.changes, video)).hota for video in overall.videos] for each in overall.finished]
    for _ in run_searches(searches, SPACE, Objective.HOTA, record, range(15)):
        pass
    assert overall.count == FIRST_TRIALS + 15
    assert FIRST_TRIALS < len(overall.finished) < overall.count
    assert min(each.values[0] for each in overall.finished[FIRST_TRIALS:]) >= np.median([each[0] for each in before])


def test_the_first_suggestions_are_the_same_in_all_searches() -> None:
    first, second, *_ = searched(range(6))
    assert [each.changes for each in first.finished] == [each.changes for each in second.finished]


def test_the_objective_is_what_is_maximised() -> None:
    (*_, overall) = searched(range(25), objective=Objective.MOTA)
    changed = dict(overall.best(SPACE).changes)
    assert changed["overlap_limit"] == pytest.approx(0, abs=0.1)
    assert Figures(1, 2, 6).objective(Objective.MEAN) == 3
    assert Figures(1, 2, 6).objective(Objective.IDF1) == 2


def test_of_equal_trials_the_nearest_to_the_configuration_is_best() -> None:
    search = make_searches(2, SPACE, 0)[0]
    far, near = (("gaps.smooth", False), ("overlap_limit", 0.6)), (("overlap_limit", 0.6),)
    worse = Finished((("overlap_limit", 0.51),), (1, 2))
    search.finished = [Finished((), (1, 1)), Finished(far, (1, 3)), Finished(near, (3, 1 - 1e-12)), worse]
    assert search.best(SPACE).changes == near


def test_the_importance_is_that_of_the_setting_that_matters() -> None:
    (*_, overall) = searched(range(25))
    assert next(iter(importance(overall))) == "overlap_limit"
    assert sum(importance(overall).values()) == pytest.approx(1)
    assert importance(searched(range(2))[-1]) == {}
