"""The answers of the server to allowed and to refused requests."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.serving.server import LoopbackServer, check_port

Ask = Callable[..., Any]
SIZE = 256 * 4096
PATHS = [("GET", "/"), ("HEAD", "/"), ("GET", "/video"), ("POST", "/solve"), ("POST", "/save"), ("GET", "/other")]


def test_the_page_is_at_the_url_that_is_printed(server: LoopbackServer, ask: Ask) -> None:
    answer = ask("GET", "/")
    assert server.url == f"http://127.0.0.1:{server.server_port}/?token={server.site.token}"
    assert answer.status == 200
    assert answer.body.decode() == f"<!doctype html><title>page of {server.site.token}</title>"
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert ask("HEAD", "/").body == b""


def test_it_listens_on_the_loopback_interface_alone(server: LoopbackServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("token", ["", "wrong", "%C3%A4", "a&token=b"])
def test_without_the_token_nothing_is_answered(ask: Ask, method: str, path: str, token: str) -> None:
    answer = ask(method, path, {"lines": []} if method == "POST" else None, token=token)
    assert answer.status == 403
    assert method == "HEAD" or answer.error == "open the URL that siamlink has printed"


def test_what_is_no_url_is_refused(server: LoopbackServer) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connection.sendall(b"GET http://[/?token=a HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 403"


def test_a_second_token_is_refused(server: LoopbackServer, ask: Ask) -> None:
    assert ask("GET", "/", token=f"{server.site.token}&token={server.site.token}").status == 403


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80@127.0.0.1", "", None])
def test_a_name_that_points_here_is_refused(ask: Ask, method: str, path: str, host: str | None) -> None:
    assert ask(method, path, {"lines": []} if method == "POST" else None, Host=host).status == 403


@pytest.mark.parametrize("host", ["localhost:9000", "127.0.0.1", "LOCALHOST"])
def test_a_tunnel_may_have_another_port(ask: Ask, host: str) -> None:
    assert ask("GET", "/", Host=host).status == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"}]
)
@pytest.mark.parametrize("path", ["/solve", "/save"])
def test_pages_of_other_sites_are_refused(server: LoopbackServer, ask: Ask, path: str, headers: dict[str, str]) -> None:
    assert ask("POST", path, {"lines": ["split 3 1"]}, **headers).status == 403
    assert not server.site.saved  # type: ignore[attr-defined]


def test_the_own_page_is_allowed(server: LoopbackServer, ask: Ask) -> None:
    origin = f"http://127.0.0.1:{server.server_port}"
    answer = ask("POST", "/solve", {"lines": ["split 3 1"]}, Origin=origin, Sec_Fetch_Site="same-origin")
    assert answer.status == 200
    assert json.loads(answer.body) == {"corrections": {"lines": ["split 3 1"]}}


def test_no_answer_is_shared_stored_or_framed(ask: Ask) -> None:
    for method, path in PATHS:
        headers = ask(method, path, {"lines": []} if method == "POST" else None).headers
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "Python" not in headers["Server"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=1000000-", 1000000, SIZE), ("bytes=-7", SIZE - 7, SIZE)],
)
def test_a_part_of_the_video_is_sent(ask: Ask, asked: str, start: int, stop: int) -> None:
    answer, head = ask("GET", "/video", Range=asked), ask("HEAD", "/video", Range=asked)
    for each in (answer, head):
        assert each.status == 206
        assert each.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert each.headers["Content-Length"] == str(stop - start)
    assert answer.body == (bytes(range(256)) * 4096)[start:stop]
    assert head.body == b""


def test_the_whole_video_is_sent(ask: Ask) -> None:
    answer, several = ask("GET", "/video"), ask("GET", "/video", Range="bytes=0-1,5-6")
    assert (answer.status, answer.headers["Accept-Ranges"], answer.headers["Content-Type"]) == (
        200,
        "bytes",
        "video/mp4",
    )
    assert answer.body == several.body == bytes(range(256)) * 4096
    assert several.status == 200


def test_a_part_after_the_end_of_the_video_is_refused(ask: Ask) -> None:
    answer = ask("GET", "/video", Range=f"bytes={SIZE}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{SIZE}")
    assert answer.error == f"there are {SIZE} bytes"


def test_a_missing_video_is_one_line(server: LoopbackServer, ask: Ask) -> None:
    server.site.video.unlink()  # type: ignore[union-attr]
    answer = ask("GET", "/video")
    assert (answer.status, answer.error) == (404, "cannot read the video: No such file or directory")
    server.site.video = None  # type: ignore[misc]
    assert ask("GET", "/video").error == "there is no video"


def test_a_wrong_correction_is_one_line(ask: Ask) -> None:
    for path in ("/solve", "/save"):
        answer = ask("POST", path, {"lines": ["wrong"]})
        assert (answer.status, answer.error) == (400, "line 1: wrong")


def test_corrections_that_were_replaced_are_a_conflict(ask: Ask) -> None:
    answer = ask("POST", "/solve", {"lines": ["old"]})
    assert (answer.status, answer.error) == (409, "newer corrections have come")


def test_a_fault_of_the_program_is_one_line(ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    for path in ("/solve", "/save"):
        answer = ask("POST", path, {"lines": ["fault"]})
        assert answer.status == 500
        assert answer.error.startswith("this is a fault of siamlink: ValueError: of two lines (")
    assert capfd.readouterr() == ("", "")


def test_files_are_named(server: LoopbackServer, ask: Ask) -> None:
    assert json.loads(ask("POST", "/save", {"lines": ["a", "b"]}).body) == {"files": ["walk.constraints.txt"]}
    assert server.site.saved == [["a", "b"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"lines": "a"}', b'{"lines": [1]}', b"\xff", b"[" * 100_000, b'{"lines": null}']
)
def test_a_body_without_lines_is_refused(ask: Ask, body: bytes) -> None:
    answer = ask("POST", "/solve", body)
    assert (answer.status, answer.error) == (400, 'expected {"lines": ["...", ...]} in JSON')


def test_a_line_is_one_line(ask: Ask) -> None:
    for separator in ("\n", "\r", "\u2028", "\x0c"):
        answer = ask("POST", "/solve", {"lines": [f"split 3 1{separator}tracks /etc/passwd"]})
        assert (answer.status, answer.error) == (400, "a correction is one line")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Length": None}, 411),
        ({"Content_Length": "0", "Transfer_Encoding": "chunked"}, 411),
        ({"Content_Length": "-1"}, 400),
        ({"Content_Length": "1e3"}, 400),
        ({"Content_Length": "1048577"}, 413),
        ({"Content_Length": "9" * 5000}, 413),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": None}, 415),
    ],
)
def test_a_body_of_no_known_or_allowed_size_or_type_is_refused(ask: Ask, headers: dict[str, Any], status: int) -> None:
    answer = ask("POST", "/solve", **{"Content_Length": "0", **headers})
    assert answer.status == status
    assert answer.error
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize(("method", "path", "allowed"), [("POST", "/video", "GET, HEAD"), ("GET", "/save", "POST")])
def test_another_method_is_refused(ask: Ask, method: str, path: str, allowed: str) -> None:
    answer = ask(method, path, {"lines": []} if method == "POST" else None)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("path", ["/other", "/video/", "/../etc/passwd", "/%2e%2e/x"])
def test_there_is_nothing_else(ask: Ask, path: str) -> None:
    assert (ask("GET", path).status, ask("GET", path).error) == (404, "there is no such page")


@pytest.mark.parametrize(
    "request_line", [b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"<b>x</b> / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_refused(
    server: LoopbackServer, request_line: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.sendall(request_line)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b"<b>x</b>" not in answer.partition(b"\r\n\r\n")[0]
    assert b"text/html" not in answer
    assert capfd.readouterr() == ("", "")


def test_a_client_that_goes_away_leaves_no_traceback(
    server: LoopbackServer, ask: Ask, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset instead of an end
        connection.sendall(f"GET /video?token={server.site.token} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        connection.recv(100)
    assert ask("GET", "/video", Range="bytes=0-0").body == b"\0"
    assert capfd.readouterr() == ("", "")


def test_a_port_in_use_is_one_line(server: LoopbackServer) -> None:
    with pytest.raises(
        OutputError, match=f"^cannot listen on port {server.server_port}: .*; --port takes another one$"
    ):
        LoopbackServer(server.site, server.server_port)
    with pytest.raises(OutputError, match=r"^cannot listen on port"):
        check_port(server.server_port)
