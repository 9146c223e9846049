"""Sources tracked at once, each in one of several processes."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import clear_staging
from siamlink.tools.console.processes import start_process
from siamlink.tools.console.terminal import show_note
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.running.resume import run_with_cache
from siamlink.tracker.runs.inputs import TrackingInput

GRACE_SECONDS = 10
"""For a process that is terminated, to remove its temporary files."""
DIED = "its process died; there may not be memory enough for so many --jobs"


@dataclass(frozen=True)
class Step:
    """A worker's message: how far it is; see `Progress`."""

    stage: str
    done: int
    total: int | None


@dataclass(frozen=True)
class Note:
    """A worker's message: a line for the user."""

    text: str


@dataclass(frozen=True)
class Finished:
    """A worker's last message about an input: its outcome, or the error."""

    outcome: Outcome | SiamlinkError


def run_at_once(
    inputs: list[TrackingInput], job: Job, jobs: int, progress: Progress
) -> Iterator[tuple[TrackingInput, Outcome | SiamlinkError]]:
    """Track inputs and write their results in up to `jobs` processes; yields each input with its outcome or error.

    Each input has its own detector. If a process dies, only its input fails. If the iterator is closed early, as by
    Ctrl-C, the processes end, and the results of unfinished inputs are not changed.
    """
    waiting, done, total = list(reversed(inputs)), 0, _TotalProgress(progress)
    workers: dict[Connection, tuple[BaseProcess, TrackingInput]] = {}
    progress("sources", 0, len(inputs))
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                process, connection = start_process(_work, job)
                workers[connection] = process, _give(connection, waiting)
            for connection in cast(list[Connection], wait(list(workers))):
                process, source = workers[connection]
                message = _receive(connection, process, job)
                match message:
                    case Note(text):
                        show_note(text)
                    case Step():
                        total.update(source.name, message)
                    case Finished(outcome):
                        if waiting and process.is_alive():
                            workers[connection] = process, _give(connection, waiting)
                        else:
                            del workers[connection]
                            connection.close()
                        done += 1
                        progress("sources", done, len(inputs))
                        yield source, outcome
    finally:
        _end([process for process, _ in workers.values()], job)


def _receive(connection: Connection, process: BaseProcess, job: Job) -> Step | Note | Finished:
    """The next message of a worker; `Finished` with an error if it died."""
    try:
        return cast(Step | Note | Finished, connection.recv())
    except (EOFError, OSError):
        _end([process], job)
        return Finished(SiamlinkError(DIED))


def _give(connection: Connection, waiting: list[TrackingInput]) -> TrackingInput:
    source = waiting.pop()
    with suppress(OSError):  # the process died; receiving from it will show that
        connection.send(source)
    return source


def _end(processes: list[BaseProcess], job: Job) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(GRACE_SECONDS)
        process.kill()
        process.join()
        assert process.pid is not None
        clear_staging(job.output, process.pid)


def _work(connection: Connection, job: Job) -> None:
    """Track the inputs that are received, one after the other; send steps, notes and the outcome of each."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # temporary files are removed first
    try:
        matcher = job.parameters.load_matcher()
        while True:
            source: TrackingInput = connection.recv()
            try:
                detector = job.load_detector() if source.detections is None else None
                outcome = run_with_cache(
                    source,
                    job,
                    detector,
                    matcher,
                    lambda *step: connection.send(Step(*step)),
                    lambda text: connection.send(Note(text)),
                )
                connection.send(Finished(outcome))
            except SiamlinkError as error:
                connection.send(Finished(error))
    except (EOFError, OSError, KeyboardInterrupt):
        return  # the parent has no more inputs, or has ended


class _TotalProgress:
    """Adds up the steps of all inputs by stage, so that the display is as short as for one input."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._by_stage: dict[str, dict[str, Step]] = {}

    def update(self, name: str, step: Step) -> None:
        """Take in a step of the input of this name."""
        steps = self._by_stage.setdefault(step.stage, {})
        steps[name] = step
        totals = [each.total for each in steps.values() if each.total is not None]
        total = sum(totals) if len(totals) == len(steps) else None
        self._progress(step.stage, sum(each.done for each in steps.values()), total)
