import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.sources.frame_clock import Arrival, LiveClock

IMAGE = np.zeros((2, 2, 3), np.uint8)


@given(st.lists(st.floats(0, 0.9), max_size=50), st.booleans())
def test_network_jitter_changes_no_frame_number(delays: list[float], stamped: bool) -> None:
    clock, at = LiveClock(25), 100.0
    for place, delay in enumerate(delays):
        at += delay
        assert clock.take(Arrival(place, at, place / 25 if stamped else None, IMAGE), "") is None
        assert clock.number == place + 1


@pytest.mark.parametrize("stamped", [True, False])
def test_a_pause_within_a_connection_uses_frame_numbers(stamped: bool) -> None:
    clock = LiveClock(25)
    clock.take(Arrival(0, 100.0, 7.0 if stamped else None, IMAGE), "")
    at, stamp = (100.1, 10.0) if stamped else (103.0, None)
    gap = clock.take(Arrival(1, at, stamp, IMAGE), "")
    assert gap is not None
    assert (gap.after, gap.before, gap.seconds, gap.reason) == (1, 76, pytest.approx(3), "it paused")
    assert clock.number == 76
    assert clock.dropped_count == 0


def test_a_burst_after_a_pause_is_counted_by_its_stamps() -> None:
    clock = LiveClock(25)
    clock.take(Arrival(0, 100.0, 7.0, IMAGE), "")
    assert clock.take(Arrival(1, 103.0, 7.04, IMAGE), "") is None
    assert clock.number == 2


@pytest.mark.parametrize("stamp", [-9e4, 0.0, 6.9, 9e4])
def test_a_camera_that_sets_its_clock_causes_no_gap(stamp: float) -> None:
    clock = LiveClock(25)
    clock.take(Arrival(0, 100.0, 7.0, IMAGE), "")
    assert clock.take(Arrival(1, 100.0, stamp, IMAGE), "") is None
    assert clock.number == 2


def test_dropped_frames_are_not_a_pause() -> None:
    clock = LiveClock(25)
    clock.take(Arrival(0, 100.0, None, IMAGE), "")
    assert clock.take(Arrival(100, 104.0, None, IMAGE), "") is None
    assert (clock.number, clock.dropped_count) == (101, 99)


def test_a_source_on_demand_has_no_pauses() -> None:
    clock = LiveClock(25, pauses=False)
    clock.take(Arrival(0, 100.0, None, IMAGE), "")
    assert clock.take(Arrival(1, 200.0, 100.0, IMAGE), "") is None
    assert clock.number == 2


@given(st.floats(0, 300), st.floats(0.1, 240), st.integers(0, 20))
def test_after_reconnecting_numbers_follow_the_clock(seconds: float, rate: float, place: int) -> None:
    clock = LiveClock(rate)
    clock.take(Arrival(0, 100.0, None, IMAGE), "")
    gap = clock.take(Arrival(place, 100.0 + seconds, 0.0, IMAGE), "it burns")
    assert gap is not None
    assert gap.reason == "it burns"
    assert clock.number == gap.before == 1 + max(1, round(gap.seconds * rate))
    assert gap.seconds == pytest.approx(seconds)
    clock.take(Arrival(place + 1, 100.0 + seconds, 1 / rate, IMAGE), "")
    assert clock.number == gap.before + 1


@given(st.floats(1, 60), st.integers(1, 5))
def test_the_arrival_rate_excludes_gaps(rate: float, step: int) -> None:
    clock, at, place = LiveClock(rate), 100.0, 0
    clock.take(Arrival(0, at, None, IMAGE), "")
    rates = set()
    count = round(40 * rate / step)
    for index in range(2 * count):
        lost = "it burns" if index == count else ""
        at, place = at + step / rate + (200 if lost else 0), place + step
        clock.take(Arrival(place, at, None, IMAGE), lost)
        rates.add(clock.arrival_rate)
    assert None in rates
    known = list(rates - {None})
    assert known == pytest.approx([rate] * len(known))
    assert known


def test_the_rate_is_known_within_seconds_and_without_the_frames_that_were_buffered() -> None:
    clock = LiveClock(25)
    arrivals = [100.0] * 50 + [100.0 + index / 12 for index in range(1, 120)]  # a burst, then 12 frames a second
    rates = []
    for place, at in enumerate(arrivals):
        clock.take(Arrival(place, at, None, IMAGE), "")
        rates.append(clock.arrival_rate)
    known = [index for index, rate in enumerate(rates) if rate is not None]
    assert 7 <= arrivals[known[0]] - 100 < 7.2
    assert [rates[index] for index in known] == pytest.approx([12.0] * len(known))
