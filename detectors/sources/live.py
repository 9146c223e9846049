"""Connections to cameras and network streams."""

from collections.abc import Iterator
from itertools import chain

import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.decoding import (
    NO_TIME_STAMPS,
    decode_live,
    first_frame,
    native_frame_rate,
    to_bgr,
    video_stream,
)
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, PATIENCE_SECONDS, StreamBroken
from siamlink.detectors.sources.reconnecting import LiveSource
from siamlink.detectors.sources.stream_url import check_url, name_of
from siamlink.detectors.sources.url_container import PLAYLISTS, TIMEOUT_SECONDS, is_recording, open_url, title_of


class LiveStream(LiveSource):
    """A stream by its URL (rtsp, http, udp, ...); damaged data is skipped.

    Raises:
        InputError: there is no answer, the answer is not a video, or the URL is not that of a stream.
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
        InputError: the camera cannot be opened or sends no picture.
    """

    def __init__(
        self, number: int, frame_rate: float | None = None, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        super().__init__(f"camera{number}", lambda: _Capture(number), frame_rate, patience_seconds)


class _Stream:
    """A stream that has answered; one with a size or a duration is a recording."""

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self._container, title = open_url(url, timeout_seconds), title_of(url)
        try:
            stream = video_stream(self._container, title)
            frames = decode_live(self._container, stream, timeout_seconds)
            first = first_frame(frames, title)
        except InputError:
            self.close()
            raise
        self._frames = chain([first], frames)
        self.size = to_bgr(first).shape[1::-1]
        self.frame_rate = native_frame_rate(stream)
        self._stamped = not self._container.format.flags & NO_TIME_STAMPS
        self.endless = not is_recording(self._container)
        self.on_demand = not self.endless or self._container.format.name in PLAYLISTS

    def read(self) -> Iterator[tuple[float | None, Image]]:
        reformatter = VideoReformatter()
        for frame in self._frames:
            yield frame.time if self._stamped else None, to_bgr(frame, reformatter)

    def close(self) -> None:
        self._container.close()


class _Capture:
    """A camera that has sent a picture."""

    endless, on_demand = True, False

    def __init__(self, number: int) -> None:
        self._capture = _open_camera(number)
        self._first = self._picture()
        if self._first is None:
            self.close()
            raise InputError(f"camera {number} sends no picture: is it connected, and not used by another program?")
        self.size = self._first.shape[1::-1]
        self.frame_rate = self._capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FRAME_RATE

    def read(self) -> Iterator[tuple[float | None, Image]]:
        picture = self._first
        while picture is not None:
            yield None, picture
            picture = self._picture()
        raise StreamBroken("it sends no more pictures")

    def close(self) -> None:
        self._capture.release()

    def _picture(self) -> Image | None:
        success, image = self._capture.read()
        return np.asarray(image, np.uint8) if success else None


def _open_camera(number: int) -> cv2.VideoCapture:
    """OpenCV's capture of a camera, without warnings on the terminal."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(number)
    except cv2.error:
        raise InputError(f"there is no camera {number}") from None
    finally:
        cv2.utils.logging.setLogLevel(level)
