import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from siamlink.detectors.errors import InputError
from siamlink.detectors.live import Camera, LiveStream

Make = Callable[..., Path]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """The URL of a file served on this machine; `part` says how much of it comes before the connection ends."""
    parts: dict[str, float] = {}
    stalled = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.split("?")[0].lstrip("/")
            if name not in parts:
                self.send_error(404)
                return
            data = (tmp_path / name).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(data[: int(len(data) * parts[name])])
            if "stall" in self.path:
                stalled.wait(20)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def url(path: Path, part: float = 1.0, query: str = "") -> str:
        parts[path.name] = part
        return f"http://127.0.0.1:{server.server_port}/{path.name}{query}"

    yield url
    stalled.set()
    server.shutdown()
    server.server_close()
    thread.join()


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


def test_a_stream_is_read_only_once(make_video: Make, serve) -> None:
    source = LiveStream(serve(make_video("a.ts", 10)))
    assert len(list(source)) == 10
    with pytest.raises(InputError, match="a is live and can be read only once"):
        iter(source)


def test_a_lost_connection_ends_the_stream_and_says_so(make_video: Make, serve) -> None:
    source = LiveStream(serve(make_video("a.ts", 100), part=0.5))
    frames = list(source)
    assert 20 < len(frames) < 80
    assert source.broken == f"lost after frame {len(frames)}: Input/output error"


def test_a_silent_stream_ends_in_time(make_video: Make, serve) -> None:
    source = LiveStream(serve(make_video("a.ts", 100), part=0.5, query="?stall"), timeout_seconds=1.0)
    frames = list(source)
    assert 20 < len(frames) < 80
    assert source.broken == f"lost after frame {len(frames)}: no answer in time"


def test_a_stream_goes_on_after_damage(make_video: Make, serve) -> None:
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


def test_a_url_without_video_is_refused(serve, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>no video</html>")
    with pytest.raises(InputError, match=r"cannot open the stream http://.*/page\.html: Invalid data"):
        LiveStream(serve(tmp_path / "page.html"))


@pytest.mark.parametrize("number", [97, 10**12])
def test_a_missing_camera_is_one_clear_line(number: int, capfd) -> None:
    with pytest.raises(InputError, match=rf"camera {number}\b"):
        Camera(number)
    assert capfd.readouterr() == ("", "")
