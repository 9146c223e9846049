"""Videos opened by URL: by the protocols of streams alone, for redirects and playlists too."""

import av
from av.container import InputContainer
from av.error import FFmpegError

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.decoding import reason
from siamlink.detectors.sources.stream_url import FFMPEG_PROTOCOLS, check_url, without_secrets

TIMEOUT_SECONDS = 10.0
"""How long a server may take to answer, and between two packets."""
PLAYLISTS = ("hls", "dash")
"""Formats that are a list of segments: the size is that of the list, and segments can be fetched later."""


def title_of(url: str) -> str:
    """What messages call a URL: without user, password and query."""
    return f"the stream {without_secrets(url)}"


def open_url(url: str, timeout_seconds: float = TIMEOUT_SECONDS) -> InputContainer:
    """Connect to a stream or a recording; the caller closes it.

    Raises:
        InputError: the URL is not that of a stream, there is no answer, or the answer is not a video.
    """
    check_url(url)
    options = {"protocol_whitelist": ",".join(FFMPEG_PROTOCOLS)}
    if url.startswith("rtsp"):
        options["rtsp_transport"] = "tcp"
    try:
        return av.open(url, options=options, metadata_errors="replace", timeout=timeout_seconds)
    except FFmpegError as error:
        raise InputError(f"cannot open {title_of(url)}: {reason(error)}") from None


def is_recording(container: InputContainer) -> bool:
    """Whether it has a size or a duration, and so an end."""
    sized = container.size > 0 and container.format.name not in PLAYLISTS
    return bool(sized or container.duration is not None)
