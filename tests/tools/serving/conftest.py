"""A server of a small site, and raw requests to it."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from siamlink.detectors.base.errors import ConstraintError
from siamlink.tools.serving.access import new_token
from siamlink.tools.serving.server import LoopbackServer
from siamlink.tools.serving.site import SupersededError

VIDEO = bytes(range(256)) * 4096


@dataclass
class SmallSite:
    """A site that solves by repeating what it is told."""

    video: Path | None
    token: str = field(default_factory=new_token)
    saved: list[list[str]] = field(default_factory=list)

    def page(self) -> str:
        return f"<!doctype html><title>page of {self.token}</title>"

    def solve(self, lines: Sequence[str]) -> str:
        if "wrong" in lines:
            raise ConstraintError("line 1: wrong")
        if "fault" in lines:
            raise ValueError("of two\nlines")
        if "old" in lines:
            raise SupersededError("newer corrections have come")
        return json.dumps({"corrections": {"lines": list(lines)}})

    def save(self, lines: Sequence[str]) -> list[str]:
        self.solve(lines)
        self.saved.append(list(lines))
        return ["walk.constraints.txt"]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def error(self) -> str:
        """The only line of a refusal."""
        (line,) = json.loads(self.body)["error"].splitlines()
        return str(line)


Ask = Callable[..., Answer]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LoopbackServer]:
    (tmp_path / "walk.mp4").write_bytes(VIDEO)
    with LoopbackServer(SmallSite(tmp_path / "walk.mp4")) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def ask(server: LoopbackServer) -> Ask:
    """Sends a request with the token; headers that are None are left out."""

    def send(method: str, path: str, body: Any = None, token: str | None = None, **headers: str | None) -> Answer:
        target = f"{path}?token={server.site.token if token is None else token}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": f"127.0.0.1:{server.server_port}", **named}
        if method == "POST":
            sent = {"Content-Type": "application/json", **sent}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        with closing(http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)) as connection:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in {**sent, **({"Content-Length": str(len(data))} if data is not None else {})}.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.endheaders(data)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    return send
