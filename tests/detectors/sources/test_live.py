import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources import live
from siamlink.detectors.sources.frame_source import Frame
from siamlink.detectors.sources.live import Camera, LiveStream

pytestmark = pytest.mark.alone

Make = Callable[..., Path]
NULL_PACKET = b"\x47\x1f\xff\x10" + bytes(184)
"""A packet of MPEG-TS that belongs to no stream."""


@pytest.mark.parametrize("name", ["cam-1.ts", "cam-1.mkv"])
def test_a_stream_gives_every_frame(name: str, make_video: Make, serve, read_number) -> None:
    source = LiveStream(serve(make_video(name, 40), query="?key=secret"))
    assert (source.name, source.frame_rate, source.frame_count) == ("cam-1", 25.0, None)
    assert (source.size, source.live) == ((128, 96), True)
    frames = list(source)
    assert [read_number(frame.image) for frame in frames] == list(range(1, 41))
    assert [frame.seconds for frame in frames] == pytest.approx([k / 25 for k in range(40)], abs=2e-3)
    assert source.broken is None
    assert source.read_count == 40


def test_a_stream_can_be_read_once_only(make_video: Make, serve) -> None:
    source = LiveStream(serve(make_video("a.ts", 10)))
    assert len(list(source)) == 10
    with pytest.raises(InputError, match="a is live and can be read once only"):
        iter(source)


def test_a_lost_connection_ends_the_recording_as_broken(make_video: Make, serve) -> None:
    source = LiveStream(serve(make_video("a.ts", 100), part=0.5))
    frames = list(source)
    assert 20 < len(frames) < 80
    assert source.broken == f"lost after frame {len(frames)}: Input/output error"


@pytest.mark.slow
def test_a_silent_stream_ends_in_time(make_video: Make, serve) -> None:
    source = LiveStream(serve(make_video("a.ts", 100), part=0.5, query="?stall,norange"), timeout_seconds=1.0)
    frames = list(source)
    assert 20 < len(frames) < 80
    assert source.broken == f"lost after frame {len(frames)}: no answer in time"


def test_a_stream_continues_after_damage(make_video: Make, serve) -> None:
    path = make_video("a.ts", 100, g="10")
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(3000) + data[middle + 3000 :])
    source = LiveStream(serve(path))
    assert [frame.number for frame in source] == list(range(1, source.read_count + 1))
    assert source.read_count > 80
    assert source.broken is None


def test_streams_that_do_not_answer_are_named_without_their_password(serve, tmp_path: Path) -> None:
    absent = serve(tmp_path / "a.ts").replace("a.ts", "b.ts")
    with pytest.raises(InputError, match=r"cannot open the stream http://127\.0\.0\.1:\d+/b\.ts: .*404"):
        LiveStream(absent)
    with pytest.raises(InputError) as refused:
        LiveStream("rtsp://user:secret@127.0.0.1:9/live?token=secret")
    assert str(refused.value) == "cannot open the stream rtsp://127.0.0.1:9/live: Connection refused"
    with pytest.raises(InputError, match="cannot open nothing://here: streams are read by http, https, "):
        LiveStream("nothing://here")


