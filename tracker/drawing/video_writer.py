"""Write an H.264 video that a browser plays."""

import contextlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.base.output_files import partial_path

_OPTIONS = {"preset": "veryfast", "crf": "23", "mbtree": "0"}
"""`fast` takes two and a half times as long, for files a third larger; `mbtree` makes the bytes depend on timing."""
_BT601, _LIMITED_RANGE = 6, 1
_INDEX_FIRST = {"movflags": "faststart"}
_FRAGMENTS = {"movflags": "empty_moov+default_base_moof", "frag_duration": "2000000", "flush_packets": "1"}
"""Every two seconds the video so far is on the disk, and can be played."""
_CLOCK = Fraction(1, 90000)
"""Seconds; the unit of times of a variable frame rate."""
_AT_ONCE = {"tune": "zerolatency"}
"""The encoder does not delay frames."""


class VideoWriter:
    """A context manager that writes an mp4 file (H.264, yuv420p) under a temporary name and renames it at a clean end.

    After any exception, the temporary file is removed, and an earlier file at `path` is unchanged. A growing video is
    written in fragments to its `partial_path`, and remains there: however the program ends, all but the last seconds
    can be played.

    Args:
        path: the file.
        frame_rate: frames per second, stored as an exact fraction (29.97 as 2997/100, 30000/1001 as such).
        size: width and height of the images; an odd one is padded by one pixel.
        growing: whether it can be played while it is written, and remains if the program is killed.
        coding: options of the encoder x264 that replace those of this module.
        variable_rate: whether each image comes with its time.

    Raises:
        OutputError: the file cannot be written, the disk is full, an image has another size, or there was no image.
    """

    def __init__(
        self,
        path: Path,
        frame_rate: float,
        size: tuple[int, int],
        growing: bool = False,
        coding: Mapping[str, str] | None = None,
        variable_rate: bool = False,
    ) -> None:
        self._path, self._size, self._growing = path, size, growing
        self._partial = partial_path(path) if growing else path.with_name(f".{path.stem[:60]}.partial.mp4")
        self._rate = Fraction(frame_rate).limit_denominator(1001)
        self._time_base = _CLOCK if variable_rate else 1 / self._rate
        self._coding = coding or {}
        self._count = 0

    def __enter__(self) -> Self:
        width, height = (side + side % 2 for side in self._size)
        form, coding = (_FRAGMENTS, {**_OPTIONS, **_AT_ONCE}) if self._growing else (_INDEX_FIRST, _OPTIONS)
        self._container = av.open(f"file:{self._partial}", "w", format="mp4", options=form)
        self._stream = self._container.add_stream("libx264", rate=self._rate, options={**coding, **self._coding})
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.codec_context.time_base = self._time_base
        self._stream.colorspace, self._stream.color_range = _BT601, _LIMITED_RANGE
        try:
            with self._output_errors():
                self._container.start_encoding()
        except OutputError:
            self._discard()
            raise
        return self

    def write(self, image: NDArray[np.uint8], number: int | None = None, seconds: float | None = None) -> None:
        """Append one (H, W, 3) uint8 BGR image as frame `number`, from 1; the image before is shown until then.

        Args:
            image: of the size of the video.
            number: None: the next.
            seconds: its time after the first, at a variable rate.
        """
        height, width = image.shape[:2]
        if (width, height) != self._size:
            expected = f"{self._size[0]}x{self._size[1]}"
            raise OutputError(f"an image of {width}x{height} does not fit into {self._path}, which is {expected}")
        pixels = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        planes = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, "yuv420p")
        by_number = self._count if number is None else number - 1
        frame.pts = by_number if seconds is None else round(seconds / self._time_base)
        frame.time_base = self._time_base
        self._count = frame.pts + 1
        with self._output_errors():
            self._container.mux(self._stream.encode(frame))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self._finish()
        finally:
            self._discard()

    def _finish(self) -> None:
        if not self._count:
            raise OutputError(f"there was no image for {self._path}")
        with self._output_errors():
            self._container.mux(self._stream.encode())
            self._container.close()
            self._partial.replace(self._path)

    def _discard(self) -> None:
        """Close the temporary file, and remove it unless the video is a growing one."""
        with contextlib.suppress(OSError, FFmpegError):
            self._container.close()
        if not (self._growing and self._count):
            with contextlib.suppress(OSError):
                self._partial.unlink()

    @contextlib.contextmanager
    def _output_errors(self) -> Iterator[None]:
        try:
            yield
        except (FFmpegError, OSError) as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}") from None
