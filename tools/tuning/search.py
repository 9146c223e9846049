"""The search: one study for each held-out video, which the settings are not chosen by, and one on all videos."""

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from siamlink.tools.tuning.choices import Objective
from siamlink.tools.tuning.evaluation import Outcome, Task
from siamlink.tools.tuning.space import Changes, SearchSpace

if TYPE_CHECKING:
    from optuna.study import Study

Evaluate = Callable[[list[Task]], dict[Task, Outcome]]
"""Gives the outcomes of tasks."""
EQUAL = 1e-9
"""Objectives that differ by less are equal."""
FEWEST_TRIALS = 5
"""With different objectives; fewer say nothing about the importance of settings."""


@dataclass
class Finished:
    """Settings that were tried on all videos of a search, and the mean of their objective."""

    changes: Changes
    value: float


@dataclass
class Search:
    """A search on some videos.

    Attributes:
        videos: the indices of the videos, in the order in which they are tried.
        study: of optuna, which suggests what to try.
        finished: the settings that were tried, those of the configuration first.
    """

    videos: tuple[int, ...]
    study: "Study"
    finished: list[Finished] = field(default_factory=list)

    def best(self, space: SearchSpace) -> Finished:
        """Of the settings with the best objective, those nearest to the configuration."""
        most = max(each.value for each in self.finished)
        return min(
            (each for each in self.finished if each.value >= most - EQUAL),
            key=lambda each: space.distance(each.changes),
        )


def make_searches(count: int, space: SearchSpace, seed: int) -> list[Search]:
    """One search without each of `count` videos, and the last one on all of them.

    All have the same seed, so that what they try at first is the same and is tried only once.
    """
    held_out = [tuple((first + step) % count for step in range(1, count)) for first in range(count)]
    return [_search(videos, space, seed) for videos in (*held_out, tuple(range(count)))]


def run_searches(
    searches: list[Search],
    space: SearchSpace,
    objective: Objective,
    evaluate: Evaluate,
    rounds: Iterable[int],
) -> Iterator[int]:
    """Try one set of settings in each search, round by round; yields the number of rounds done.

    What is suggested depends on the seed and the outcomes alone, not on how the tasks of a round are shared out.
    """
    for number in rounds:
        with _quiet():
            trials = [search.study.ask() for search in searches]
            changes = [space.suggest(trial) for trial in trials]
        tasks = [
            [Task(suggested, video) for video in search.videos]
            for search, suggested in zip(searches, changes, strict=True)
        ]
        outcomes = evaluate(list(dict.fromkeys(task for of_search in tasks for task in of_search)))
        for search, trial, suggested, of_search in zip(searches, trials, changes, tasks, strict=True):
            value = float(np.mean([outcomes[task].figures.objective(objective) for task in of_search]))
            search.study.tell(trial, value)
            search.finished.append(Finished(suggested, value))
        yield number + 1


def importance(search: Search) -> dict[str, float]:
    """The share of each setting in how good the settings are, the largest first; empty after too few trials."""
    from optuna.importance import get_param_importances

    if len({each.value for each in search.finished}) < FEWEST_TRIALS:
        return {}
    with _quiet():
        return get_param_importances(search.study)


def _search(videos: tuple[int, ...], space: SearchSpace, seed: int) -> Search:
    import optuna

    with _quiet():
        study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
        study.enqueue_trial(space.defaults)
    return Search(videos, study)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what optuna writes to the terminal."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
