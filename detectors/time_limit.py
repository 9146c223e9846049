"""Calls that have to come back in time."""

from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple
from weakref import finalize


class TimeLimitError(Exception):
    """A call has not come back in time."""


class _Raised(NamedTuple):
    """What a call raised."""

    error: BaseException


class OwnThread:
    """A thread that makes calls, one at a time, and always the same: some libraries keep a state for each thread.

    A call that does not come back in time cannot be stopped. Its thread is left alone, and ends with the program.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], Any] | None] = SimpleQueue()
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._stuck = False
        # with the context of the caller, which holds NumPy's error state for one
        Thread(target=copy_context().run, args=(_work, self._calls, self._answers), daemon=True).start()
        finalize(self, self._calls.put, None)

    def call(self, function: Callable[[], Any], seconds: float | None = None) -> Any:
        """What `function()` returns in that thread; what it raises is raised here.

        Raises:
            TimeLimitError: it took longer than so many seconds, or an earlier call did.
        """
        if self._stuck:
            raise TimeLimitError
        self._calls.put(function)
        try:
            answer = self._answers.get(timeout=seconds)
        except Empty:
            self._stuck = True
            raise TimeLimitError from None
        if isinstance(answer, _Raised):
            raise answer.error
        return answer


def _work(calls: "SimpleQueue[Callable[[], Any] | None]", answers: "SimpleQueue[Any]") -> None:
    while (function := calls.get()) is not None:
        try:
            answers.put(function())
        except BaseException as error:  # whoever asked is told
            answers.put(_Raised(error))
        del function  # with the image that it was to be called with
