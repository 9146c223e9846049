"""Items made ahead by another thread."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.prefetch import prefetch


class Made:
    """An iterator over numbers that knows how many it has made, and tells of the thread it made them in."""

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
def test_the_same_items_come_in_the_same_order(items, depth):
    with prefetch(items, depth) as taken:
        assert list(taken) == items
        assert list(taken) == []


@pytest.mark.parametrize("depth", [1, 3])
def test_no_more_than_so_many_are_made_ahead(depth):
    made = Made()
    with prefetch(made, depth) as taken:
        for number in range(1, 5):
            assert made.reached[number + depth - 1].wait(5)
            assert made.count <= number + depth - 1
            assert next(taken) == number
    assert made.threads.isdisjoint([threading.current_thread().name])


def test_without_depth_each_is_made_when_it_is_taken():
    made = Made()
    with prefetch(made, 0) as taken:
        assert made.count == 0
        assert (next(taken), made.count) == (1, 1)
    assert made.threads == {threading.current_thread().name}


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_what_goes_wrong_is_told_where_the_next_item_was_wanted(depth):
    made = Made(fail_at=3)
    with prefetch(made, depth) as taken:
        assert [next(taken) for _ in range(3)] == [1, 2, 3]
        with pytest.raises(ValueError, match="no more of these"):
            next(taken)
        assert made.closed.is_set()


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ValueError])
def test_when_nobody_wants_any_more_the_thread_ends_and_closes_its_source(error):
    made, before = Made(), threading.active_count()
    with suppress(KeyboardInterrupt, ValueError), prefetch(made, 2) as taken:
        assert next(taken) == 1
        if error:
            raise error
    assert made.closed.is_set()
    assert threading.active_count() == before


def test_a_thread_that_does_not_answer_is_left_alone(monkeypatch):
    monkeypatch.setattr("siamlink.detectors.base.prefetch.GRACE_SECONDS", 0.01)
    answer = Event()
    with prefetch(iter(answer.wait, None), 1):
        pass
    answer.set()


def test_threads_can_work_ahead_of_threads():
    with (
        prefetch((2 * number for number in range(100)), 2) as doubled,
        prefetch((each + 1 for each in doubled), 3) as taken,
    ):
        assert list(taken) == [2 * number + 1 for number in range(100)]


def test_the_thread_computes_by_the_rules_of_its_caller():
    quotients = (np.float64(1) / np.zeros(1) for _ in range(1))
    with np.errstate(divide="raise"), prefetch(quotients) as taken, pytest.raises(FloatingPointError):
        next(taken)
