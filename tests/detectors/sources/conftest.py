"""A server of files on this machine."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """The URL of a file served on this machine; the connection ends after `part` of it.

    The query may hold "stall", then the connection does not end there, or "norange", then only whole files are sent.
    """
    parts: dict[str, float] = {}
    stalled = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.split("?")[0].lstrip("/")
            if name not in parts:
                self.send_error(404)
                return
            data = (tmp_path / name).read_bytes()
            start = int((self.headers.get("Range") or "bytes=0-").partition("=")[2].partition("-")[0])
            if start and "norange" not in self.path:
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            else:
                start = 0
                self.send_response(200)
            if "norange" not in self.path:
                self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(data[start : int(len(data) * parts[name])])
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
