"""Work in separate processes: each has its own memory, and only the parent handles Ctrl-C."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import SiamlinkError

EXPECTED_ERRORS = (SiamlinkError, MemoryError, RuntimeError)
"""Errors of a process that are raised in its parent; any other one is a bug, and its traceback is printed."""


def start_process(target: Callable[..., None], *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Start a fresh process that runs `target(connection, *arguments)`; returns it and the other end of the connection.

    The process ends with its parent, and ignores Ctrl-C.
    """
    context = multiprocessing.get_context("spawn")
    own, other = context.Pipe()
    process = context.Process(target=target, args=(other, *arguments), daemon=True)
    with without_interrupt():
        process.start()
    other.close()
    return process, own


def in_own_process(work: Callable[..., Any], *arguments: Any, time_limit: float | None = None) -> Any:
    """Run `work(*arguments)` in a fresh process; returns its result.

    Raises:
        TimeoutError: it took more seconds than the limit, start included.
        RuntimeError: the process died, or raised it; likewise for the other errors of `EXPECTED_ERRORS`.
    """
    process, connection = start_process(_send_result, work, arguments)
    try:
        if not connection.poll(time_limit):
            raise TimeoutError(f"> {time_limit:g} s")
        result = connection.recv()
    except EOFError:
        raise RuntimeError("failed") from None
    finally:
        process.kill()
        process.join()
    if isinstance(result, EXPECTED_ERRORS):
        raise result
    return result


def peak_megabytes() -> float | None:
    """The peak memory of this process on Linux; None elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peaks = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")]
    return peaks[0] if peaks else None


def _send_result(connection: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        result = work(*arguments)
    except EXPECTED_ERRORS as error:
        result = error
    connection.send(result)


@contextmanager
def without_interrupt() -> Iterator[None]:
    """Block Ctrl-C; a process that is started meanwhile inherits that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # the first process would start it, which ends any blocking of Ctrl-C
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)
