"""Items taken by a thread as they come, while earlier ones are handled."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

POLL_SECONDS = 0.1
"""How long it may take to notice that nothing more is wanted."""


def read_ahead(items: Iterator[Item], most: int, stopped: Callable[[], bool], drop: bool) -> Iterator[Item]:
    """The items in their order, of which at most `most` wait to be asked for.

    Args:
        items: taken by a thread of its own, which ends with the program or before the next item.
        most: how many wait.
        stopped: whether nothing more is wanted, asked all the time.
        drop: whether a further item drops the oldest that waits; if not, no further one is taken until there is room.

    Raises:
        Exception: whatever `items` raised, after the items before it.
    """
    waiting: deque[Item] = deque(maxlen=most)
    came, room, left = threading.Event(), threading.Event(), threading.Event()
    ends: list[Exception | None] = []

    def take() -> None:
        failure = None
        try:
            for item in items:
                while not drop and not left.is_set():
                    room.clear()
                    if len(waiting) < most:
                        break
                    room.wait(POLL_SECONDS)
                if left.is_set():
                    break
                waiting.append(item)
                came.set()
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
                item = waiting.popleft()
                room.set()
                yield item
            elif not ended:
                came.wait(POLL_SECONDS)
            elif ends[0] is not None:
                raise ends[0]
            else:
                return
    finally:
        left.set()