def test_a_url_without_video_is_an_error(serve, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>no video</html>")
    with pytest.raises(InputError, match=r"cannot open the stream http://.*/page\.html: Invalid data"):
        LiveStream(serve(tmp_path / "page.html"))


@pytest.mark.parametrize("number", [97, 10**12])
def test_a_missing_camera_is_an_error_of_one_line(number: int, capfd) -> None:
    with pytest.raises(InputError, match=rf"camera {number}\b"):
        Camera(number)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def show(network_camera: Any, paint: Callable[..., np.ndarray]) -> Callable[..., Iterable[bytes]]:
    """Numbered frames from one number to another as parts of an MJPEG stream."""
    return lambda first, last, size=(128, 96): network_camera.parts(paint(k, size) for k in range(first, last + 1))


@pytest.fixture
def until(read_number: Callable[..., int]) -> Callable[[LiveStream | Camera, int], list[Frame]]:
    """The frames of a source up to the one that shows a number."""

    def read(source: LiveStream | Camera, number: int) -> list[Frame]:
        frames = []
        for frame in source:
            frames.append(frame)
            if read_number(frame.image) == number:
                source.stop()
        return frames

    return read


@pytest.mark.slow
@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("cut", ["close", "stall", "garbage", "other size", "other size meanwhile"])
def test_a_stream_that_is_lost_and_comes_back(network_camera: Any, show, read_number, until, cut: str) -> None:
    def first() -> Iterator[bytes]:
        yield from show(1, 10)
        if cut == "stall":
            camera.released.wait(20)
        if cut == "garbage":
            yield from (random.Random(k).randbytes(10_000) for k in range(200))
        if cut == "other size":
            yield from show(11, 12, (64, 48))

    absent = [lambda: show(1, 5, (64, 48))] if cut == "other size meanwhile" else []
    with network_camera(first, *absent, lambda: show(11, 20)) as camera:
        source = LiveStream(camera.url, timeout_seconds=1.0 if cut == "stall" else 10.0)
        frames = until(source, 20)
    assert (source.name, source.size, source.frame_rate, source.live) == ("gate", (128, 96), 25.0, True)
    assert [read_number(frame.image) for frame in frames] == list(range(1, 21))
    (gap,) = source.gaps
    assert [frame.number for frame in frames] == [*range(1, 11), *range(gap.before, gap.before + 10)]
    assert gap.before == 10 + max(1, round(gap.seconds * 25))
    assert (source.broken, source.dropped_count) == (None, 0)


@pytest.mark.usefixtures("still_clock")
def test_a_stream_that_stays_lost(network_camera: Any, show) -> None:
    with network_camera(lambda: show(1, 10)) as camera:
        source = LiveStream(camera.url, patience_seconds=5)
        assert [frame.number for frame in source] == list(range(1, 11))
    assert camera.calls > 1
    assert source.broken == "lost after frame 10 and not back within 5 seconds: Input/output error"
    (gap,) = source.gaps
    assert (gap.after, gap.before) == (10, None)
    assert gap.seconds >= 5


@pytest.mark.slow
@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("rest", [repeat(NULL_PACKET * 50), ()], ids=["only other data", "nothing"])
def test_a_stream_without_pictures_is_lost(
    network_camera: Any, make_video: Make, read_number, rest: Iterable[bytes]
) -> None:
    data = make_video("a.ts", 60, g="10", tune="zerolatency").read_bytes()

    def first() -> Iterator[bytes]:
        yield data
        yield from rest
        camera.released.wait(20)

    with network_camera(first, first, kind="video/mp2t") as camera:
        source = LiveStream(camera.url, timeout_seconds=1.0)
        painted = 0
        for frame in source:
            painted, before = read_number(frame.image), painted
            if painted < before:
                source.stop()
    (gap,) = source.gaps
    assert gap.reason == "no answer in time"
    assert before == gap.after
    assert source.last_number == gap.before


@pytest.mark.slow
@pytest.mark.usefixtures("still_clock")
def test_frames_that_come_too_fast_are_dropped_with_their_numbers(network_camera: Any, show, read_number) -> None:
    sent = threading.Event()

    def first() -> Iterator[bytes]:
        yield from show(1, 200)
        sent.set()

    with network_camera(first) as camera:
        source = LiveStream(camera.url, patience_seconds=0.2)
        images = iter(source)
        frames = [next(images)]
        assert sent.wait(20)
        while not source.dropped_count:
            time.sleep(0.05)  # frames arrive faster than they are taken
            frames.append(next(images))
        frames += images
    assert [frame.number for frame in frames] == [read_number(frame.image) for frame in frames]
    assert frames[-1].number == source.last_number == 200
    assert source.dropped_count == 200 - source.read_count > 0


@pytest.mark.usefixtures("still_clock")
def test_a_camera_that_vanishes_and_comes_back(monkeypatch: pytest.MonkeyPatch, paint, read_number, until) -> None:
    class Capture:
        def __init__(self, first: int, last: int) -> None:
            self._images = [paint(number) for number in range(first, last + 1)]

        def read(self) -> tuple[bool, np.ndarray | None]:
            return (True, self._images.pop(0)) if self._images else (False, None)

        def get(self, _: int) -> float:
            return 10.0

        def release(self) -> None:
            pass

    captures = [Capture(1, 5), Capture(1, 0), Capture(6, 9)]
    monkeypatch.setattr(live, "_open_camera", lambda number: captures.pop(0))
    source = Camera(0)
    frames = until(source, 9)
    assert (source.name, source.frame_rate) == ("camera0", 10.0)
    assert [read_number(frame.image) for frame in frames] == list(range(1, 10))
    assert [(gap.after, gap.reason) for gap in source.gaps] == [(5, "it sends no more pictures")]


@pytest.mark.parametrize(
    "inside",
    ["#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '{}'\n"],
    ids=["playlist", "list of files"],
)
def test_a_playlist_cannot_name_local_files(serve, make_video: Make, tmp_path: Path, inside: str) -> None:
    (tmp_path / "a.m3u8").write_text(inside.format(make_video("a.ts")))
    with pytest.raises(InputError, match=r"cannot open the stream http://"):
        LiveStream(serve(tmp_path / "a.m3u8"))


@pytest.mark.slow
@pytest.mark.usefixtures("still_clock")
@pytest.mark.parametrize("ended", [True, False])
def test_a_playlist_with_an_end_is_a_recording(serve, make_video: Make, tmp_path: Path, ended: bool) -> None:
    serve(make_video("a.ts", 50))
    head, end = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2,\na.ts\n", "#EXT-X-ENDLIST\n"
    (tmp_path / "list.m3u8").write_text(head + (end if ended else ""))
    source = LiveStream(serve(tmp_path / "list.m3u8"), patience_seconds=0.1, timeout_seconds=2.0)
    frames = list(source)
    assert frames[-1].number == source.last_number == 50
    assert bool(source.gaps) is not ended
    assert source.dropped_count == 0, "a segment that comes at once is no reason to drop"
    assert (source.broken is None) is ended
