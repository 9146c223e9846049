"""Tasks in processes of this machine."""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any, cast

from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.base.threads import core_count, limit_cores
from siamlink.tools.console.files import clear_staging
from siamlink.tools.console.processes import start_process
from siamlink.tools.runners.crew import ProcessCrew
from siamlink.tools.runners.messages import Died, Failed, Message, Note, Ready, Step, answer_of, as_expected, unsendable
from siamlink.tools.runners.runner import Answer, Answers, Crew, InThisProcess, Runner, Task
from siamlink.tools.runners.work import Report, ShowNote, Work

GRACE_SECONDS = 2.0
"""For processes that are terminated, to end by themselves; the temporary files of those that do not are removed."""


class LocalRunner(Runner):
    """Does tasks in fresh processes of this machine, which share its cores; with one job, in this process.

    Args:
        jobs: how many tasks are done at once.
    """

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs
        self.option = "--jobs" if jobs > 1 else None

    @contextmanager
    def crew(self, work: Work[Task, Answer]) -> Iterator[Crew[Task, Answer]]:
        """See `Runner`."""
        if self.jobs == 1:
            yield InThisProcess(work)
            return
        crew = ProcessCrew(LocalWorkers(work, max(1, core_count() // self.jobs)), self.jobs, work)
        try:
            yield crew
        finally:
            crew.end()

    def run(
        self, work: Work[Task, Answer], tasks: Sequence[Task], progress: Progress, note: ShowNote
    ) -> Answers[Task, Answer]:
        """See `Runner`; a single task is done in this process."""
        if self.jobs > 1 and len(tasks) < 2:
            return LocalRunner(1).run(work, tasks, progress, note)
        return super().run(work, tasks, progress, note)


@dataclass
class LocalWorkers:
    """Processes for a piece of work, each known by the connection to it.

    Attributes:
        work: that they do.
        cores: that each may use.
    """

    work: Work[Any, Any]
    cores: int
    _processes: dict[Connection, BaseProcess] = field(default_factory=dict)

    def start(self) -> Connection:
        """See `Workers`."""
        process, connection = start_process(_work, self.cores)
        self._processes[connection] = process
        with suppress(OSError):  # the process died; receiving from it will show that
            connection.send(self.work)
        return connection

    def give(self, worker: Connection, task: Any, attempt: int) -> None:
        """See `Workers`."""
        with suppress(OSError):
            worker.send((task, attempt))

    def messages(self, workers: Sequence[Connection]) -> Iterable[tuple[Connection, Message]]:
        """See `Workers`."""
        for worker in cast(list[Connection], wait(workers)):
            try:
                message = cast(Message, worker.recv())
            except (EOFError, OSError):
                process = self._processes[worker]
                process.join(GRACE_SECONDS)
                code = process.exitcode
                self.end([worker])
                message = Died(f"its process died{_signal_name(code)}")
            except Exception as error:  # all of the message was received
                message = unsendable(error)
            yield worker, message

    def end(self, workers: Sequence[Connection]) -> None:
        """See `Workers`."""
        for worker in workers:
            self._processes[worker].terminate()
        deadline = monotonic() + GRACE_SECONDS
        for worker in workers:
            process = self._processes.pop(worker)
            process.join(max(0.0, deadline - monotonic()))
            process.kill()
            process.join()
            worker.close()
            assert process.pid is not None
            if self.work.folder is not None:
                clear_staging(self.work.folder, process.pid)


def _signal_name(code: int | None) -> str:
    """By which signal a process died, in brackets; nothing if it was none."""
    if code is None or code >= 0:
        return ""
    try:
        return f" ({signal.Signals(-code).name})"
    except ValueError:
        return f" (signal {-code})"


def _work(connection: Connection, cores: int) -> None:
    """Do the tasks that are received, one after the other; send steps, notes and the answer of each."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary files are removed first
    limit_cores(cores)
    try:
        try:
            do: Callable[[Any, Report], Any] = connection.recv().prepare()
        except Exception as error:
            connection.send(Failed(as_expected(error)))
            return
        connection.send(Ready())
        while True:
            task, attempt = connection.recv()
            report = Report(
                lambda *step: connection.send(Step(*step)), lambda text: connection.send(Note(text)), attempt
            )
            answer = answer_of(do, task, report)
            try:
                connection.send(answer)
            except OSError:
                raise
            except Exception as error:  # nothing was sent
                connection.send(unsendable(error))
    except (EOFError, OSError, KeyboardInterrupt):
        return  # the parent has no more tasks, or has ended
