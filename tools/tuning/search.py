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
    from optuna.trial import Trial

Evaluate = Callable[[list[Task]], dict[Task, Outcome]]
"""Gives the outcomes of tasks."""
EQUAL = 1e-9
"""Objectives that differ by less are equal."""
FIRST_TRIALS = 10
"""They are tried on all videos."""
FEWEST_TRIALS = 5
"""With different objectives; fewer say nothing about the importance of settings."""


@dataclass
class Finished:
    """Settings that were tried on all videos of a search, and their objective on each."""

    changes: Changes
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        """The mean objective."""
        return float(np.mean(self.values))


@dataclass
class Search:
    """A search on some videos.

    Attributes:
        videos: the indices of the videos, in the order in which they are tried.
        study: of optuna, which suggests what to try.
        finished: the settings that were tried on all videos, those of the configuration first.
        count: how many were tried, with those that were given up.
    """

    videos: tuple[int, ...]
    study: "Study"
    finished: list[Finished] = field(default_factory=list)
    count: int = 0

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
            attempts = [Attempt.of(search, space) for search in searches]
        for step in range(max(len(search.videos) for search in searches)):
            tasks = {attempt.task(step): attempt for attempt in attempts if attempt.goes_on(step)}
            outcomes = evaluate(list(tasks))
            for attempt in attempts:
                if attempt.goes_on(step):
                    attempt.take(outcomes[attempt.task(step)].figures.objective(objective))
        for attempt in attempts:
            attempt.tell()
        yield number + 1


@dataclass
class Attempt:
    """A set of settings that is tried on one video of a search after the other.

    It is given up where its mean is below the median of those before it on the same videos. (`MedianPruner` of optuna
    compares the best mean so far, and the first videos may be easier than the others.)

    Attributes:
        search: that it is part of.
        trial: its trial of optuna.
        changes: the settings.
        values: the objectives on the videos so far.
        is_pruned: whether it was given up.
    """

    search: Search
    trial: "Trial"
    changes: Changes
    values: list[float] = field(default_factory=list)
    is_pruned: bool = False

    @classmethod
    def of(cls, search: Search, space: SearchSpace) -> "Attempt":
        """What the study suggests next."""
        trial = search.study.ask()
        return cls(search, trial, space.suggest(trial))

    def goes_on(self, step: int) -> bool:
        """Whether it is to be tried on the video of a step."""
        return step < len(self.search.videos) and not self.is_pruned

    def task(self, step: int) -> Task:
        """The task of a step."""
        return Task(self.changes, self.search.videos[step])

    def take(self, value: float) -> None:
        """Take in the objective on a video."""
        self.values.append(value)
        mean, count, before = float(np.mean(self.values)), len(self.values), self.search.finished
        self.trial.report(mean, count)
        if len(before) >= FIRST_TRIALS and count < len(self.search.videos):
            self.is_pruned = mean < float(np.median([np.mean(each.values[:count]) for each in before]))

    def tell(self) -> None:
        """Tell the study the mean objective, or that the trial was given up."""
        from optuna.trial import TrialState

        self.search.count += 1
        if self.is_pruned:
            self.search.study.tell(self.trial, state=TrialState.PRUNED)
            return
        finished = Finished(self.changes, tuple(self.values))
        self.search.study.tell(self.trial, finished.value)
        self.search.finished.append(finished)


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
