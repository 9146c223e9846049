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
        self._calls: SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]] | None] = SimpleQueue()
        self._stuck = False
        # with the context of the caller, which holds NumPy's error state for one
        Thread(target=copy_context().run, args=(_work, self._calls), daemon=True).start()
        finalize(self, self._calls.put, None)

    def call(self, function: Callable[[], Any], seconds: float | None = None) -> Any:
        """What `function()` returns in that thread; what it raises is raised here.

        Raises:
            TimeLimitError: it took longer than so many seconds, or an earlier call did.
        """
        return self.begin(function)(seconds)

    def begin(self, function: Callable[[], Any]) -> Callable[[float | None], Any]:
        """Have `function()` called in that thread in its turn; what is returned waits for it, as `call` does."""
        answers: SimpleQueue[Any] = SimpleQueue()
        self._calls.put((function, answers))

        def wait(seconds: float | None) -> Any:
            if self._stuck:
                raise TimeLimitError
            try:
                answer = answers.get(timeout=seconds)
            except Empty:
                self._stuck = True
                raise TimeLimitError from None
            if isinstance(answer, _Raised):
                raise answer.error
            return answer

        return wait


def _work(calls: "SimpleQueue[tuple[Callable[[], Any], SimpleQueue[Any]] | None]") -> None:
    while (asked := calls.get()) is not None:
        function, answers = asked
        try:
            answers.put(function())
        except BaseException as error:  # whoever asked is told
            answers.put(_Raised(error))
        del asked, function, answers  # with the image that it was to be called with
