"""Items that another thread takes before they are needed."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.prefetch import prefetch, prefetch_live, prefetched


class Made:
    """An iterator over numbers that counts them and records the threads that compute them."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.count, self.closed, self.threads = 0, Event(), set[str]()
        self.fail_at = fail_at
        self.reached = {count: Event() for count in range(1, 20)}

    def __iter__(self) -> Iterator[int]:
        try:
            while True:
                self.threads.add(threading.current_thread().name)
                if self.count == self.fail_at:
                    raise ValueError("no more of these")
                self.count += 1
                self.reached[self.count].set()
                yield self.count
        finally:
            self.closed.set()


@given(st.lists(st.integers()), st.integers(0, 6))
def test_items_come_in_their_order(items, depth):
    with prefetch(items, depth) as taken:
        assert list(taken) == items
        assert list(taken) == []


@pytest.mark.parametrize("depth", [1, 3])
def test_no_more_than_depth_items_are_computed_ahead(depth):
    made = Made()
    with prefetch(made, depth) as taken:
        for number in range(1, 5):
            assert made.reached[number + depth - 1].wait(5)
            assert made.count <= number + depth - 1
            assert next(taken) == number
    assert made.threads.isdisjoint([threading.current_thread().name])


def test_without_depth_items_are_computed_when_taken():
    made = Made()
    with prefetch(made, 0) as taken:
        assert made.count == 0
        assert (next(taken), made.count) == (1, 1)
    assert made.threads == {threading.current_thread().name}


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_an_exception_is_raised_after_the_items_before_it(depth):
    made = Made(fail_at=3)
    with prefetch(made, depth) as taken:
        assert [next(taken) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(ValueError, match="no more of these"):
            next(taken)
        assert made.closed.is_set()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ValueError])
def test_at_the_end_of_the_block_the_thread_ends_and_closes_the_items(error):
    made, before = Made(), threading.active_count()
    with suppress(KeyboardInterrupt, ValueError), prefetch(made, 2) as taken:
        assert next(taken) == 1
        if error:
            raise error
    assert made.closed.is_set()
    assert threading.active_count() == before


def test_the_end_of_the_block_does_not_wait_for_a_thread_that_hangs(monkeypatch):
    monkeypatch.setattr("siamlink.detectors.base.prefetch.GRACE_SECONDS", 0.01)
    answer = Event()
    with prefetch(iter(answer.wait, None), 1):
        pass
    answer.set()


def test_prefetch_can_be_nested():
    with (
        prefetch((2 * number for number in range(100)), 2) as doubled,
        prefetch((each + 1 for each in doubled), 3) as taken,
    ):
        assert list(taken) == [2 * number + 1 for number in range(100)]


def test_the_thread_has_the_error_state_of_its_caller():
    quotients = (np.float64(1) / np.zeros(1) for _ in range(1))
    with np.errstate(divide="raise"), prefetch(quotients) as taken, pytest.raises(FloatingPointError):
        next(taken)


def test_a_generator_of_prefetched_items_stops_its_thread_when_it_is_closed():
    made, before = Made(), threading.active_count()
    items = prefetched(made, 2)
    assert [next(items), next(items)] == [1, 2]
    items.close()
    assert made.closed.is_set()
    assert threading.active_count() == before


def test_items_may_be_arrays():
    arrays = [np.zeros(2), np.ones(3)]
    assert [len(each) for each in prefetched(arrays)] == [2, 3]
    assert [len(each) for each in prefetch_live(arrays, 5, lambda: False, drop_oldest=True)] == [2, 3]


both = pytest.mark.parametrize("drop_oldest", [True, False])


@given(st.integers(0, 40), st.integers(1, 20))
def test_a_late_consumer_gets_the_newest_items_of_a_live_source(count: int, depth: int) -> None:
    read, late = Event(), Event()

    def items() -> Iterator[int]:
        yield -1
        late.wait(10)
        yield from range(count)
        read.set()

    taken = prefetch_live(items(), depth, lambda: False, drop_oldest=True)
    assert next(taken) == -1
    late.set()
    assert read.wait(10)
    assert list(taken) == list(range(count))[-depth:]


@given(st.integers(0, 40), st.integers(1, 20))
def test_without_dropping_all_items_of_a_live_source_come(count: int, depth: int) -> None:
    taken, ahead = 0, set()

    def items() -> Iterator[int]:
        for number in range(count):
            ahead.add(number - taken)
            yield number

    for number in prefetch_live(items(), depth, lambda: False, drop_oldest=False):
        assert number == taken
        taken += 1
    assert taken == count
    assert max(ahead, default=0) <= depth


@both
def test_an_exception_of_a_live_source_is_raised_after_the_items_before_it(drop_oldest: bool) -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise RuntimeError("out of memory")

    taken = prefetch_live(items(), 10, lambda: False, drop_oldest)
    assert [next(taken) for _ in range(5)] == list(range(5))
    with pytest.raises(RuntimeError, match="out of memory"):
        next(taken)


@both
def test_a_stopped_live_source_gives_no_further_items(drop_oldest: bool) -> None:
    silent, stopped = Event(), Event()

    def items() -> Iterator[int]:
        yield 1
        stopped.set()
        silent.wait(10)

    assert list(prefetch_live(items(), 10, stopped.is_set, drop_oldest)) in ([], [1])
    silent.set()


@both
def test_the_thread_of_a_live_source_ends_with_its_consumer(drop_oldest: bool) -> None:
    closed = Event()

    def items() -> Iterator[Any]:
        try:
            while True:
                yield threading.current_thread()
        finally:
            closed.set()

    taken = prefetch_live(items(), 10, lambda: False, drop_oldest)
    reader = next(taken)
    taken.close()
    reader.join(10)
    assert not reader.is_alive()
    assert closed.is_set()
