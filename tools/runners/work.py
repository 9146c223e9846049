"""What is to be done in other processes: a piece of work, its tasks, and how a task speaks to the caller."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from siamlink.detectors.base.stopwatch import Progress

Task_contra = TypeVar("Task_contra", contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)
ShowNote = Callable[[str], None]
"""Shows a line to the user at once."""


def no_note(_: str) -> None:
    """For tasks in this process that say nothing."""


@dataclass(frozen=True)
class Report:
    """How a task speaks to the caller while it is done.

    Attributes:
        progress: takes the steps of the task; those of all tasks are added up by stage.
        note: shows a line to the user.
        attempt: from 1; above 1, the process of the attempt before died, and may have left some of the results.
    """

    progress: Progress
    note: ShowNote
    attempt: int = 1


class Work(Protocol[Task_contra, Answer_co]):
    """Work on tasks that do not depend on each other. It is pickled for other processes, and so are tasks and answers.

    On a cluster, answers should be small, as they pass through the first machine: results are files.
    """

    @property
    def unit(self) -> str:
        """What its tasks are called in progress, as `sources`."""

    @property
    def folder(self) -> Path | None:
        """The folder that results are written to, which exists; None if the answers are all there is."""

    def name_of(self, task: Task_contra) -> str:
        """The name of a task in messages."""

    def prepare(self) -> Callable[[Task_contra, Report], Answer_co]:
        """What does a task; called once in each process, to load what all tasks need.

        Raises:
            SiamlinkError: no task can be done; the run ends.
        """
