"""Random changes to patches in training: first the geometry of image and flow together, then the image alone."""

from statistics import NormalDist
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.patches import Patches
from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.parameters import Parameters

Picture = NDArray[np.uint8]
FAINTEST_BLUR = 0.3
"""Standard deviation in pixels; a weaker blur is skipped, as it has almost no effect."""

ERASED_SHAPE = 3.3
"""Largest ratio of an erased rectangle's share of the height to its share of the width, and the inverse."""

NORMAL_OF_BYTE = np.array([NormalDist().inv_cdf((byte + 0.5) / 256) for byte in range(256)])
"""Standard normal number for each uniform random byte; ten times faster than drawing normal numbers."""


class AugmentationParameters(Parameters):
    """Strength of the random changes to patches; 0 switches a change off.

    Geometry, blur, noise and gamma are those of Leal-Taixé et al. 2016, which does not state their strength. Shifts of
    the colour and erasing (Zhong et al. 2020, "Random Erasing Data Augmentation") are additions.
    """

    rotation_degrees: float = Field(5.0, ge=0, le=180, description="largest rotation in degrees, in both directions")
    translation: float = Field(0.08, ge=0, le=1, description="largest shift, as a share of the width and height")
    skew: float = Field(0.06, ge=0, le=1, description="largest sideways shift of a pixel for each pixel of height")
    scale: float = Field(0.2, ge=0, le=3, description="largest absolute natural logarithm of the scale factor")
    flip: float = Field(0.5, ge=0, le=1, description="share of patches that are mirrored left to right")
    blur: float = Field(1.5, ge=0, le=10, description="largest standard deviation of Gaussian blur, in patch pixels")
    noise: float = Field(4.0, ge=0, le=40, description="largest standard deviation of Gaussian noise, in 8-bit levels")
    gamma: float = Field(0.4, ge=0, le=2, description="largest absolute logarithm of the exponent of the lightness L")
    brightness: float = Field(20.0, ge=0, le=255, description="largest offset of the lightness L, in 8-bit levels")
    colour: float = Field(8.0, ge=0, le=255, description="largest offset of U and of V, in 8-bit levels")
    erase: float = Field(0.35, ge=0, le=1, description="share of patches in which a rectangle is erased")
    erase_area: float = Field(0.25, ge=0, le=1, description="largest area of such a rectangle, as a share of the patch")


def augment(patches: Patches, parameters: AugmentationParameters, random: np.random.Generator) -> Patches:
    """Change each patch at random; the same state of the generator gives the same patches.

    Image and flow are rotated, shifted, skewed, scaled and mirrored by one map (see `warp`). Then blur, gamma, offsets
    of L, U and V, and noise change the image alone, in this order. Erasing imitates an occlusion: a rectangle gets the
    colour of a random pixel of the batch, and its flow becomes 0, which stands for not known.
    """
    moved = warp(patches, _random_maps(patches, parameters, random))
    _degrade(moved.image, parameters, random)
    _erase(moved, parameters, random)
    return moved


def warp(patches: Patches, maps: FloatArray) -> Patches:
    """Move the pixels of image and flow by an affine map, and transform the vectors of the flow by its linear part.

    A rotation by an angle rotates the pixels of the patch and the vectors by the same angle, although the box may have
    had another aspect ratio than the patch.

    Args:
        patches: N patches.
        maps: (N, 2, 3) from x, y, 1 of a pixel to its new place. Pixels without a source repeat the nearest border.
    """
    image, flow = np.empty_like(patches.image), patches.flow.copy()
    has_flow: NDArray[np.bool_] = np.any(flow.view(np.uint16), axis=(1, 2, 3))
    for row, affine in enumerate(maps):
        image[row] = _moved(patches.image[row], affine)
        if has_flow[row]:
            # OpenCV's conversions between 16 and 32 bits take a tenth of the time of NumPy's.
            vectors = cv2.convertFp16(patches.flow[row].view(np.int16))
            vectors = _moved(cv2.transform(vectors, affine[:, :2]), affine)
            flow[row] = cv2.convertFp16(vectors).view(np.float16)
    return Patches(image, flow)


