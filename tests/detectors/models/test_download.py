import hashlib
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import numpy as np
import pytest

from siamlink.detectors.base.errors import DownloadError
from siamlink.detectors.models.download import WEIGHTS, cache_folder, fetch

CONTENT = np.random.default_rng(3).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT in a way that depends on the path, and counts requests."""

    def do_GET(self):
        self.server.requests.append(self.path)
        if self.path == "/missing":
            self.send_error(404)
        elif self.path == "/elsewhere":
            self.redirect("/good")
        elif self.path == "/insecure":
            self.redirect("http://siamlink.invalid/good")
        else:
            self.send_response(200)
            if self.path != "/unsized":
                self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.send_content()

    def redirect(self, place):
        self.send_response(302)
        self.send_header("Location", place)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_content(self):
        if self.path == "/cut-off":
            self.wfile.write(CONTENT[:100_000])
        elif self.path == "/other":
            self.wfile.write(CONTENT[::-1])
        elif self.path == "/slow":
            for start in range(0, len(CONTENT), 30_000):
                self.wfile.write(CONTENT[start : start + 30_000])
                time.sleep(0.03)
        else:
            self.wfile.write(CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.requests = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_a_file_is_downloaded_once_with_progress(server, tmp_path):
    target = tmp_path / "new" / "folder" / "net.onnx"
    progress = []
    assert fetch(f"{server.url}/good", SHA256, target, lambda *now: progress.append(now)) == target
    assert target.read_bytes() == CONTENT
    assert progress[-1] == ("net.onnx", len(CONTENT), len(CONTENT))
    assert [received for _, received, _ in progress] == sorted({received for _, received, _ in progress})
    assert len(progress) > 2
    assert fetch(f"{server.url}/good", SHA256, target) == target
    assert server.requests == ["/good"]
    assert list(target.parent.iterdir()) == [target]


def test_a_server_may_omit_the_size(server, tmp_path):
    progress = []
    fetch(f"{server.url}/unsized", SHA256, tmp_path / "net.onnx", lambda *now: progress.append(now))
    assert (tmp_path / "net.onnx").read_bytes() == CONTENT
    assert progress[-1] == ("net.onnx", len(CONTENT), None)


def test_a_damaged_file_in_the_cache_is_downloaded_again(server, tmp_path):
    target = tmp_path / "net.onnx"
    target.write_bytes(CONTENT[:-1])
    fetch(f"{server.url}/good", SHA256, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/cut-off", "cut off after 100000 of 300000 bytes"),
        ("/other", f"SHA-256 is {hashlib.sha256(CONTENT[::-1]).hexdigest()}, expected {SHA256}"),
        ("/missing", "the server answered 404 Not Found"),
        ("/insecure", "http://siamlink.invalid/good is not an HTTPS address"),
    ],
)
def test_a_failed_download_leaves_no_file_and_the_error_names_an_alternative(server, tmp_path, path, expected):
    target = tmp_path / "net.onnx"
    with pytest.raises(DownloadError) as caught:
        fetch(server.url + path, SHA256, target)
    message = str(caught.value)
    assert expected in message
    assert f"save it as {target}" in message
    assert "--detector onnx:FILE" in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_failed_download_leaves_the_earlier_file(server, tmp_path):
    target = tmp_path / "net.onnx"
    target.write_bytes(b"earlier")
    with pytest.raises(DownloadError):
        fetch(f"{server.url}/cut-off", SHA256, target)
    assert target.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_an_interrupted_download_leaves_no_file(server, tmp_path):
    def interrupt(*now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(f"{server.url}/good", SHA256, tmp_path / "net.onnx", interrupt)
    assert list(tmp_path.iterdir()) == []


def test_redirects_are_followed(server, tmp_path):
    fetch(f"{server.url}/elsewhere", SHA256, tmp_path / "net.onnx")
    assert server.requests == ["/elsewhere", "/good"]


def test_a_server_that_does_not_answer_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:9/net\.onnx: .*refused.*--detector onnx:FILE"):
        fetch("http://127.0.0.1:9/net.onnx", SHA256, tmp_path / "net.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["http://siamlink.invalid/net", "file:///etc/hostname", "ftp://127.0.0.1/net", "net"])
def test_only_https_is_accepted(url, tmp_path):
    with pytest.raises(DownloadError, match="is not an HTTPS address"):
        fetch(url, SHA256, tmp_path / "net.onnx")


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(DownloadError, match=r"(?i)not a directory|file exists"):
        fetch(f"{server.url}/good", SHA256, tmp_path / "cache" / "net.onnx")
    assert server.requests == []


def test_two_processes_at_once_both_end_with_the_whole_file(server, tmp_path):
    target = tmp_path / "net.onnx"
    code = (
        "import sys; from pathlib import Path; from siamlink.detectors.models.download import fetch; "
        "print(len(fetch(sys.argv[1], sys.argv[2], Path(sys.argv[3])).read_bytes()))"
    )
    command = [sys.executable, "-c", code, f"{server.url}/slow", SHA256, str(target)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.communicate(timeout=60) == (f"{len(CONTENT)}\n", "")
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]


def test_the_cache_folder_is_set_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("SIAMLINK_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "siamlink"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "siamlink"
    monkeypatch.setenv("SIAMLINK_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    assert WEIGHTS["yolox-s"].cached == tmp_path / "own" / "yolox_s.onnx"


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_published_weights_are_pinned(weights):
    assert urlsplit(weights.url).scheme == "https"
    assert len(bytes.fromhex(weights.sha256)) == 32
    assert weights.sha256 == weights.sha256.lower()
