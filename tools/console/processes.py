"""Work in processes of their own: their memory is their own, and Ctrl-C is left to the parent."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import SiamlinkError

TOLD = (SiamlinkError, MemoryError, RuntimeError)
"""The errors of a process that its parent hears of; any other one is a bug, whose traceback the process prints."""


def start_process(target: Callable[..., None], *arguments: Any) -> tuple[BaseProcess, Connection]:
    """Start a fresh process that runs `target(connection, *arguments)`; returns it and the other end of the connection.

    The process ends with its parent, and never hears Ctrl-C.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
    with _without_interrupt():
        process.start()
    theirs.close()
    return process, ours


def in_own_process(work: Callable[..., Any], *arguments: Any, time_limit: float | None = None) -> Any:
    """What `work(*arguments)` returns in a fresh process.

    Raises:
        TimeoutError: it took more seconds than the limit, start included.
        RuntimeError: the process died, or raised it; likewise for the other errors of `TOLD`.
    """
    process, connection = start_process(_answer, work, arguments)
    try:
        if not connection.poll(time_limit):
            raise TimeoutError(f"> {time_limit:g} s")
        answer = connection.recv()
    except EOFError:
        raise RuntimeError("failed") from None
    finally:
        process.kill()
        process.join()
    if isinstance(answer, TOLD):
        raise answer
    return answer


def peak_megabytes() -> float | None:
    """The most memory that this process has held, as Linux tells it; None elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    found = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")]
    return found[0] if found else None


def _answer(connection: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        answer = work(*arguments)
    except TOLD as error:
        answer = error
    connection.send(answer)


@contextmanager
def _without_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back; a process that is started meanwhile inherits that."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)
