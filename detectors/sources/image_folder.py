"""A folder of images as a frame source."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.image_names import IMAGE_SUFFIXES, first_number, image_files, repeated_names
from siamlink.detectors.base.pictures import PictureConverter
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, FrameSource, StreamBroken

DEEP_MODES = ("I", "F")
"""Modes of Pillow with more than eight bits a channel."""
_ORIENTATION_TAG, _SIDEWAYS = 0x0112, (5, 6, 7, 8)
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError)


class ImageFolder(FrameSource):
    """The images directly in a folder, in natural order (frame2 before frame10).

    Frames have the numbers of their names, if all names end in numbers that rise by one; see `first_number`. Of two
    files that differ in the suffix only, one is used.

    Raises:
        InputError: there is no image, the first one cannot be read, sizes differ, or what the values of 16-bit images
            mean is unclear; all headers are read here.
    """

    def __init__(self, folder: Path, name: str | None = None, frame_rate: float | None = None) -> None:
        files = find_images(folder)
        name = name or folder.resolve().name or "frames"
        super().__init__(name, frame_rate or DEFAULT_FRAME_RATE, len(files), _common_size(files))
        self.files, self.counted, self.rate_assumed = tuple(files), True, frame_rate is None
        self.first_number = first_number(files)
        self.notes = [note for note in (repeated_names(folder), _several_in_one(files[0])) if note]
        self._converter = PictureConverter()
        if _is_deep(files[0]):
            _convert(files[0], self._converter)

    def count_frames(self) -> int:
        """See `FrameSource`."""
        return len(self.files)

    def part(self, first: int, last: int) -> "ImageFolder":
        """See `FrameSource`."""
        part = copy(self)
        part.files, part.first_number, part.frame_count = self.files[first - 1 : last], first, last - first + 1
        part.promised_count = None
        return part

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        for path in self.files:
            try:
                yield None, _convert(path, self._converter)
            except InputError as error:
                raise StreamBroken(f"frame {self.last_number + 1}: {error}") from None


def find_images(folder: Path) -> list[Path]:
    """The images directly in `folder`, in natural order, without hidden files.

    Raises:
        InputError: the folder cannot be read or has no image.
    """
    files = image_files(folder)
    if not files:
        raise InputError(
            f"no images in {folder}: expected {', '.join(suffix[1:] for suffix in IMAGE_SUFFIXES)} directly in it, "
            "or a MOT sequence with img1/"
        )
    return files


def read_image(path: Path) -> Image:
    """Decode one image file, rotated upright; grey, 16 bit and transparent images become BGR.

    Raises:
        InputError: the file cannot be read, is damaged or cut off, or what its values mean is unclear.
    """
    return _convert(path, PictureConverter())


def _convert(path: Path, converter: PictureConverter) -> Image:
    """Decode one image file of a video."""
    try:
        with _open(path) as image:
            upright = ImageOps.exif_transpose(image)
            if not image.mode.startswith(DEEP_MODES):
                return np.asarray(cv2.cvtColor(np.asarray(upright.convert("RGB")), cv2.COLOR_RGB2BGR), np.uint8)
            values = np.asarray(upright)
    except _PILLOW_ERRORS as error:
        raise InputError(f"cannot read the image {path}: {_reason(error)}") from None
    if values.dtype.kind in "iu" and values.min() >= 0 and values.max() <= 65535:
        values = values.astype(np.uint16)
    try:
        return converter.converted(values)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _is_deep(path: Path) -> bool:
    """Whether an image has more than eight bits a channel."""
    try:
        with _open(path) as image:
            return image.mode.startswith(DEEP_MODES)
    except _PILLOW_ERRORS:
        return False


def _several_in_one(path: Path) -> str:
    """One line about a file that holds several pictures, such as a stack of microscope images; else empty."""
    try:
        with _open(path) as image:
            count = getattr(image, "n_frames", 1)
    except _PILLOW_ERRORS:
        return ""
    return (
        "" if count == 1 else f"{path.name} holds {count} pictures, of which the first is used: each needs its own file"
    )


def _common_size(files: Sequence[Path]) -> tuple[int, int]:
    """The size of all images up to the first unreadable one, from their headers."""
    expected = _header_size(files[0])
    if expected is None:
        read_image(files[0])
        raise InputError(f"cannot read the image {files[0]}")
    for path in files[1:]:
        size = _header_size(path)
        if size is None:
            break
        if size != expected:
            raise InputError(
                f"images of mixed sizes: {path} is {size[0]}x{size[1]}, those before it are {expected[0]}x{expected[1]}"
            )
    return expected


def _header_size(path: Path) -> tuple[int, int] | None:
    try:
        with _open(path) as image:
            width, height = image.size
            return (height, width) if image.getexif().get(_ORIENTATION_TAG) in _SIDEWAYS else (width, height)
    except _PILLOW_ERRORS:
        return None


@contextmanager
def _open(path: Path) -> Iterator[Pillow.Image]:
    """An image whose header is read. Pillow's warnings about damage are silenced: damage that matters is an error."""
    with warnings.catch_warnings(action="ignore"), Pillow.open(path) as image:
        yield image


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "not an image, or damaged"
    return getattr(error, "strerror", None) or str(error)
