import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.read_ahead import read_ahead

both = pytest.mark.parametrize("drop", [True, False])


@given(st.integers(0, 40), st.integers(1, 20))
def test_what_is_asked_for_late_is_the_newest(count: int, most: int) -> None:
    read, asked = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield -1
        asked.wait(10)
        yield from range(count)
        read.set()

    taken = read_ahead(items(), most, lambda: False, drop=True)
    assert next(taken) == -1
    asked.set()
    assert read.wait(10)
    assert list(taken) == list(range(count))[-most:]


@given(st.integers(0, 40), st.integers(1, 20))
def test_nothing_is_lost_where_nothing_is_dropped(count: int, most: int) -> None:
    taken, ahead = 0, set()

    def items() -> Iterator[int]:
        for number in range(count):
            ahead.add(number - taken)
            yield number

    for number in read_ahead(items(), most, lambda: False, drop=False):
        assert number == taken
        taken += 1
    assert taken == count
    assert max(ahead, default=0) <= most + 1


@both
def test_a_failure_comes_after_the_items_before_it(drop: bool) -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise RuntimeError("out of memory")

    taken = read_ahead(items(), 10, lambda: False, drop)
    assert [next(taken) for _ in range(5)] == list(range(5))
    with pytest.raises(RuntimeError, match="out of memory"):
        next(taken)


@both
def test_nothing_more_comes_once_it_is_stopped(drop: bool) -> None:
    silent, stopped = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield 1
        stopped.set()
        silent.wait(10)

    assert list(read_ahead(items(), 10, stopped.is_set, drop)) in ([], [1])
    silent.set()


@both
def test_the_thread_ends_when_nobody_asks_any_more(drop: bool) -> None:
    def items() -> Iterator[int]:
        while True:
            yield threading.get_ident()

    taken = read_ahead(items(), 10, lambda: False, drop)
    reader = next(taken)
    taken.close()
    for thread in threading.enumerate():
        if thread.ident == reader:
            thread.join(10)
    assert reader not in {thread.ident for thread in threading.enumerate()}
