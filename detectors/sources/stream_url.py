"""URLs of streams: which are read, and how they are shown without their secrets."""

import re
from pathlib import PurePosixPath
from urllib.parse import parse_qs

from siamlink.detectors.base.errors import InputError

PROTOCOLS = ("http", "https", "rtmp", "rtmps", "rtp", "rtsp", "rtsps", "srt", "tcp", "udp")
"""What a URL may begin with."""
WITHIN = (*PROTOCOLS, "crypto", "data", "httpproxy", "tls")
"""What FFmpeg may use to read it: no files, and nothing that joins or cuts other sources."""


def check_url(url: str) -> None:
    """See to it that a URL is that of a stream which is called, not waited for.

    Raises:
        InputError: its protocol is another, it asks to listen, or it holds what cannot be sent.
    """
    if not url.isprintable():
        raise InputError("the URL of the stream holds characters that no URL has")
    if url.partition("://")[0] not in PROTOCOLS:
        raise InputError(f"cannot open {without_secrets(url)}: streams are read by {', '.join(PROTOCOLS)}")
    query = parse_qs(url.partition("?")[2], keep_blank_values=True)
    if "listen" in query or query.get("mode", ["caller"]) != ["caller"]:
        raise InputError(f"cannot open {without_secrets(url)}: siamlink calls a stream, and listens for none")


def without_secrets(url: str) -> str:
    """A URL for messages: without user, password and query, also where these hold characters that belong escaped."""
    scheme, _, rest = url.partition("://")
    place, *query = re.split("[?#]", rest, maxsplit=1)
    hidden = "@" not in place and any("@" in each for each in query)  # a password may reach into the query
    return f"{scheme}://" + ("..." if hidden else place.rpartition("@")[2])


def name_of(url: str) -> str:
    """A file name from the last part of a URL's path, or from its host."""
    host, _, path = without_secrets(url).partition("://")[2].partition("/")
    return re.sub(r"[^\w.-]+", "_", PurePosixPath(path).stem or host).strip("._") or "stream"
