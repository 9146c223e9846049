"""What a network is given for an image: the image fitted to the network's size, with its order and range of values."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import cv2
import numpy as np

from siamlink.detectors.base.arrays import Float32Array, FloatArray, Image
from siamlink.detectors.base.errors import ConfigError

PADDING = 114
"""Grey value around the image."""
Fit = Literal["letterbox", "centred", "stretch"]
Colour = Literal["bgr", "rgb"]
Values = Literal["0-255", "0-1", "-1-1", "imagenet"]
MEAN_AND_DEVIATION: dict[Values, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "0-255": ((0, 0, 0), (1, 1, 1)),
    "0-1": ((0, 0, 0), (255, 255, 255)),
    "-1-1": ((127, 127, 127), (128, 128, 128)),
    "imagenet": ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}
"""Of red, green and blue: the mean is subtracted, the difference is divided by the deviation."""


class Fitted(NamedTuple):
    """An image on a canvas of the network's size.

    Attributes:
        canvas: (height, width, 3) uint8 BGR.
        scale: (2,) of x and y, exact after rounding to whole pixels.
        offset: (2,) the pixel of the canvas at which the image begins, x and y.
    """

    canvas: Image
    scale: FloatArray
    offset: FloatArray

    def to_image(self, box: Float32Array) -> Float32Array:
        """Boxes (N, 4) of the canvas in pixels of the image."""
        return np.divide(box - np.tile(self.offset, 2), np.tile(self.scale, 2), dtype=np.float32)


@dataclass(frozen=True)
class Preprocessing:
    """How an image becomes the input of a network.

    Attributes:
        fit: letterbox: scaled with its aspect ratio, at the top left of a grey canvas; centred: likewise, in the middle
            of the canvas; stretch: scaled to the canvas, whatever its aspect ratio.
        colour: the order of the channels.
        values: the range of the input: 0-255; 0-1; -1-1; or imagenet, which subtracts ImageNet's mean and divides by
            its standard deviation.
    """

    fit: Fit
    colour: Colour
    values: Values

    def __str__(self) -> str:
        return f"{self.fit},{self.colour},{self.values}"

    def changed(self, words: str) -> "Preprocessing":
        """Replace some parts: words joined by commas, such as "stretch,rgb,imagenet".

        Raises:
            ConfigError: a word is unknown, or two speak of the same part.
        """
        changes: dict[str, str] = {}
        for word in (each.strip().lower() for each in words.split(",")):
            parts = [part for part, choices in CHOICES.items() if word in choices]
            if not parts:
                known = "; ".join(f"{part}: {', '.join(choices)}" for part, choices in CHOICES.items())
                raise ConfigError(f"preprocessing '{words}': unknown word '{word}'; known are {known}")
            if parts[0] in changes:
                raise ConfigError(f"preprocessing '{words}': '{changes[parts[0]]}' and '{word}' exclude each other")
            changes[parts[0]] = word
        return replace(self, **changes)  # type: ignore[arg-type]

    def fitted(self, image: Image, size: tuple[int, int]) -> Fitted:
        """The image (H, W, 3) on a canvas of `size` (height, width)."""
        if self.fit == "stretch":
            canvas = cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
            return Fitted(canvas, np.divide((size[1], size[0]), image.shape[1::-1]), np.zeros(2))
        return letterbox(image, size, centred=self.fit == "centred")

    def network_input(self, canvas: Image) -> Float32Array:
        """The input (1, 3, H, W) of the network for BGR pixels (H, W, 3)."""
        mean, deviation = (np.array(each, np.float32) for each in MEAN_AND_DEVIATION[self.values])
        if self.colour == "bgr":
            mean, deviation = mean[::-1], deviation[::-1]
        else:
            canvas = canvas[..., ::-1]
        values = canvas.astype(np.float32) if self.values == "0-255" else (canvas - mean) / deviation
        return np.ascontiguousarray(values.transpose(2, 0, 1)[None])


CHOICES: dict[str, tuple[str, ...]] = {"fit": get_args(Fit), "colour": get_args(Colour), "values": get_args(Values)}


def letterbox(image: Image, size: tuple[int, int], centred: bool = False) -> Fitted:
    """Scale `image` to fit `size` (height, width), keeping its aspect ratio, on a grey canvas."""
    height, width = image.shape[:2]
    ratio = min(size[0] / height, size[1] / width)
    fitted = max(1, round(width * ratio)), max(1, round(height * ratio))
    left, top = ((size[1] - fitted[0]) // 2, (size[0] - fitted[1]) // 2) if centred else (0, 0)
    canvas = np.full((*size, 3), PADDING, np.uint8)
    resized = cv2.resize(image, fitted, interpolation=cv2.INTER_LINEAR)
    canvas[top : top + fitted[1], left : left + fitted[0]] = resized
    return Fitted(canvas, np.divide(fitted, (width, height)), np.array([left, top], np.float64))
