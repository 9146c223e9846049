"""URLs of streams: which are accepted, and how messages show them without passwords."""

import re
from pathlib import PurePosixPath
from urllib.parse import parse_qs

from siamlink.detectors.base.errors import InputError

PROTOCOLS = ("http", "https", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp")
"""Protocols of a URL."""
RECORDING_PROTOCOLS = ("http://", "https://")
"""Beginnings of URLs that may be those of recordings."""
FFMPEG_PROTOCOLS = (*PROTOCOLS, "crypto", "data", "httpproxy", "tls")
"""Protocols that FFmpeg may use to read it: no files, and none that combines other sources."""


def check_url(url: str) -> None:
    """Raise an error unless a URL is that of a stream that siamlink calls.

    Raises:
        InputError: another protocol, a URL that means to wait for a caller, or a character that is not printable.
    """
    if not url.isprintable():
        raise InputError("the URL of the stream has characters that are not allowed in a URL")
    if url.partition("://")[0] not in PROTOCOLS:
        raise InputError(f"cannot open {without_secrets(url)}: streams are read by {', '.join(PROTOCOLS)}")
    query = parse_qs(url.partition("?")[2], keep_blank_values=True)
    if "listen" in query or query.get("mode", ["caller"]) != ["caller"]:
        raise InputError(f"cannot open {without_secrets(url)}: siamlink calls a stream and cannot wait for one to call")


def without_secrets(url: str) -> str:
    """A URL for messages: without user, password and query, also if these hold characters that should be escaped."""
    scheme, _, rest = url.partition("://")
    address, *query = re.split("[?#]", rest, maxsplit=1)
    hidden = "@" not in address and any("@" in each for each in query)  # a password may reach into the query
    return f"{scheme}://" + ("..." if hidden else address.rpartition("@")[2])


def name_of(url: str) -> str:
    """A file name for the results: the last part of a URL's path, or its host."""
    host, _, path = without_secrets(url).partition("://")[2].partition("/")
    return re.sub(r"[^\w.-]+", "_", PurePosixPath(path).stem or host).strip("._") or "stream"
