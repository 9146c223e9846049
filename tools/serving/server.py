"""The server of a report: the page, its video in parts, and answers to corrections, on this machine alone."""

import json
import mimetypes
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

from siamlink.detectors.base.errors import OutputError, SiamlinkError, explain_where
from siamlink.tools.serving.access import LOOPBACK, has_token, is_for_loopback, is_of_own_page
from siamlink.tools.serving.ranges import RangeError, requested_range
from siamlink.tools.serving.requests import JSON, RequestError, read_lines
from siamlink.tools.serving.site import Site, SupersededError

Made = TypeVar("Made")
BLOCK = 1 << 18
"""Bytes of the video that are read and sent at a time."""
IDLE_SECONDS = 60.0
"""How long a connection may wait for its client."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of all answers."""
POLICY = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""Content security policies: of all answers but the page, and of the page, which states the rest of its own."""
PAGES = {"/": "GET, HEAD", "/video": "GET, HEAD", "/solve": "POST", "/save": "POST"}
"""The paths, and the HTTP methods that each accepts."""


@contextmanager
def _listening_on(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot listen on port {port}: {error.strerror}; --port takes another one") from None


def check_port(port: int) -> None:
    """Check before the work that a server can listen on a port.

    Raises:
        OutputError: it cannot.
    """
    with _listening_on(port), socket.create_server((LOOPBACK, port)):
        pass


class LoopbackServer(ThreadingHTTPServer):
    """Serves a site to browsers of this machine that know its URL.

    Args:
        site: what it serves.
        port: where it listens; 0: any port that is free.

    Raises:
        OutputError: it cannot listen there.
    """

    def __init__(self, site: Site, port: int = 0) -> None:
        self.site = site
        with _listening_on(port):
            super().__init__((LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/?token={self.site.token}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over a client that went away; all else is a fault of the program."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "siamlink", ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        """Send the page or the video."""
        self._answer({"/": self._send_page, "/video": self._send_video})

    def do_HEAD(self) -> None:
        """Send the headers of the same."""
        self.do_GET()

    def do_POST(self) -> None:
        """Solve or save the corrections in the body."""
        self._answer({"/solve": self._solve, "/save": self._save})

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no valid HTTP, or an unknown method, by one line."""
        self.close_connection = True
        self._send_json(HTTPStatus(code), {"error": message or HTTPStatus(code).phrase})

    def log_message(self, *_: object) -> None:
        """Log nothing: a URL holds the token."""

    def _answer(self, answers: Mapping[str, Callable[[], None]]) -> None:
        """Answer a request by its path, if it is allowed."""
        try:
            self._check_access()
            path = urlsplit(self.path).path
            if path not in PAGES:
                raise RequestError(HTTPStatus.NOT_FOUND, "there is no such page")
            if path not in answers:
                methods = PAGES[path]
                raise RequestError(HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {methods}", {"Allow": methods})
            answers[path]()
        except RequestError as refusal:
            self.close_connection = self.close_connection or self.command == "POST"  # its body may not have been read
            self._send_json(refusal.status, {"error": str(refusal)}, refusal.headers)

    def _check_access(self) -> None:
        own = is_for_loopback(self.headers) and is_of_own_page(self.headers)
        if not (own and has_token(self.path, self.server.site.token)):
            raise RequestError(HTTPStatus.FORBIDDEN, "open the URL that siamlink has printed")

    def _send_page(self) -> None:
        html = self.server.site.page().encode()
        self._send(HTTPStatus.OK, "text/html; charset=utf-8", html, {"Content-Security-Policy": PAGE_POLICY})

    def _send_video(self) -> None:
        path = self.server.site.video
        if path is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "there is no video")
        try:
            file = path.open("rb")
        except OSError as error:
            raise RequestError(HTTPStatus.NOT_FOUND, f"cannot read the video: {error.strerror or error}") from None
        with file:
            self._send_file(file, mimetypes.guess_type(path.name)[0] or "application/octet-stream")

    def _send_file(self, file: BinaryIO, kind: str) -> None:
        """Send the part of a file that the request wants."""
        size, headers = os.fstat(file.fileno()).st_size, {"Accept-Ranges": "bytes"}
        try:
            part = requested_range(self.headers.get("Range"), size)
        except RangeError:
            headers["Content-Range"] = f"bytes */{size}"
            raise RequestError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"there are {size} bytes", headers) from None
        start, stop = part or (0, size)
        if part:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        self._send_head(HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK, kind, stop - start, headers)
        if self.command != "HEAD":
            self._stream(file, start, stop)

    def _stream(self, file: BinaryIO, start: int, stop: int) -> None:
        file.seek(start)
        while start < stop and (block := file.read(min(stop - start, BLOCK))):
            self.wfile.write(block)
            start += len(block)
        self.close_connection = self.close_connection or start < stop  # the file has become shorter meanwhile

    def _solve(self) -> None:
        self._send(HTTPStatus.OK, JSON, self._made(self.server.site.solve).encode())

    def _save(self) -> None:
        self._send_json(HTTPStatus.OK, {"files": self._made(self.server.site.save)})

    def _made(self, make: Callable[[list[str]], Made]) -> Made:
        """What is made of the corrections in the body."""
        lines = read_lines(self.headers, self.rfile)
        try:
            return make(lines)
        except SupersededError as error:
            raise RequestError(HTTPStatus.CONFLICT, str(error)) from None
        except SiamlinkError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from None
        except Exception as error:
            fault = f"this is a fault of siamlink: {explain_where(error)}"
            raise RequestError(HTTPStatus.INTERNAL_SERVER_ERROR, fault) from None

    def _send_json(self, status: HTTPStatus, content: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, JSON, json.dumps(content).encode(), headers)

    def _send(self, status: HTTPStatus, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._send_head(status, kind, len(body), headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: HTTPStatus, kind: str, length: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Length": str(length), "Content-Security-Policy": POLICY}
        connection = {"Connection": "close"} if self.close_connection else {}
        for name, value in {**HEADERS, **own, **connection, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
