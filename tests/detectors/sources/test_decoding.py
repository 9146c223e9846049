"""Frames out of packets: what is damaged, what has no time, and which way is up."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.error import ExitError, InvalidDataError

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.decoding import (
    decode,
    decode_live,
    first_frame,
    native_frame_rate,
    reason,
    to_bgr,
    video_stream,
    with_seconds,
)
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, StreamBroken

Make = Callable[..., Path]


def damage(path: Path, part: float) -> Path:
    """Overwrite 2 kB of a file at a part of its length."""
    content = bytearray(path.read_bytes())
    start = int(len(content) * part)
    content[start : start + 2048] = bytes(range(256)) * 8
    path.write_bytes(content)
    return path


def test_all_frames_of_an_intact_file_come_in_display_order(make_video: Make, read_number) -> None:
    with av.open(str(make_video("a.mp4", 30, bf="2"))) as container:
        frames = decode(container, video_stream(container, "a"))
        assert [read_number(to_bgr(frame)) for frame in frames] == list(range(1, 31))


def test_frames_end_before_the_first_damage(make_video: Make, read_number) -> None:
    with av.open(str(damage(make_video("a.ts", 30, g="5"), 0.6))) as container:
        frames, numbers = decode(container, video_stream(container, "a")), []
        with pytest.raises(StreamBroken, match="decoding broke at frame"):
            numbers.extend(read_number(to_bgr(frame)) for frame in frames)
    with av.open(str(make_video("b.ts", 30, g="5"))) as container:
        assert sum(1 for _ in decode(container, video_stream(container, "b"))) == 30


def test_a_live_stream_continues_after_damage(make_video: Make) -> None:
    with av.open(str(damage(make_video("a.ts", 30, g="5"), 0.4))) as container:
        frames = list(decode_live(container, video_stream(container, "a"), 60))
    assert 15 <= len(frames) <= 30


def test_a_live_stream_without_a_picture_in_time_is_broken(make_video: Make, monkeypatch) -> None:
    clock = iter(range(0, 10_000, 7))
    monkeypatch.setattr("siamlink.detectors.sources.decoding.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with av.open(str(make_video("a.ts", 30))) as container, pytest.raises(StreamBroken, match="no picture in time"):
        list(decode_live(container, video_stream(container, "a"), 5))


def stream_of(average: object, guessed: object) -> SimpleNamespace:
    return SimpleNamespace(average_rate=average, guessed_rate=guessed)


@pytest.mark.parametrize(
    ("stream", "rate"),
    [
        (stream_of(Fraction(30000, 1001), None), 30000 / 1001),
        (stream_of(None, Fraction(25)), 25),
        (stream_of(None, None), DEFAULT_FRAME_RATE),
        (stream_of(Fraction(90000), None), DEFAULT_FRAME_RATE),
        (stream_of(0, 0), DEFAULT_FRAME_RATE),
    ],
)
def test_the_frame_rate_is_that_of_the_stream_if_it_is_plausible(stream: SimpleNamespace, rate: float) -> None:
    assert native_frame_rate(stream) == pytest.approx(rate)


def test_times_count_from_the_first_frame() -> None:
    frames = [SimpleNamespace(time=each) for each in (None, 5.0, 5.5, None, 7.0)]
    assert [seconds for seconds, _ in with_seconds(iter(frames))] == [None, 0.0, 0.5, None, 2.0]


def test_the_first_frame_or_why_there_is_none() -> None:
    assert first_frame(iter([1, 2]), "a.mp4") == 1
    with pytest.raises(InputError, match=r"a\.mp4 has no frames"):
        first_frame(iter([]), "a.mp4")

    def broken():
        raise StreamBroken("the data is damaged")
        yield

    with pytest.raises(InputError, match=r"no frame of a\.mp4 can be decoded: the data is damaged"):
        first_frame(broken(), "a.mp4")


@pytest.mark.parametrize("turns", [0, 1, 2, -1])
def test_frames_are_rotated_upright(turns: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    frame = av.VideoFrame.from_ndarray(pixels, "bgr24")
    rotated = SimpleNamespace(rotation=90 * turns)
    upright = to_bgr(rotated, SimpleNamespace(reformat=lambda _, format: frame))
    np.testing.assert_array_equal(upright, np.rot90(pixels, turns))
    assert upright.flags.c_contiguous


def test_ffmpeg_errors_are_one_line_without_the_file() -> None:
    assert reason(InvalidDataError(1094995529, "Invalid data found", "rtsp://user:secret@host")) == "Invalid data found"
    assert reason(ExitError(541478725, "Immediate exit requested")) == "no answer in time"
