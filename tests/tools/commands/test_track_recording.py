"""The command `siamlink track` on a recording by URL, offline."""

import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Run = Callable[..., Any]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url(here: Path) -> Iterator[str]:
    """The URL of the folder of the test, with a password."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(here)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://me:secret@127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_recording_by_url_gives_the_results_of_the_file(
    siamlink: Run, here: Path, url: str, check_two_tracks: Run, video_facts: Run
) -> None:
    detector = ("--detector", "mine.py:Walkers")
    assert siamlink("track", "walk.mp4", "-o", "file", *detector).code == 0
    result = siamlink("track", f"{url}/walk.mp4?token=hidden", "-o", "url", *detector)
    assert result.code == 0, result.err
    record = check_two_tracks("url", "walk")
    assert record["input"]["source"] == "walk"
    assert not any(secret in json.dumps(record) + result.err + result.out for secret in ("secret", "hidden"))
    assert (here / "url" / "walk.txt").read_text() == (here / "file" / "walk.txt").read_text()
    assert video_facts("url/walk.mp4") == video_facts("file/walk.mp4")


@pytest.mark.parametrize("option", [("--resume",), ("--cache", "cache")])
def test_records_are_for_files(siamlink: Run, url: str, option: tuple[str, ...]) -> None:
    result = siamlink("track", f"{url}/walk.mp4", "-o", "out", "--detector", "mine.py:Walkers", *option)
    assert result.code == 2
    assert result.line == "siamlink: walk is read by URL: --resume and --cache are for files"
    assert not Path("out").exists()
