"""A folder of images as a frame source."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE, FrameSource, StreamBroken

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
_ORIENTATION_TAG, _SIDEWAYS = 0x0112, (5, 6, 7, 8)
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError, Pillow.DecompressionBombError)


class ImageFolder(FrameSource):
    """The images directly in a folder, in natural order (frame2 before frame10).

    Raises:
        InputError: there is no image, the first one cannot be read, or sizes differ; all headers are read here.
    """

    def __init__(self, folder: Path, name: str | None = None, frame_rate: float | None = None) -> None:
        files = find_images(folder)
        name = name or folder.resolve().name or "frames"
        super().__init__(name, frame_rate or DEFAULT_FRAME_RATE, len(files), _common_size(files))
        self.files, self.counted = tuple(files), True

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        for path in self.files:
            try:
                yield None, read_image(path)
            except InputError as error:
                raise StreamBroken(f"frame {self.read_count + 1}: {error}") from None


def find_images(folder: Path) -> list[Path]:
    """The images directly in `folder`, in natural order, without hidden files.

    Raises:
        InputError: the folder cannot be read or has no image.
    """
    try:
        names = sorted((path.name for path in folder.iterdir()), key=_natural_key)
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror or error}") from None
    files = [folder / name for name in names if name.lower().endswith(IMAGE_SUFFIXES) and name[0] != "."]
    if not files:
        raise InputError(
            f"no images in {folder}: expected {', '.join(suffix[1:] for suffix in IMAGE_SUFFIXES)} directly in it, "
            "or a MOT sequence with img1/"
        )
    return files


def read_image(path: Path) -> Image:
    """Decode one image file, rotated upright; grey, 16 bit and transparent images become BGR.

    Raises:
        InputError: the file cannot be read, is damaged or cut off.
    """
    try:
        with _open(path) as image:
            if image.mode.startswith("I;16"):
                grey = (np.asarray(ImageOps.exif_transpose(image)) >> 8).astype(np.uint8)
                return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
            rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
            return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)
    except _PILLOW_ERRORS as error:
        raise InputError(f"cannot read the image {path}: {_reason(error)}") from None


def _natural_key(name: str) -> tuple[list[int | str], str]:
    parts = re.split(r"(\d+)", name)
    return [int(part) if index % 2 else part.casefold() for index, part in enumerate(parts)], name


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
