"""Weights that are downloaded on first use: checked against a pinned SHA-256, and stored in a cache folder."""

import http.client
import os
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from siamlink.detectors.base.errors import DownloadError
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.stopwatch import Progress

TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 16
YOLOX_RELEASE = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"


@dataclass(frozen=True)
class Weights:
    """A published file: its URL, its SHA-256 in hexadecimal, and its size in bytes."""

    url: str
    sha256: str
    size: int

    @property
    def cached(self) -> Path:
        """The path of the file in the cache folder, whether it exists or not."""
        return cache_folder() / self.url.rpartition("/")[2]

    def is_cached(self) -> bool:
        """Whether the cache folder holds the right file."""
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
        DownloadError: none of these is set, and there is no home folder.
    """
    if folder := os.environ.get("SIAMLINK_CACHE"):
        return Path(folder)
    if folder := os.environ.get("XDG_CACHE_HOME"):
        return Path(folder) / "siamlink"
    try:
        return Path.home() / ".cache" / "siamlink"
    except RuntimeError:
        raise DownloadError("there is no home folder to store weights in; set SIAMLINK_CACHE to a folder") from None


def fetch(url: str, sha256: str, target: Path, progress: Progress | None = None) -> Path:
    """Download `url` to `target`, unless `target` is that file already.

    Several processes may do so at once: each writes to a temporary file and renames it when its SHA-256 is right.

    Args:
        url: HTTPS; HTTP is accepted for 127.0.0.1 alone.
        sha256: the expected SHA-256, in hexadecimal.
        target: the file to write; missing folders are made.
        progress: called after every chunk with the file name, the bytes so far and the total.

    Returns:
        `target`.

    Raises:
        DownloadError: the file could not be downloaded or written, was cut off, or has another SHA-256; no partial
            file remains.
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
    except (_RejectedError, OSError, http.client.HTTPException) as error:
        hint = f"download it by hand and save it as {target}, or use another file with --detector onnx:FILE"
        if target.is_file():
            hint = f"{target} exists but is not that file; to use it as it is: --detector onnx:{target}"
        raise DownloadError(
            f"cannot download {url}: {_reason(error)}; {hint}; hog and motion need no weights"
        ) from error
    return target


class _RejectedError(Exception):
    """The answer of the server is not the expected file."""


class _HttpsRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        try:
            _check_scheme(newurl)
        except _RejectedError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "127.0.0.1"):
        raise _RejectedError(f"{url} is not an HTTPS address")


def _receive(url: str, part: Path, sha256: str, name: str, progress: Progress | None) -> None:
    _check_scheme(url)
    opener = urllib.request.build_opener(_HttpsRedirects)
    received = 0
    with opener.open(url, timeout=TIMEOUT_SECONDS) as response, part.open("xb") as file:
        total = int(length) if (length := response.headers.get("Content-Length", "")).isdecimal() else None
        while chunk := response.read(CHUNK_BYTES):
            file.write(chunk)
            received += len(chunk)
            if progress:
                progress(name, received, total)
    if total is not None and received != total:
        raise _RejectedError(f"the transfer was cut off after {received} of {total} bytes")
    if (digest := file_digest(part)) != sha256:
        raise _RejectedError(f"the file's SHA-256 is {digest}, expected {sha256}")


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return " ".join(str(error.reason).split())
    return " ".join(str(error).split()) or type(error).__name__
