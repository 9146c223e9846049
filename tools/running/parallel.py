"""Sources tracked at once, each in one of several processes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import cast

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.models.registry import load_detector
from siamlink.tools.console.files import clear_staging
from siamlink.tools.console.processes import start_process
from siamlink.tools.console.terminal import show_note
from siamlink.tools.running.job import Job, Outcome
from siamlink.tools.running.resume import run_and_keep
from siamlink.tracker.runs.inputs import TrackingInput

GRACE_SECONDS = 10
"""For a process that is asked to end, to take its temporary files away."""
Step = tuple[str, int, int | None]
"""A stage, the steps done and the steps in all, as `Progress` is told them."""
DIED = "its process died; there may not be memory enough for so many --jobs"


def run_at_once(
    inputs: list[TrackingInput], job: Job, jobs: int, progress: Progress
) -> Iterator[tuple[TrackingInput, Outcome | SiamlinkError]]:
    """Track inputs and write their results in up to `jobs` processes; yields each input with what came of it.

    Each input gets a detector of its own. A process that dies costs its input alone. When the iterator is closed early,
    by Ctrl-C for one, the processes end, and what they have not finished stays as it was.
    """
    waiting, done, tell = list(reversed(inputs)), 0, _added_up(progress)
    workers: dict[Connection, tuple[BaseProcess, TrackingInput]] = {}
    progress("sources", 0, len(inputs))
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                process, connection = start_process(_work, job)
                workers[connection] = process, _give(connection, waiting)
            for connection in cast(list[Connection], wait(list(workers))):
                process, opened = workers[connection]
                try:
                    message: Step | str | Outcome | SiamlinkError = connection.recv()
                except (EOFError, OSError):
                    message = SiamlinkError(DIED)
                    _end([process], job)
                if isinstance(message, str):
                    show_note(message)
                    continue
                if isinstance(message, tuple):
                    tell(opened.name, message)
                    continue
                if waiting and process.is_alive():
                    workers[connection] = process, _give(connection, waiting)
                else:
                    del workers[connection]
                    connection.close()
                done += 1
                progress("sources", done, len(inputs))
                yield opened, message
    finally:
        _end([process for process, _ in workers.values()], job)


def _give(connection: Connection, waiting: list[TrackingInput]) -> TrackingInput:
    opened = waiting.pop()
    with suppress(OSError):  # it died, as receiving will tell
        connection.send(opened)
    return opened


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
    """Track the inputs that come, one after the other; send the steps on the way and the outcome of each."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # tidy up first
    try:
        matcher = job.parameters.load_matcher()
        while True:
            opened: TrackingInput = connection.recv()
            try:
                detector = load_detector(job.detector_name) if opened.detections is None else None
                outcome = run_and_keep(
                    opened, job, detector, matcher, lambda *step: connection.send(step), connection.send
                )
                connection.send(outcome)
            except SiamlinkError as error:
                connection.send(error)
    except (EOFError, OSError, KeyboardInterrupt):
        return  # the parent has no more inputs, or wants no more results


def _added_up(progress: Progress) -> Callable[[str, Step], None]:
    """Told of each input's steps by its name, reports those of all together: the display stays as short as for one."""
    by_stage: dict[str, dict[str, tuple[int, int | None]]] = {}

    def tell(name: str, step: Step) -> None:
        stage = step[0]
        steps = by_stage.setdefault(stage, {})
        steps[name] = step[1:]
        totals = [total for _, total in steps.values() if total is not None]
        progress(stage, sum(done for done, _ in steps.values()), sum(totals) if len(totals) == len(steps) else None)

    return tell
