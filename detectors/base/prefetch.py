"""Prefetch: a thread takes items from an iterator before they are needed.

`prefetch` is for work in the program, such as decoding a file: it computes at most a few items ahead.
`prefetch_live` is for a camera or a stream: it can be stopped while it waits, and may drop the oldest items.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Condition
from typing import Generic, TypeVar

from siamlink.detectors.base.threads import start_in_background

Item = TypeVar("Item")

DEPTH = 4
"""Items computed ahead: enough to bridge key frames, which take longer to decode, and few enough to hold images."""
GRACE_SECONDS = 1.0
"""How long `prefetch` waits at its end for the thread; a thread that needs longer ends with the program."""
POLL_SECONDS = 0.1
"""How often `prefetch_live` checks whether it is stopped while it waits for an item."""


@contextmanager
def prefetch(items: Iterable[Item], depth: int = DEPTH) -> Iterator[Iterator[Item]]:
    """The same items in the same order, computed by a thread.

    An exception of `items` is raised after the items before it. At the end of the block the thread stops, and
    closes `items` if they have a method `close`.

    Args:
        items: used by the thread alone from now on.
        depth: maximum number of items that are computed or being computed and not taken yet; 0: no thread.
    """
    if not depth:
        yield iter(items)
        return
    worker = _Worker(items, depth, drop_oldest=False)
    try:
        yield _taken(worker)
    finally:
        worker.close(GRACE_SECONDS)


def _taken(worker: "_Worker[Item]") -> Iterator[Item]:
    while (taken := worker.take()) is not None:
        yield from taken


def prefetched(items: Iterable[Item], depth: int = DEPTH) -> Generator[Item]:
    """The items as `prefetch` gives them; the thread stops when they end or this generator is closed."""
    with prefetch(items, depth) as taken:
        yield from taken


def prefetch_live(items: Iterable[Item], depth: int, stopped: Callable[[], bool], drop_oldest: bool) -> Generator[Item]:
    """The items of a live source in their order, until they end or `stopped()` is true.

    Args:
        items: used by the thread alone from now on.
        depth: maximum number of items that wait to be taken.
        stopped: called before each item, and every `POLL_SECONDS` while there is none.
        drop_oldest: what happens when `depth` items wait and another one comes: the oldest is dropped. If false, the
            thread takes no further item until there is room.

    Raises:
        Exception: an exception of `items`, after the items before it.
    """
    worker = _Worker(items, depth, drop_oldest)
    try:
        while not stopped() and (taken := worker.take(POLL_SECONDS)) is not None:
            yield from taken
    finally:
        worker.close(0)


class _Worker(Generic[Item]):
    """A thread and the buffer that it fills; `_end` is the exception after the last item, StopIteration for none."""

    def __init__(self, items: Iterable[Item], depth: int, drop_oldest: bool) -> None:
        self._items, self._depth, self._drop_oldest = iter(items), depth, drop_oldest
        self._buffer: deque[Item] = deque(maxlen=depth)
        self._end: BaseException | None = None
        self._closed = False
        self._changed = Condition()
        self._thread = start_in_background(self._work, self._stop)

    def take(self, seconds: float | None = None) -> tuple[Item] | tuple[()] | None:
        """The next item in a tuple; an empty tuple if none comes in so many seconds, None after the last one."""
        with self._changed:
            self._changed.wait_for(lambda: self._buffer or self._end, seconds)
            if self._buffer:
                self._changed.notify()
                return (self._buffer.popleft(),)
            end = self._end
        if end is None:
            return ()
        if isinstance(end, StopIteration):
            return None
        raise end

    def close(self, grace_seconds: float) -> None:
        self._stop()
        self._thread.join(grace_seconds)

    def _stop(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _work(self) -> None:
        while self._wait_for_room():
            try:
                item = next(self._items)
            except BaseException as end:  # raised again by `take`
                self._put_end(end)
                break
            with self._changed:
                self._buffer.append(item)
                self._changed.notify()
            del item  # the thread holds no image that the program has taken
        with suppress(Exception):
            getattr(self._items, "close", lambda: None)()

    def _wait_for_room(self) -> bool:
        """Wait until another item may be computed; false if no more are needed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._drop_oldest or len(self._buffer) < self._depth)
            return not self._closed

    def _put_end(self, end: BaseException) -> None:
        with self._changed:
            self._end = end
            self._changed.notify()
