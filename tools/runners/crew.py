"""Tasks handed to workers, one at a time to each; a worker that dies is replaced, and its task is done again."""

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.runners.messages import Died, Failed, Finished, Message, Note, Ready, Step, TotalProgress
from siamlink.tools.runners.runner import Answers
from siamlink.tools.runners.work import ShowNote, Work

ATTEMPTS = 3
"""How often a task is tried whose processes die; likewise, how many processes may die before one is ready."""
WHY = "there may not be memory enough for so many at once (--jobs)"


class Workers(Protocol):
    """How processes are started, and how one speaks to them; each is known by anything hashable."""

    def start(self) -> Hashable:
        """Start a worker, which prepares itself."""

    def give(self, worker: Any, task: Any, attempt: int) -> None:
        """Send a task to a worker that waits for one."""

    def messages(self, workers: Sequence[Any]) -> Iterable[tuple[Any, Message]]:
        """Wait until workers have something to say; at most one message of each."""

    def end(self, workers: Sequence[Any]) -> None:
        """End workers at once, and remove the temporary files that they leave."""


@dataclass(frozen=True)
class _Attempt:
    """A task by its index, and how often it is tried with this time."""

    index: int
    count: int = 1


class ProcessCrew:
    """Workers for the tasks of one piece of work; they stay from one run to the next.

    Args:
        workers: how they are started.
        most: how many there are at most.
        work: that they do.
    """

    def __init__(self, workers: Workers, most: int, work: Work[Any, Any]) -> None:
        self._workers, self._most, self._work = workers, most, work
        self._starting: set[Hashable] = set()
        self._idle: list[Hashable] = []
        self._busy: dict[Hashable, _Attempt] = {}
        self._failed_starts = 0

    def run(self, tasks: Sequence[Any], progress: Progress, note: ShowNote) -> Answers[Any, Any]:
        """Each task with its answer, or its error, as they come."""
        waiting = deque(_Attempt(index) for index in range(len(tasks)))
        total, done = TotalProgress(progress), 0
        progress(self._work.unit, 0, len(tasks))
        try:
            while waiting or self._busy:
                self._fill(waiting, tasks)
                everyone = [*self._starting, *self._idle, *self._busy]
                for worker, message in self._workers.messages(everyone):
                    attempt = self._busy.get(worker)
                    match message:
                        case Ready():
                            self._starting.discard(worker)
                            self._idle.append(worker)
                            self._failed_starts = 0
                        case Failed(error):
                            raise error
                        case Note(text):
                            note(text)
                        case Step() if attempt:
                            total.update(attempt.index, message)
                        case Finished(answer) if attempt:
                            self._idle.append(worker)
                            del self._busy[worker]
                            done += 1
                            progress(self._work.unit, done, len(tasks))
                            yield tasks[attempt.index], answer
                        case Died(reason):
                            self._forget(worker)
                            if attempt is None:
                                continue
                            name = self._work.name_of(tasks[attempt.index])
                            if attempt.count < ATTEMPTS:
                                note(f"{name}: {reason}; it is done again")
                                waiting.append(_Attempt(attempt.index, attempt.count + 1))
                                continue
                            done += 1
                            progress(self._work.unit, done, len(tasks))
                            yield tasks[attempt.index], SiamlinkError(f"{reason}, {ATTEMPTS} times; {WHY}")
        finally:
            self._workers.end(list(self._busy))
            self._busy.clear()

    def end(self) -> None:
        """End all workers."""
        self._workers.end([*self._starting, *self._idle, *self._busy])
        self._starting, self._idle, self._busy = set(), [], {}

    def _fill(self, waiting: "deque[_Attempt]", tasks: Sequence[Any]) -> None:
        """Give a task to each worker that waits for one, and start as many workers as there is work for."""
        while waiting and self._idle:
            worker, attempt = self._idle.pop(), waiting.popleft()
            self._busy[worker] = attempt
            self._workers.give(worker, tasks[attempt.index], attempt.count)
        while len(self._starting) < min(len(waiting), self._most - len(self._busy) - len(self._idle)):
            self._starting.add(self._workers.start())

    def _forget(self, worker: Hashable) -> None:
        """Do without a worker that died.

        Raises:
            SiamlinkError: workers die again and again before they are ready.
        """
        if worker in self._starting:
            self._starting.remove(worker)
            self._failed_starts += 1
            if self._failed_starts >= ATTEMPTS:
                raise SiamlinkError(f"processes die before they are ready; {WHY}")
        elif worker in self._idle:
            self._idle.remove(worker)
        else:
            del self._busy[worker]
