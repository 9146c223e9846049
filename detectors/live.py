"""Cameras and network streams: sources without a known end, read only once."""

import re
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
from av.error import FFmpegError

from siamlink.detectors.decoding import (
    decode,
    first_frame,
    native_frame_rate,
    reason,
    to_bgr,
    video_stream,
    with_seconds,
)
from siamlink.detectors.errors import InputError
from siamlink.detectors.frame_source import DEFAULT_FRAME_RATE, FrameSource, Image, StreamBroken

TIMEOUT_SECONDS = 10.0
"""How long a stream may take to answer, and to send on."""


class LiveStream(FrameSource):
    """A stream by its URL (rtsp, http, udp, ...); damaged data is skipped, a lost connection ends it.

    Raises:
        InputError: nothing answers, or what answers is no video.
    """

    def __init__(self, url: str, frame_rate: float | None = None, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        shown = _without_secrets(url)
        options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
        try:
            self._container = av.open(url, options=options, metadata_errors="replace", timeout=timeout_seconds)
        except FFmpegError as error:
            raise InputError(f"cannot open the stream {shown}: {reason(error)}") from None
        stream = video_stream(self._container, shown)
        frames = decode(self._container, stream, live=True)
        first = first_frame(frames, shown)
        self._frames = chain([first], frames)
        height, width = to_bgr(first).shape[:2]
        super().__init__(_name_of(url), frame_rate or native_frame_rate(stream), None, (width, height), live=True)

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        with self._container:
            for seconds, frame in with_seconds(self._frames):
                yield seconds, to_bgr(frame)


class Camera(FrameSource):
    """A camera by its number, through OpenCV; times are those at which the frames arrived.

    Raises:
        InputError: the camera cannot be opened or gives no picture.
    """

    def __init__(self, number: int, frame_rate: float | None = None) -> None:
        self._capture = _open_camera(number)
        found, first = self._capture.read()
        if not found:
            raise InputError(f"camera {number} gives no picture; is it connected, and used by nothing else?")
        self._first = np.asarray(first, np.uint8)
        rate = frame_rate or self._capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FRAME_RATE
        height, width = self._first.shape[:2]
        super().__init__(f"camera{number}", rate, None, (width, height), live=True)

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        start = time.monotonic()
        try:
            yield 0.0, self._first
            while True:
                found, image = self._capture.read()
                if not found:
                    raise StreamBroken(f"the camera gives no more pictures after frame {self.read_count}")
                yield time.monotonic() - start, np.asarray(image, np.uint8)
        finally:
            self._capture.release()


def _open_camera(number: int) -> cv2.VideoCapture:
    """OpenCV's capture of a camera, without its warnings on the terminal."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(number)
    except cv2.error:
        raise InputError(f"there is no camera {number}") from None
    finally:
        cv2.utils.logging.setLogLevel(level)


def _without_secrets(url: str) -> str:
    """A URL for messages: without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _name_of(url: str) -> str:
    """A file name from the last part of a URL's path, or from its host."""
    parts = urlsplit(url)
    name = PurePosixPath(parts.path).stem or parts.netloc.rpartition("@")[2]
    return re.sub(r"[^\w.-]+", "_", name).strip("._") or "stream"
