"""Where tasks are done: in this process, in others of this machine, or on a cluster."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing
from typing import Any, Protocol, Self, TypeVar

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.runners.messages import Step, TotalProgress
from siamlink.tools.runners.work import Report, ShowNote, Work

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)
Answers = Generator[tuple[Task, Answer | SiamlinkError], None, None]
"""Tasks with their answers or their errors, as they come."""


class Crew(Protocol[Task, Answer_co]):
    """Workers that are prepared for one piece of work, and do one list of its tasks after the other."""

    def run(self, tasks: Sequence[Task], progress: Progress, note: ShowNote) -> Answers[Task, Answer_co]:
        """Do tasks; yields each with its answer or its error, as they come.

        If the generator is closed early, as by Ctrl-C, the processes end, and leave no temporary files.

        Args:
            tasks: that do not depend on each other.
            progress: of all tasks together, by stage; a stage named `Work.unit` counts those that are done.
            note: shows lines of the tasks, and says which of them is done again.
        """


class Runner(ABC):
    """Does tasks. It is a context, at whose end everything that it started is ended.

    A task that raises a `SiamlinkError` fails, and the others go on. A process that dies is replaced, and its task is
    done again.

    Attributes:
        option: the option that asks for other processes, for messages; None if tasks are done in this process.
    """

    option: str | None

    @abstractmethod
    def crew(self, work: Work[Task, Answer]) -> AbstractContextManager[Crew[Task, Answer]]:
        """Workers for a piece of work, for as long as the block lasts; for tasks that come list by list."""

    def run(
        self, work: Work[Task, Answer], tasks: Sequence[Task], progress: Progress, note: ShowNote
    ) -> Answers[Task, Answer]:
        """Do all tasks of a piece of work; see `Crew.run`."""
        with self.crew(work) as crew:
            yield from crew.run(tasks, progress, note)

    def answers(
        self, work: Work[Task, Answer], tasks: Sequence[Task], progress: Progress, note: ShowNote
    ) -> list[Answer]:
        """Do all tasks, each of which is there once and can be in a set; the answers in their order.

        Raises:
            SiamlinkError: of a task; then the others are given up.
        """
        with closing(in_order(tasks, self.run(work, tasks, progress, note))) as done:
            return [answer for _, answer in done]

    def close(self) -> None:  # noqa: B027 - most have nothing to end
        """End everything that was started."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def in_order(tasks: Sequence[Task], answers: Answers[Task, Answer]) -> Generator[tuple[Task, Answer], None, None]:
    """The answers in the order of the tasks, each as soon as those before it are there.

    Args:
        tasks: that can be in a set, each once.
        answers: of a runner.

    Raises:
        SiamlinkError: the answer of a task.
    """
    known: dict[Task, Answer] = {}
    with closing(answers):
        for task in tasks:
            while task not in known:
                done, answer = next(answers)
                if isinstance(answer, SiamlinkError):
                    raise answer
                known[done] = answer
            yield task, known.pop(task)


class InThisProcess:
    """One task after the other, without another process; an error that is not a `SiamlinkError` is not caught."""

    def __init__(self, work: Work[Any, Any]) -> None:
        self._unit, self._do = work.unit, work.prepare()

    def run(self, tasks: Sequence[Any], progress: Progress, note: ShowNote) -> Answers[Any, Any]:
        """As `Crew.run`."""
        total, counts = TotalProgress(progress), len(tasks) > 1
        if counts:
            progress(self._unit, 0, len(tasks))
        for index, task in enumerate(tasks):

            def step(stage: str, done: int, count: int | None, index: int = index) -> None:
                total.update(index, Step(stage, done, count))

            answer: Any
            try:
                answer = self._do(task, Report(step, note))
            except SiamlinkError as error:
                answer = error
            if counts:
                progress(self._unit, index + 1, len(tasks))
            yield task, answer
