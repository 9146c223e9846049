"""Pictures that a program gives as frame sources: a list or an iterator of arrays or files, or OpenCV's capture."""

from collections.abc import Iterable, Iterator, Sized
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError, SiamlinkError, explain_where
from siamlink.detectors.base.pictures import PictureConverter
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, FrameSource
from siamlink.detectors.sources.image_folder import read_image

EXPECTED = (
    "expected a path, a camera number, a URL, an array of images, a list or an iterator of arrays or image files, or a "
    "cv2.VideoCapture"
)


class GivenPictures(FrameSource):
    """Pictures from a list or an array of shape (T, H, W, 3), which can be read again, or from an iterator, once.

    Arrays are converted as `PictureConverter` does; text and paths are image files. The name is that of the folder of
    the first image file, else "frames".

    Args:
        pictures: the list, array or iterator.
        frame_rate: frames per second; None: `DEFAULT_FRAME_RATE`.

    Raises:
        InputError: it holds nothing, or nothing that can be iterated, or an image file is missing.
    """

    def __init__(self, pictures: Iterable[Any], frame_rate: float | None = None) -> None:
        once = isinstance(pictures, Iterator)
        count = len(pictures) if isinstance(pictures, Sized) else None
        if count == 0:
            raise InputError("the list of images is empty")
        paths = [] if once or count is None else [Path(each) for each in pictures if isinstance(each, str | PathLike)]
        for path in paths:
            if not path.is_file():
                raise InputError(f"there is no image file {path}")
        folder = paths[0].resolve().parent.name if paths else ""
        super().__init__(folder or "frames", frame_rate or DEFAULT_FRAME_RATE, count, None, single_pass=once)
        self._pictures = pictures
        self._begun: Iterator[Image] | None = None
        self.counted, self.rate_assumed = count is not None, frame_rate is None
        self.files = tuple(paths) if len(paths) == count else ()

    def _first_size(self) -> tuple[int, int]:
        images = self._images()
        first = next(images, None)
        if first is None:
            raise InputError("there are no images: the iterator ended before the first")
        if self.single_pass:
            self._begun = chain([first], images)
        height, width = first.shape[:2]
        return width, height

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        for image in self._begun or self._images():
            yield None, image

    def _images(self) -> Iterator[Image]:
        converter = PictureConverter()
        for number, picture in enumerate(self._given(), 1):
            try:
                is_file = isinstance(picture, str | PathLike)
                image = converter.converted(read_image(Path(picture)) if is_file else picture)
            except InputError as error:
                raise InputError(f"frame {number}: {error}") from None
            # a program may reuse the array for the next picture
            yield image.copy() if self.single_pass and image is picture else image

    def _given(self) -> Iterator[Any]:
        """What is given; an error in the program that gives it names its line."""
        try:
            yield from self._pictures
        except SiamlinkError:
            raise
        except Exception as error:
            raise InputError(f"the iterator of images failed: {explain_where(error)}") from error


class CaptureFrames(FrameSource):
    """The remaining frames of a `cv2.VideoCapture`; live if it does not know how many frames there are.

    Args:
        capture: a `cv2.VideoCapture`, or an object with the same methods.
        frame_rate: frames per second; None: that of the capture.

    Raises:
        InputError: it is not open, or gives no frame.
    """

    def __init__(self, capture: Any, frame_rate: float | None = None) -> None:
        if not capture.isOpened():
            raise InputError("the cv2.VideoCapture is not open: is the file or the camera there?")
        total, position = (int(capture.get(each)) for each in (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_POS_FRAMES))
        count = total - max(position, 0) if total > 0 else None
        rate = frame_rate or capture.get(cv2.CAP_PROP_FPS) or DEFAULT_FRAME_RATE
        super().__init__("capture", rate, count, None, live=count is None, single_pass=True)
        self._capture, self._pictures = capture, PictureConverter()
        self._first: Image | None = None

    def _first_size(self) -> tuple[int, int]:
        self._first = self._next()
        if self._first is None:
            raise InputError("the cv2.VideoCapture gives no frame")
        height, width = self._first.shape[:2]
        return width, height

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        image = self._first
        while image is not None:
            yield None, image
            image = self._next()

    def _next(self) -> Image | None:
        success, image = self._capture.read()
        return self._pictures.converted(image) if success else None


def open_given(source: Any, frame_rate: float | None = None) -> FrameSource:
    """Pictures that a program gives, as a source of frames.

    Args:
        source: a list, iterator or array of pictures, a `cv2.VideoCapture`, or a `FrameSource`.
        frame_rate: frames per second; None: as the source says, else `DEFAULT_FRAME_RATE`.

    Raises:
        InputError: it is none of these, or holds no pictures.
    """
    if isinstance(source, FrameSource):
        return source
    if all(hasattr(source, method) for method in ("read", "get", "isOpened")):
        return CaptureFrames(source, frame_rate)
    if isinstance(source, np.ndarray) and (source.ndim < 3 or (source.ndim == 3 and source.shape[2] in (1, 3, 4))):
        raise InputError(f"the source is one image of shape {source.shape}; {EXPECTED}")
    if isinstance(source, dict | bytes) or not isinstance(source, Iterable):
        raise InputError(f"the source is of type {type(source).__name__}; {EXPECTED}")
    return GivenPictures(source, frame_rate)
