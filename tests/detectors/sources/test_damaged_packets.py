"""Which packets count as damaged, by packets that are made up."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from av.error import InvalidDataError

from siamlink.detectors.sources.damaged_packets import marked_packets

INTERVAL, SIZE = 40, 1000
STREAM = object()


def packet(number: int, *, corrupt: bool = False, key: bool = False, skipped: int = 0, stream: object = STREAM) -> Any:
    """Packet `number`, with its time stamp and position in the file; `skipped` bytes of the file are before it."""
    return SimpleNamespace(
        stream=stream,
        pts=number * INTERVAL,
        pos=number * SIZE + skipped,
        size=SIZE,
        is_corrupt=corrupt,
        is_keyframe=key,
    )


class Container:
    """A container of packets; `fault` is raised after the last of them."""

    def __init__(self, packets: list[Any], name: str = "matroska,webm", fault: Exception | None = None) -> None:
        self.packets, self.fault = packets, fault
        self.format, self.name = SimpleNamespace(name=name), "file:none"

    def demux(self) -> Iterator[Any]:
        yield from self.packets
        if self.fault:
            raise self.fault


def damaged(container: Container) -> list[int]:
    """The numbers of the packets that are marked as damaged."""
    return [each.pts // INTERVAL for each in marked_packets(container, STREAM) if each.is_corrupt]


def test_packets_of_other_streams_are_left_out_and_the_order_remains():
    packets = [packet(number, stream=STREAM if number % 3 else object()) for number in range(60)]
    numbers = [each.pts // INTERVAL for each in marked_packets(Container(packets), STREAM)]
    assert numbers == [number for number in range(60) if number % 3]


@pytest.mark.parametrize("lost", [0, 1, 5])
def test_skipped_bytes_with_a_gap_in_time_are_damage(lost):
    later = [packet(number, skipped=10 * SIZE) for number in range(30 + lost, 60)]
    container = Container([*(packet(number) for number in range(30)), *later])
    assert damaged(container) == ([30 + lost] if lost else [])


def test_a_gap_in_time_without_skipped_bytes_is_no_damage():
    packets = [packet(number) for number in range(30)] + [packet(number) for number in range(33, 60)]
    for position, each in enumerate(packets):
        each.pos = position * SIZE
    assert damaged(Container(packets)) == []


def test_skipped_bytes_count_only_in_containers_that_skip_without_an_error():
    packets = [packet(number) for number in range(30)] + [packet(number, skipped=9999) for number in range(33, 60)]
    assert damaged(Container(packets, "mov,mp4")) == []
    assert damaged(Container(packets, "flv")) == [33]


@pytest.mark.parametrize(("key", "distance"), [(True, 1), (True, 2), (True, 3), (False, 1)])
def test_a_mark_right_before_a_key_frame_without_a_gap_is_removed(key, distance):
    packets = [packet(number, corrupt=number == 30, key=key and number == 30 + distance) for number in range(60)]
    assert damaged(Container(packets, "mpegts")) == ([] if key and distance <= 2 else [30])


def test_a_mark_before_a_key_frame_after_a_gap_remains():
    numbers = [*range(31), *range(35, 60)]
    packets = [packet(number, corrupt=number == 30, key=number == 35) for number in numbers]
    assert damaged(Container(packets, "mpegts")) == [30]


def test_a_clock_that_starts_again_is_no_gap():
    packets = [packet(number + 1000, corrupt=number == 30) for number in range(31)]
    packets += [packet(number, key=number == 0) for number in range(30)]
    assert damaged(Container(packets, "mpegts")) == []


def test_a_read_error_is_raised_after_the_packets_before_it():
    fault = InvalidDataError(1094995529, "Invalid data found")
    packets = marked_packets(Container([packet(number) for number in range(40)], fault=fault), STREAM)
    assert [next(packets).pts // INTERVAL for _ in range(40)] == list(range(40))
    with pytest.raises(InvalidDataError):
        next(packets)
