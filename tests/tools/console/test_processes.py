"""Work in processes of its own."""

import os
import signal
import time
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.tools.console.processes import in_own_process, peak_megabytes, start_process


def _add(a: int, b: int) -> tuple[int, int]:
    return a + b, os.getpid()


def _raise(error: Exception) -> None:
    raise error


def _end(code: int) -> None:
    os._exit(code)


def _echo(connection, text: str) -> None:  # type: ignore[no-untyped-def]
    connection.send((text, connection.recv()))


def test_work_is_done_elsewhere_and_its_result_comes_back() -> None:
    result, process_id = in_own_process(_add, 2, 3)
    assert result == 5
    assert process_id != os.getpid()


@pytest.mark.parametrize("error", [InputError("no file"), MemoryError("full"), RuntimeError("odd")])
def test_expected_errors_are_raised_here(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)):
        in_own_process(_raise, error)


def test_a_process_that_dies_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="failed"):
        in_own_process(_end, 3)


def test_work_that_takes_too_long_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(TimeoutError, match=r"> 0\.2 s"):
        in_own_process(time.sleep, 60, time_limit=0.2)
    assert time.monotonic() - start < 30


def test_both_ends_of_the_connection_talk() -> None:
    process, connection = start_process(_echo, "there")
    connection.send("here")
    assert connection.recv() == ("there", "here")
    process.join()
    assert process.exitcode == 0


def test_peak_memory_is_known_on_linux() -> None:
    peak = peak_megabytes()
    assert peak is None or peak > 10


def _says_whether_ctrl_c_is_blocked(connection: Connection) -> None:
    connection.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="this system cannot block signals")
def test_already_the_first_process_ignores_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = resource_tracker.ResourceTracker()  # as at the start of a program
    for name in ("getfd", "ensure_running"):
        monkeypatch.setattr(resource_tracker, name, getattr(fresh, name))
    for _ in range(2):
        process, connection = start_process(_says_whether_ctrl_c_is_blocked)
        assert connection.recv()
        process.join()
    fresh._stop()
