"""Lost connections, by a clock that advances only in `sleep`."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources import reconnecting as live_source
from siamlink.detectors.sources.frame_source import Gap, Image, StreamBroken
from siamlink.detectors.sources.reconnecting import WAITING_FRAMES, LiveSource

RATE = 25.0


@pytest.fixture(autouse=True)
def clock(still_clock: Any) -> Any:
    return still_clock


class Pictures:
    """A connection that gives `count` pictures, then ends or breaks."""

    frame_rate = RATE

    def __init__(self, count: int, fault: str = "", width: int = 4, endless: bool = True) -> None:
        self.size, self.endless, self.on_demand = (width, 2), endless, not endless
        self._count, self._fault = count, fault

    def read(self) -> Iterator[tuple[float | None, Image]]:
        for _ in range(self._count):
            yield None, np.zeros((2, self.size[0], 3), np.uint8)
        if self._fault:
            raise StreamBroken(self._fault)

    def close(self) -> None:
        self.closed = True


def source(*connections: Pictures | None, patience: float = 300, calls: list[float] | None = None) -> LiveSource:
    """A source that answers with one connection after the other; for None and after the last it does not answer."""
    left, times = list(connections), [] if calls is None else calls

    def connect() -> Pictures:
        times.append(live_source.time.monotonic())
        connection = left.pop(0) if left else None
        if connection is None:
            raise InputError("no answer")
        return connection

    return LiveSource("gate", connect, None, patience)


def numbers(frames: LiveSource) -> list[int]:
    return [frame.number for frame in frames]


def test_a_lost_source_is_called_again_after_growing_delays() -> None:
    calls: list[float] = []
    frames = source(Pictures(3), *[None] * 8, Pictures(2), calls=calls, patience=200)
    got, gap = numbers(frames), frames.gaps[0]
    delays = [later - earlier for earlier, later in pairwise(calls)]
    assert delays[:9] == pytest.approx([0.5, 1, 2, 4, 8, 16, 30, 30, 30], abs=0.11)
    assert delays[9] == pytest.approx(0.5, abs=0.11), "a source that was back is called soon"
    assert gap.seconds == pytest.approx(121.5, abs=1)
    assert got == [1, 2, 3, gap.before, gap.before + 1]


@given(st.integers(1, 10), st.integers(1, 10), st.integers(0, 7), st.floats(0.1, 240))
def test_numbers_and_seconds_follow_real_time(first: int, second: int, silent: int, rate: float) -> None:
    connections = [Pictures(first), *[None] * silent, Pictures(second)]
    for connection in (connections[0], connections[-1]):
        connection.frame_rate = rate
    frames = source(*connections, patience=120)
    got = list(frames)
    gap = frames.gaps[0]
    assert (gap.after, gap.before - gap.after) == (first, max(1, round(gap.seconds * rate)))
    assert [frame.number for frame in got] == [*range(1, first + 1), *range(gap.before, gap.before + second)]
    assert frames.last_number == gap.before + second - 1
    assert frames.read_count == first + second
    assert [frame.seconds for frame in got] == [(frame.number - 1) / rate for frame in got]
    assert got[first].seconds - got[first - 1].seconds == pytest.approx(gap.seconds, abs=1 / rate)


def test_a_source_that_stays_lost_is_broken() -> None:
    frames = source(Pictures(3, "Connection reset by peer"), patience=60)
    assert numbers(frames) == [1, 2, 3]
    assert frames.broken == "lost after frame 3 and not back within 60 seconds: Connection reset by peer"
    (gap,) = frames.gaps
    assert gap == Gap(3, None, pytest.approx(60, abs=1), "Connection reset by peer")


def test_a_gap_has_its_first_reason() -> None:
    frames = source(Pictures(1, "it burns"), None, Pictures(0, "it smokes"), Pictures(1), patience=60)
    assert len(numbers(frames)) == 2
    assert [gap.reason for gap in frames.gaps] == ["it burns", "it ended"]


def test_stopping_ends_the_wait_at_once(clock: Any) -> None:
    frames = source(Pictures(3))
    clock.on_sleep = lambda: frames.stop() if clock.now > 20 else None
    assert numbers(frames) == [1, 2, 3]
    assert clock.now == pytest.approx(20, abs=0.2)
    assert frames.broken is None
    assert frames.gaps == [Gap(3, None, clock.now, "it ended")]


def test_without_patience_the_first_connection_is_the_last() -> None:
    whole, cut = source(Pictures(3), patience=0), source(Pictures(3, "no answer in time"), patience=0)
    assert (numbers(whole), whole.broken, whole.gaps) == ([1, 2, 3], None, [])
    assert (numbers(cut), cut.broken, cut.gaps) == ([1, 2, 3], "lost after frame 3: no answer in time", [])


def test_a_recording_is_not_called_again() -> None:
    calls: list[float] = []
    frames = source(Pictures(100, "cut off", endless=False), Pictures(1), calls=calls)
    assert numbers(frames) == list(range(1, 101))
    assert frames.broken == "lost after frame 100: cut off"
    assert len(calls) == 1
    assert frames.dropped_count == 0


def test_a_connection_with_another_size_is_not_used() -> None:
    frames = source(Pictures(3), Pictures(5, width=8), Pictures(2), patience=60)
    assert len(numbers(frames)) == 5
    assert frames.gaps[0].seconds == pytest.approx(1.5, abs=0.3)
    frames = source(Pictures(3), *[Pictures(5, width=8)] * 20, patience=60)
    assert len(numbers(frames)) == 3
    assert frames.broken == "lost after frame 3 and not back within 60 seconds: it ended"


def test_connections_are_closed() -> None:
    connections = Pictures(3), Pictures(5, width=8), Pictures(2, "cut off")
    list(source(*connections, patience=60))
    assert all(connection.closed for connection in connections)


def test_dropped_frames_have_numbers() -> None:
    read = threading.Event()

    class Fast(Pictures):
        def read(self) -> Iterator[tuple[float | None, Image]]:
            yield from super().read()
            read.set()

    frames = source(Fast(100), patience=0)
    images = iter(frames)
    got = [next(images).number]
    assert read.wait(10)
    got += [frame.number for frame in images]
    assert got[-WAITING_FRAMES:] == list(range(101 - WAITING_FRAMES, 101))
    assert got == sorted(set(got))
    assert (frames.read_count, frames.dropped_count) == (len(got), 100 - len(got))
    assert frames.last_number == 100


def test_an_error_of_the_reader_is_raised() -> None:
    class Mistaken(Pictures):
        def read(self) -> Iterator[tuple[float | None, Image]]:
            yield from super().read()
            raise RuntimeError("a mistake")

    with pytest.raises(RuntimeError, match="a mistake"):
        list(source(Mistaken(3)))
