"""A recording by URL as a frame source."""

from functools import partial

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.stream_url import name_of
from siamlink.detectors.sources.url_container import TIMEOUT_SECONDS, is_recording, open_url, title_of
from siamlink.detectors.sources.video_file import RecordedVideo


class UrlRecording(RecordedVideo):
    """A recording by its URL, read like a file; each pass over its frames fetches it again.

    Args:
        url: of the recording.
        frame_rate: frames per second, which replaces the time stamps of the recording; None: those.
        timeout_seconds: how long the server may take to answer, and between two packets.

    Raises:
        InputError: there is no answer, the answer is not a video, the URL is not that of a stream, or it is live.
    """

    def __init__(self, url: str, frame_rate: float | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        connect = partial(open_url, url, timeout_seconds)
        with connect() as container:
            if not is_recording(container):
                raise InputError(f"stream {name_of(url)} needs --mode online or --mode windowed")
            super().__init__(container, connect, title_of(url), name_of(url), frame_rate)
