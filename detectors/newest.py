"""Items taken by a thread as they come; those that nobody asks for in time make room for newer ones."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

POLL_SECONDS = 0.1
"""How long it may take to notice that nothing more is wanted."""


def newest(items: Iterator[Item], most: int, stopped: Callable[[], bool]) -> Iterator[Item]:
    """The items in their order, at most `most` of them waiting: a new one drops the oldest.

    Args:
        items: taken by a thread of its own, which ends with the program or before the next item.
        most: how many wait.
        stopped: whether nothing more is wanted, asked all the time.

    Raises:
        Exception: whatever `items` raised, after the items before it.
    """
    waiting: deque[Item] = deque(maxlen=most)
    came, left = threading.Event(), threading.Event()
    ends: list[Exception | None] = []

    def take() -> None:
        failure = None
        try:
            for item in items:
                waiting.append(item)
                came.set()
                if left.is_set():
                    break
        except Exception as error:
            failure = error  # to be raised where the items are asked for
        ends.append(failure)
        came.set()

    threading.Thread(target=take, daemon=True).start()
    try:
        while not stopped():
            came.clear()
            ended = bool(ends)  # before looking for the last item, which comes before the end
            if waiting:
                yield waiting.popleft()
            elif not ended:
                came.wait(POLL_SECONDS)
            elif ends[0] is not None:
                raise ends[0]
            else:
                return
    finally:
        left.set()
