"""Work ahead of whoever takes its results: an iterator that runs in a thread of its own, a few items before them."""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")

DEPTH = 4
"""Items made ahead; enough to bridge key frames, which take longer to decode, and few enough for images to be held."""
GRACE_SECONDS = 1.0
"""How long the thread may take to finish the item it is at when nobody wants any more; it is left alone then."""


@contextmanager
def prefetch(items: Iterable[Item], depth: int = DEPTH) -> Iterator[Iterator[Item]]:
    """Let a thread go through `items`, at most `depth` of them ahead; the same items come, and in the same order.

    What the items raise is raised where the next one would have been taken. At the end of the block nothing more is
    made, and `items` are closed, if they can be.

    Args:
        items: made in the other thread from now on, and in no other.
        depth: how many may be made or in the making that have not been taken; 0: no thread, each is made when taken.
    """
    if not depth:
        yield iter(items)
        return
    worker = _Worker(items, depth)
    try:
        yield worker.taken()
    finally:
        worker.close()


def prefetched(items: Iterable[Item], depth: int = DEPTH) -> Generator[Item]:
    """The items as `ahead` gives them, until they end or nobody wants any more: until they are closed."""
    with prefetch(items, depth) as taken:
        yield from taken


class _Worker(Generic[Item]):
    """A thread that makes items, and what it has made; an exception that it has made stands for the end."""

    def __init__(self, items: Iterable[Item], depth: int) -> None:
        self._items, self._room, self._closed = iter(items), Semaphore(depth), False
        self._made: SimpleQueue[tuple[Item] | BaseException] = SimpleQueue()
        # with the context of the caller, which holds NumPy's error state for one
        self._thread = Thread(target=copy_context().run, args=(self._work,), daemon=True)
        self._thread.start()

    def taken(self) -> Iterator[Item]:
        while True:
            made = self._made.get()
            if isinstance(made, StopIteration):
                return
            if isinstance(made, BaseException):
                raise made
            self._room.release()
            yield made[0]

    def close(self) -> None:
        self._closed = True
        self._room.release()
        self._thread.join(GRACE_SECONDS)

    def _work(self) -> None:
        while self._room.acquire() and not self._closed:
            try:
                self._made.put((next(self._items),))
            except BaseException as end:  # whoever takes the items is told
                self._made.put(end)
                break
        with suppress(Exception):
            getattr(self._items, "close", lambda: None)()
