"""Stages of a run: their time and their progress."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
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

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        start, nested_before = time.perf_counter(), self._nested
        self._nested = 0.0
        try:
            yield
        finally:
            elapsed = time.perf_counter() - start
            with self._lock:
                self.seconds[name] = self.seconds.get(name, 0.0) + elapsed - self._nested
            self._nested = nested_before + elapsed

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

    @property
    def _nested(self) -> float:
        """Seconds of the stages nested in the current stage of this thread."""
        nested: float = getattr(self._thread, "nested", 0.0)
        return nested

    @_nested.setter
    def _nested(self, seconds: float) -> None:
        self._thread.nested = seconds
