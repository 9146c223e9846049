"""Weights that are fetched on first use: streamed, checked against a pinned SHA-256, and kept in a cache folder."""

import hashlib
import http.client
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from siamlink.detectors.base.errors import DownloadError
from siamlink.detectors.base.fingerprint import file_digest

Progress = Callable[[str, int, int | None], None]
"""Called with the file's name, the bytes received so far and the total where the server tells it."""

TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 16
YOLOX_RELEASE = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"


@dataclass(frozen=True)
class Weights:
    """A published file: where it lies, its SHA-256 in hexadecimal, and its size in bytes."""

    url: str
    sha256: str
    size: int

    @property
    def cached(self) -> Path:
        """Where the file is kept, whether it is there or not."""
        return cache_folder() / self.url.rpartition("/")[2]

    def is_cached(self) -> bool:
        """Whether the right file is there."""
        try:
            return file_digest(self.cached) == self.sha256
        except OSError:
            return False


# The authors publish no checksums; these are the SHA-256 that independent projects pin for the same release files.
WEIGHTS = {
    "yolox-nano": Weights(
        f"{YOLOX_RELEASE}/yolox_nano.onnx",
        "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
        3_659_407,
    ),
    "yolox-tiny": Weights(
        f"{YOLOX_RELEASE}/yolox_tiny.onnx",
        "427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7",
        20_219_662,
    ),
    "yolox-s": Weights(
        f"{YOLOX_RELEASE}/yolox_s.onnx",
        "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
        35_858_002,
    ),
}


def cache_folder() -> Path:
    """`SIAMLINK_CACHE`, or else `siamlink` in `XDG_CACHE_HOME` or `~/.cache`.

    Raises:
        DownloadError: none of these is known.
    """
    if folder := os.environ.get("SIAMLINK_CACHE"):
        return Path(folder)
    if folder := os.environ.get("XDG_CACHE_HOME"):
        return Path(folder) / "siamlink"
    try:
        return Path.home() / ".cache" / "siamlink"
    except RuntimeError:
        raise DownloadError("there is no home folder to keep weights in; set SIAMLINK_CACHE to a folder") from None


def fetch(url: str, sha256: str, target: Path, progress: Progress | None = None) -> Path:
    """Make sure that `target` is the file published at `url`; no request is made where it already is.

    Safe in several processes at once: each writes a file of its own and renames it when it is complete and right.

    Args:
        url: HTTPS; HTTP only on 127.0.0.1, where nobody else can listen or answer.
        sha256: what the file's bytes must hash to, in hexadecimal.
        target: where the file is kept; missing folders are made.
        progress: told after every chunk.

    Returns:
        `target`.

    Raises:
        DownloadError: the file could not be fetched or written, was cut off, or is another one; nothing is left
            behind.
    """
    try:
        if target.is_file() and file_digest(target) == sha256:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            _receive(url, part, sha256, target.name, progress)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except (_RefusedError, OSError, http.client.HTTPException) as error:
        hint = f"fetch it by hand and save it as {target}, or give another with --detector onnx:FILE"
        if target.is_file():
            hint = f"{target} is there but is not that file; to use it as it is: --detector onnx:{target}"
        raise DownloadError(f"cannot fetch {url}: {_reason(error)}; {hint}; hog and motion need no weights") from error
    return target


class _RefusedError(Exception):
    """What was offered is not what was asked for."""


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        try:
            _check_scheme(newurl)
        except _RefusedError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "127.0.0.1"):
        raise _RefusedError(f"{url} is not an HTTPS address")


def _receive(url: str, part: Path, sha256: str, name: str, progress: Progress | None) -> None:
    _check_scheme(url)
    opener = urllib.request.build_opener(_SafeRedirects)
    digest, received = hashlib.sha256(), 0
    with opener.open(url, timeout=TIMEOUT_SECONDS) as response, part.open("xb") as file:
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            if progress:
                progress(name, received, total)
    if total is not None and received != total:
        raise _RefusedError(f"the transfer was cut off after {received} of {total} bytes")
    if digest.hexdigest() != sha256:
        raise _RefusedError(f"the file's SHA-256 is {digest.hexdigest()}, expected {sha256}")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return " ".join(str(error.reason).split())
    return " ".join(str(error).split()) or type(error).__name__
