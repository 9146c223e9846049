"""What the caller is told of a worker."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from siamlink.detectors.base.errors import SiamlinkError, explain, explain_where
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.runners.work import Report


@dataclass(frozen=True)
class Ready:
    """It is prepared, and waits for its first task."""


@dataclass(frozen=True)
class Step:
    """How far its task is; see `Progress`."""

    stage: str
    done: int
    total: int | None


@dataclass(frozen=True)
class Note:
    """A line for the user."""

    text: str


@dataclass(frozen=True)
class Finished:
    """The answer of its task, or why there is none; it waits for the next task."""

    answer: Any


@dataclass(frozen=True)
class Failed:
    """It cannot be prepared, and nor can any other."""

    error: SiamlinkError


@dataclass(frozen=True)
class Died:
    """Its process died."""

    reason: str


Message = Ready | Step | Note | Finished | Failed | Died


def answer_of(do: Callable[[Any, Report], Any], task: Any, report: Report) -> Finished:
    """What comes of a task: its answer, or its error."""
    try:
        return Finished(do(task, report))
    except Exception as error:
        return Finished(as_expected(error))


def as_expected(error: Exception) -> SiamlinkError:
    """The error itself, or one that says in one line what nobody expected, and where; it can be pickled."""
    if isinstance(error, SiamlinkError):
        return error if _can_be_pickled(error) else SiamlinkError(str(error))
    return SiamlinkError(f"unexpected {explain_where(error)}; please report this")


def unsendable(error: Exception) -> Finished:
    """The answer in place of one that cannot be pickled."""
    return Finished(SiamlinkError(f"its answer cannot be sent from one process to another: {explain(error)}"))


def _can_be_pickled(error: SiamlinkError) -> bool:
    """Whether an error, which may be of a plug-in, reaches another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - of this process
    except Exception:
        return False
    return True


class TotalProgress:
    """Adds up the steps of all tasks by stage, so that the display is as short as for one task."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._by_stage: dict[str, dict[object, Step]] = {}

    def update(self, task: object, step: Step) -> None:
        """Take in a step of a task, which anything hashable can stand for."""
        steps = self._by_stage.setdefault(step.stage, {})
        steps[task] = step
        totals = [each.total for each in steps.values() if each.total is not None]
        total = sum(totals) if len(totals) == len(steps) else None
        self._progress(step.stage, sum(each.done for each in steps.values()), total)