def _moved(pixels: NDArray[np.uint8] | NDArray[np.float32], affine: FloatArray) -> NDArray[Any]:
    size = pixels.shape[1], pixels.shape[0]
    return cv2.warpAffine(pixels, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _random_maps(patches: Patches, parameters: AugmentationParameters, random: np.random.Generator) -> FloatArray:
    """(N, 2, 3) maps about the centre of each patch: mirror, then skew, scale, rotation and translation."""
    count, height, width = patches.image.shape[:3]
    angle, skew, scale, across, down = random.uniform(-1, 1, (5, count))
    angle = np.deg2rad(parameters.rotation_degrees) * angle
    skew, scale = parameters.skew * skew, np.exp(parameters.scale * scale)
    mirror = np.where(random.random(count) < parameters.flip, -1.0, 1.0)
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cosine * mirror, cosine * skew - sine], [sine * mirror, sine * skew + cosine]])
    linear = linear.transpose(2, 0, 1)
    size = np.array([width, height])
    centre = (size - 1) / 2
    offset = centre + parameters.translation * size * np.column_stack([across, down]) - linear @ centre
    return np.concatenate([linear, offset[:, :, None]], axis=2)


def _degrade(image: Picture, parameters: AugmentationParameters, random: np.random.Generator) -> None:
    """Blur the pictures (N, H, W, 3), shift their tones and add noise, in place."""
    count = len(image)
    tones = _random_tones(count, parameters, random)
    blur, noise = np.array([[parameters.blur], [parameters.noise]]) * random.random((2, count))
    levels = np.rint(noise[:, None] * NORMAL_OF_BYTE).astype(np.int8)
    for row, picture in enumerate(image):
        changed = picture
        if blur[row] > FAINTEST_BLUR:
            reach = 2 * int(np.ceil(2 * blur[row])) + 1
            changed = cv2.GaussianBlur(changed, (reach, reach), blur[row])
        changed = cv2.LUT(changed, tones[row])
        if levels[row].any():
            uniform = np.frombuffer(random.bytes(picture.size), np.uint8).reshape(picture.shape)
            changed = cv2.add(changed, cv2.LUT(uniform, levels[row]), dtype=cv2.CV_8U)
        image[row] = changed


def _random_tones(count: int, parameters: AugmentationParameters, random: np.random.Generator) -> Picture:
    """(count, 256, 1, 3) what becomes of each level of L, U and V."""
    exponent, *offsets = random.uniform(-1, 1, (4, count, 1))
    level = np.arange(256.0)
    lightness = 255 * (level / 255) ** np.exp(parameters.gamma * exponent) + parameters.brightness * offsets[0]
    colours = [level + parameters.colour * offset for offset in offsets[1:]]
    tones = np.stack([lightness, *colours], axis=-1)[:, :, None]
    table: Picture = np.clip(np.rint(tones), 0, 255).astype(np.uint8)
    return table


def _erase(patches: Patches, parameters: AugmentationParameters, random: np.random.Generator) -> None:
    """Paint a rectangle of some patches over, in place."""
    size = np.array(patches.image.shape[1:3])
    for row in np.flatnonzero(random.random(len(patches)) < parameters.erase):
        area, shape = parameters.erase_area * random.random(), ERASED_SHAPE ** random.uniform(-1, 1)
        extent = np.rint(size * np.minimum(1, np.sqrt([area * shape, area / shape]))).astype(int)
        top, left = random.integers(size - extent, endpoint=True)
        place = row, slice(top, top + extent[0]), slice(left, left + extent[1])
        patches.image[place] = patches.image[random.integers(len(patches)), *random.integers(size)]
        patches.flow[place] = 0
