"""Work in threads: on all cores at once, or call by call in one thread with a time limit."""

import atexit
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from weakref import ref

Item = TypeVar("Item")
Result = TypeVar("Result")

EXIT_SECONDS = 2.0
"""How long the program waits at its end for background threads."""

_running: dict[Thread, Callable[[], None]] = {}
"""The background threads, and how each is told to stop."""


_core_limit: int | None = None
THREAD_COUNTS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
"""What NumPy, XGBoost, PyTorch and OpenCV read their number of threads from when they are loaded."""


def core_count() -> int:
    """The number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if _core_limit is None else min(cores, _core_limit)


def limit_cores(count: int) -> None:
    """Leave the other cores to other processes; called before libraries are loaded. Limits that are set stay."""
    global _core_limit  # noqa: PLW0603 - of this process
    _core_limit = count
    for name in THREAD_COUNTS:
        os.environ.setdefault(name, str(count))


def on_all_cores(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """The results of `work` for all items, in their order, by a thread per core.

    This is faster than a loop only where `work` releases Python's global lock, as NumPy and OpenCV do.
    """
    items = list(items)
    if len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(core_count()) as threads:
        return list(threads.map(work, items))


def in_threads(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """The results of `work` for all items, in their order, while some threads are a few items ahead.

    Args:
        work: called by several threads at once.
        items: taken one by one, by the caller's thread.
        threads: how many; 1: the caller's.
    """
    if threads < 2:
        yield from map(work, items)
        return
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(copy_context().run, work, item))
            del item  # the threads alone hold it
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def start_in_background(work: Callable[[], None], stop: Callable[[], None]) -> Thread:
    """Start a thread that does not keep the program from ending.

    The thread takes over the context of its maker, such as NumPy's error state. At the end of the program it is told to
    stop, and gets a moment to do so: a thread that is still in native code when Python ends aborts the process.

    Args:
        work: what the thread does.
        stop: tells it to stop; called at the end of the program if the thread is still alive.
    """

    def run() -> None:
        _running[thread] = stop
        try:
            work()
        finally:
            del _running[thread]

    thread = Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    return thread


@atexit.register
def _stop_background() -> None:
    waiting, end = list(_running.items()), monotonic() + EXIT_SECONDS
    for _, stop in waiting:
        stop()
    for thread, _ in waiting:
        thread.join(max(0.0, end - monotonic()))


class TimeLimitError(Exception):
    """A call took longer than its time limit."""


class _Failure(NamedTuple):
    """The exception that a call raised."""

    error: BaseException


class _Call(NamedTuple):
    function: Callable[[], Any]
    results: "SimpleQueue[Any]"


class WorkerThread:
    """One thread that makes all calls, one after another: some libraries keep state for each thread.

    A call cannot be stopped. After the first one over its time limit, every later call raises `TimeLimitError`; the
    thread ends with the program.
    """

    def __init__(self) -> None:
        self._calls = calls = SimpleQueue[_Call | ref[WorkerThread] | None]()
        self._stuck = False
        # a callback without code of Python, as weakref.finalize has: Ctrl-C would be lost in it
        owner = ref(self, calls.put)
        start_in_background(lambda: _work(calls, owner), stop=lambda: calls.put(None))

    def call(self, function: Callable[[], Any], seconds: float | None = None) -> Any:
        """The result of `function()` in the thread; its exception is raised here.

        Args:
            function: the call.
            seconds: the time limit, counted from now; None: no limit.

        Raises:
            TimeLimitError: this call or an earlier one took too long.
        """
        return self.begin(function)(seconds)

    def begin(self, function: Callable[[], Any]) -> Callable[[float | None], Any]:
        """Queue `function()` for the thread; returns a function of the time limit that waits for the result."""
        results: SimpleQueue[Any] = SimpleQueue()
        self._calls.put(_Call(function, results))

        def wait(seconds: float | None) -> Any:
            if self._stuck:
                raise TimeLimitError
            try:
                result = results.get(timeout=seconds)
            except Empty:
                self._stuck = True
                raise TimeLimitError from None
            if isinstance(result, _Failure):
                raise result.error
            return result

        return wait


def _work(calls: "SimpleQueue[_Call | ref[WorkerThread] | None]", owner: "ref[WorkerThread]") -> None:
    """Make the calls, until `owner` itself, whose callback puts it in the queue, or None comes."""
    while isinstance(call := calls.get(), _Call):
        try:
            call.results.put(call.function())
        except BaseException as error:  # raised again by the caller's `wait`
            call.results.put(_Failure(error))
        del call  # frees the image that the function holds
