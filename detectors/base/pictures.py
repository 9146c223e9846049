"""Pictures that callers give as arrays: checked, and converted to (H, W, 3) uint8 BGR where their meaning is plain."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError

EXPECTED = (
    "expected (height, width, 3) blue green red, (height, width, 4) with alpha, or (height, width) grey, as uint8, as "
    "uint16 of 16 bits, or as float from 0 to 1"
)
_CHANNELS = (1, 3, 4)
_DEEPEST_UNCLEAR = 4095
"""Values up to here in uint16 may be of 8, 10, 12 or 16 bits."""
_OVERSHOOT = 1 / 255
"""How far values may lie outside the range, in units of white: filters for resizing overshoot."""


class PictureConverter:
    """Converts the pictures of one video, which have one size and one range of values.

    Args:
        size: width and height in pixels, if known.
    """

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        self._size = size
        self._white: float | None = None

    def converted(self, picture: Any) -> Image:
        """(H, W, 3) uint8 BGR pixels of a picture.

        Args:
            picture: an array of (H, W, 3) BGR, (H, W, 4) BGRA, (H, W, 1) or (H, W) grey; of type uint8, uint16 of
                16 bits, floating point from 0 to 1, or any type that holds whole numbers from 0 to 255. Or a Pillow
                image.

        Raises:
            InputError: it is of another type or shape, what its values mean is unclear, or the size has changed.
        """
        array = _array(picture)
        _check_shape(array)
        self._check_size(array)
        pixels = array if array.dtype == np.uint8 else self._eight_bits(array)
        if pixels.ndim == 2 or pixels.shape[2] == 1:
            return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_GRAY2BGR), np.uint8)
        return np.ascontiguousarray(pixels if pixels.shape[2] == 3 else pixels[..., :3])

    def _check_size(self, array: NDArray[Any]) -> None:
        height, width = array.shape[:2]
        if self._size is not None and tuple(self._size) != (width, height):
            raise InputError(
                f"the image is {width}x{height} pixels; expected {self._size[0]}x{self._size[1]}, as the images before "
                "or as image_size says: a video of another size needs a new tracker"
            )
        self._size = width, height

    def _eight_bits(self, array: NDArray[Any]) -> NDArray[np.uint8]:
        low, high = float(array.min()), float(array.max())
        if not np.isfinite([low, high]).all():
            raise _unclear(array, "with values that are not finite")
        white = self._white or _value_of_white(array, high)
        if white is None or low < -_OVERSHOOT * white or high > (1 + _OVERSHOOT) * white:
            earlier = f", but earlier ones from 0 to {self._white:g}" if self._white else ""
            raise _unclear(array, f"with values from {low:g} to {high:g}{earlier}")
        self._white = white if high else self._white
        if white > 255:
            return (array >> 8).astype(np.uint8)
        return np.clip(np.round(array * (255 / white)), 0, 255).astype(np.uint8)


def _array(picture: Any) -> NDArray[Any]:
    """The picture as an array; one of Pillow, which states its colours, in BGR."""
    if type(picture).__module__.partition(".")[0] == "PIL" and hasattr(picture, "convert"):
        return np.asarray(cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR))
    if not isinstance(picture, np.ndarray):
        kind = f"{type(picture).__module__}.{type(picture).__qualname__}".removeprefix("builtins.")
        raise InputError(f"the image is a {kind}, not a NumPy array; {EXPECTED}")
    if picture.dtype.kind not in "iuf":
        raise _unclear(picture)
    return picture


def _check_shape(array: NDArray[Any]) -> None:
    shape = array.shape
    if array.size and (array.ndim == 2 or (array.ndim == 3 and shape[2] in _CHANNELS)):
        return
    if array.ndim == 4:
        raise _unclear(array, "a batch: give one image")
    if array.ndim == 3 and shape[0] in _CHANNELS:
        raise _unclear(array, "with the channels first: give image.transpose(1, 2, 0)")
    raise _unclear(array)


def _value_of_white(array: NDArray[Any], high: float) -> float | None:
    """The value of white, by the type of a picture and its largest value; None if it is unclear."""
    if array.dtype == np.uint16:
        return 65535.0 if high > _DEEPEST_UNCLEAR or not high else None
    if array.dtype.kind == "f" and high <= 1 + _OVERSHOOT:
        return 1.0
    return 255.0 if high <= 255 and (array == np.round(array)).all() else None


def _unclear(array: NDArray[Any], what: str = "") -> InputError:
    return InputError(
        f"the image has the shape {array.shape} and the type {array.dtype}{what and ', '}{what}; {EXPECTED}"
    )
