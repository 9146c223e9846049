"""One piece of work at a time, of which only the newest counts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from siamlink.tools.serving.site import SupersededError

SUPERSEDED = "newer corrections have come"


class Newest:
    """Lets one thread work at a time; work that waits makes the one before it end at its next check."""

    def __init__(self) -> None:
        self._counting, self._working = Lock(), Lock()
        self._newest = 0

    @contextmanager
    def turn(self) -> Iterator[Callable[[], None]]:
        """Wait for the work before; yields a function to call often, which ends the block if newer work waits.

        Raises:
            SupersededError: newer work waits.
        """
        with self._counting:
            self._newest += 1
            mine = self._newest

        def check() -> None:
            if mine != self._newest:
                raise SupersededError(SUPERSEDED)

        with self._working:
            check()
            yield check

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for the work before, and keep newer work waiting."""
        with self._working:
            yield

    def close(self, seconds: float) -> bool:
        """End the present work at its next check, and all that waits; returns whether this took less time."""
        with self._counting:
            self._newest += 1
        if not self._working.acquire(timeout=seconds):
            return False
        self._working.release()
        return True
