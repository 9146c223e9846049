import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.newest import newest


@given(st.integers(0, 40), st.integers(1, 20))
def test_what_is_asked_for_late_is_the_newest(count: int, most: int) -> None:
    read, asked = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield -1
        asked.wait(10)
        yield from range(count)
        read.set()

    taken = newest(items(), most, lambda: False)
    assert next(taken) == -1
    asked.set()
    assert read.wait(10)
    assert list(taken) == list(range(count))[-most:]


def test_a_failure_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise RuntimeError("out of memory")

    taken = newest(items(), 10, lambda: False)
    assert [next(taken) for _ in range(5)] == list(range(5))
    with pytest.raises(RuntimeError, match="out of memory"):
        next(taken)


def test_nothing_more_comes_once_it_is_stopped() -> None:
    silent, stopped = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield 1
        stopped.set()
        silent.wait(10)

    assert list(newest(items(), 10, stopped.is_set)) in ([], [1])
    silent.set()


def test_the_thread_ends_when_nobody_asks_any_more() -> None:
    def items() -> Iterator[int]:
        while True:
            yield threading.get_ident()

    taken = newest(items(), 10, lambda: False)
    reader = next(taken)
    taken.close()
    for thread in threading.enumerate():
        if thread.ident == reader:
            thread.join(10)
    assert reader not in {thread.ident for thread in threading.enumerate()}
