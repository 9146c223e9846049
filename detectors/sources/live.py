"""Cameras and network streams."""

from collections.abc import Iterator
from itertools import chain

import av
import cv2
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import VideoReformatter

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.decoding import (
    decode_live,
    first_frame,
    native_frame_rate,
    reason,
    to_bgr,
    video_stream,
)
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, PATIENCE_SECONDS, Image, StreamBroken
from siamlink.detectors.sources.reconnecting import LiveSource
from siamlink.detectors.sources.stream_url import WITHIN, check_url, name_of, without_secrets

TIMEOUT_SECONDS = 10.0
"""How long a stream may take to answer, and to send on."""
_NO_TIME_STAMPS = 0x80
"""Mark of formats whose time stamps are guessed from a frame rate (FFmpeg's `AVFMT_NOTIMESTAMPS`)."""
_PLAYLISTS = ("hls", "dash")
"""Formats whose size is that of the list, which goes on; what it names can be fetched later."""


class LiveStream(LiveSource):
    """A stream by its URL (rtsp, http, udp, ...); damaged data is skipped.

    Raises:
        InputError: nothing answers, what answers is no video, or the URL is none of a stream.
    """

    def __init__(
        self,
        url: str,
        frame_rate: float | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        check_url(url)
        super().__init__(name_of(url), lambda: _Stream(url, timeout_seconds), frame_rate, patience_seconds)


class Camera(LiveSource):
    """A camera by its number, through OpenCV.

    Raises:
        InputError: the camera cannot be opened or gives no picture.
    """

    def __init__(
        self, number: int, frame_rate: float | None = None, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        super().__init__(f"camera{number}", lambda: _Capture(number), frame_rate, patience_seconds)


class _Stream:
    """A stream that has answered; what has a size or a duration is a recording."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        shown = f"the stream {without_secrets(url)}"
        options = {"protocol_whitelist": ",".join(WITHIN)}
        if url.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"
        try:
            self._container = av.open(url, options=options, metadata_errors="replace", timeout=timeout_seconds)
        except FFmpegError as error:
            raise InputError(f"cannot open {shown}: {reason(error)}") from None
        try:
            stream = video_stream(self._container, shown)
            frames = decode_live(self._container, stream, timeout_seconds)
            first = first_frame(frames, shown)
        except InputError:
            self.close()
            raise
        self._frames = chain([first], frames)
        self.size = to_bgr(first).shape[1::-1]
        self.frame_rate = native_frame_rate(stream)
        playlist = self._container.format.name in _PLAYLISTS
        sized = self._container.size > 0 and not playlist
        self._stamped = not self._container.format.flags & _NO_TIME_STAMPS
        self.endless = not sized and self._container.duration is None
        self.waits = playlist or not self.endless

    def read(self) -> Iterator[tuple[float | None, Image]]:
        reformatter = VideoReformatter()
        for frame in self._frames:
            yield frame.time if self._stamped else None, to_bgr(frame, reformatter)

    def close(self) -> None:
        self._container.close()


class _Capture:
    """A camera that has given a picture."""

    endless, waits = True, False

    def __init__(self, number: int) -> None:
        self._capture = _open_camera(number)
        self._first = self._picture()
        if self._first is None:
            self.close()
            raise InputError(f"camera {number} gives no picture; is it connected, and used by nothing else?")
        self.size = self._first.shape[1::-1]
        self.frame_rate = self._capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FRAME_RATE

    def read(self) -> Iterator[tuple[float | None, Image]]:
        picture = self._first
        while picture is not None:
            yield None, picture
            picture = self._picture()
        raise StreamBroken("it gives no more pictures")

    def close(self) -> None:
        self._capture.release()

    def _picture(self) -> Image | None:
        found, image = self._capture.read()
        return np.asarray(image, np.uint8) if found else None


def _open_camera(number: int) -> cv2.VideoCapture:
    """OpenCV's capture of a camera, without its warnings on the terminal."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(number)
    except cv2.error:
        raise InputError(f"there is no camera {number}") from None
    finally:
        cv2.utils.logging.setLogLevel(level)
