"""Stages of a run: their time and their progress."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")
Progress = Callable[[str, int, int | None], None]
"""Called with the stage or file, the steps or bytes done, and their total (None if it is not known)."""


class Stopwatch:
    """Adds up the seconds of named stages in `seconds`; the time of a nested stage counts for that stage alone.

    Each thread counts its own time, so the sum over stages that run in parallel may exceed the elapsed time.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()
        self._thread = threading.local()

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy: the seconds so far."""
        return type(self), (), {"seconds": dict(self.seconds)}

    def stage(self, name: str) -> "_Stage":
        """A context: the time of its block is added to a stage."""
        return _Stage(self, name)

    def over(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        """The items; the time to compute each is added to a stage."""
        source = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(source)
                except StopIteration:
                    return
            yield item

    def _end(self, name: str, elapsed: float, before: float) -> None:
        """Add the seconds of a stage, without those of the stages that were nested in it."""
        nested = self._thread.nested
        with self._lock:
            self.seconds[name] = self.seconds.get(name, 0.0) + elapsed - nested
        self._thread.nested = before + elapsed


class _Stage:
    """The time of one block; a generator as context would take twice the time for a short block."""

    __slots__ = ("_before", "_name", "_start", "_stopwatch")

    def __init__(self, stopwatch: Stopwatch, name: str) -> None:
        self._stopwatch, self._name = stopwatch, name

    def __enter__(self) -> None:
        thread = self._stopwatch._thread
        self._before = getattr(thread, "nested", 0.0)  # seconds of the stages so far in the one around this one
        thread.nested = 0.0
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._stopwatch._end(self._name, time.perf_counter() - self._start, self._before)
