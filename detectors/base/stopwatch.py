"""Named stages of a run: how long each took and how far it is."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Progress = Callable[[str, int, int | None], None]
"""Called with the stage, the steps done and the steps in all (None where not known)."""


class Stopwatch:
    """Adds up the seconds of named stages in `seconds`; a stage within another counts for itself alone.

    Stages may run in several threads at once. Each counts its own time by the clock, so that together they may come to
    more than has passed.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._adding = threading.Lock()
        self._thread = threading.local()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside the block towards a stage."""
        start, earlier = time.perf_counter(), self._within
        self._within = 0.0
        try:
            yield
        finally:
            took = time.perf_counter() - start
            with self._adding:
                self.seconds[name] = self.seconds.get(name, 0.0) + took - self._within
            self._within = earlier + took

    def over(self, name: str, items: Iterable[Item]) -> Iterator[Item]:
        """The items, the time that each takes to come counted towards a stage."""
        source = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(source)
                except StopIteration:
                    return
            yield item

    @property
    def _within(self) -> float:
        """Seconds that stages within the present one of this thread took."""
        within: float = getattr(self._thread, "within", 0.0)
        return within

    @_within.setter
    def _within(self, seconds: float) -> None:
        self._thread.within = seconds
