"""Tasks of the search, here or in several processes."""

import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.tools.console.processes import without_interrupt
from siamlink.tools.tuning.evaluation import Evaluator, Outcome, Task
from siamlink.tools.tuning.search import Evaluate
from siamlink.tools.tuning.store import OutcomeStore

_evaluator: Evaluator | None = None


@contextmanager
def evaluating(evaluator: Evaluator, store: OutcomeStore, jobs: int) -> Iterator[Evaluate]:
    """Gives the outcomes of tasks: known ones, and new ones from up to `jobs` processes, which are then known.

    Raises:
        SiamlinkError: a process died, or raised it.
    """
    if jobs == 1:
        yield lambda tasks: _complete(tasks, store, map(evaluator.outcome, _new(tasks, store)))
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (evaluator,)) as pool:

        def evaluate(tasks: list[Task]) -> dict[Task, Outcome]:
            try:
                with without_interrupt():
                    outcomes = pool.map(_outcome, _new(tasks, store))
                return _complete(tasks, store, outcomes)
            except BrokenProcessPool:
                raise SiamlinkError("a process died; there may not be memory enough for so many --jobs") from None

        try:
            yield evaluate
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _new(tasks: list[Task], store: OutcomeStore) -> list[Task]:
    return [task for task in tasks if task not in store]


def _complete(tasks: list[Task], store: OutcomeStore, outcomes: Iterator[Outcome]) -> dict[Task, Outcome]:
    store.add(zip(_new(tasks, store), outcomes, strict=True))
    return {task: store[task] for task in tasks}


def _start(evaluator: Evaluator) -> None:
    global _evaluator  # noqa: PLW0603 - the state of a worker process
    _evaluator = evaluator
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _outcome(task: Task) -> Outcome:
    assert _evaluator is not None
    return _evaluator.outcome(task)
