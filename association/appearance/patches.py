"""Patches, the input of the networks: LUV images of detections in one size, and the optical flow within them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.optical_flow import FlowField
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.pictures import PictureConverter

PATCH_SIZE = (121, 53)
"""Height and width in pixels (Leal-Taixé et al. 2016, Fig. 2)."""

Luma = Literal["fixed", "equalised", "plane"]

LUV_CENTRE, LUV_SCALE = (105.0, 97.0, 137.0), (60.0, 12.0, 12.0)
"""About the mean and the deviation of 8-bit L, U and V of OpenCV over people in five videos and four sets of crops."""

LARGEST_FLOW = 4.0
"""Box heights per second; faster motion is clipped to this."""

REACH = 2
"""Pixels around a box that its patch is interpolated from."""

COARSEST_STEP = 2.0
"""Pixels; largest distance of samples at which bilinear interpolation leaves no pixel out."""

MOST_SAMPLES = 8
"""Largest number of samples along each side of a patch pixel; enough for boxes of 1,936 pixels in height."""


@dataclass(frozen=True, eq=False)
class Patches:
    """Patches of N detections.

    Attributes:
        image: (N, 121, 53, 3) uint8, LUV as by `COLOR_BGR2LUV` of OpenCV.
        flow: (N, 121, 53, 2) float16, motion x, y in box heights per second, right and down positive; 0 if not known.
    """

    image: NDArray[np.uint8]
    flow: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.image)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "Patches":
        return Patches(self.image[rows], self.flow[rows])

    @classmethod
    def concatenate(cls, parts: Sequence["Patches"]) -> "Patches":
        """All patches of `parts`, in their order."""
        if not parts:
            return cls.empty()
        return cls(np.concatenate([part.image for part in parts]), np.concatenate([part.flow for part in parts]))

    @classmethod
    def empty(cls) -> "Patches":
        """No patches."""
        return cls(np.zeros((0, *PATCH_SIZE, 3), np.uint8), np.zeros((0, *PATCH_SIZE, 2), np.float16))


def extract_patches(image: Image, box: NDArray[np.floating], flow: FlowField | None = None) -> Patches:
    """Cut out the boxes and resize them, exact to a fraction of a pixel.

    Outside of the image, its edge is repeated.

    Args:
        image: (H, W, 3) uint8 BGR, or another array that `PictureConverter` converts to that.
        box: (N, 4) `x1 y1 x2 y2` in pixels; may lie partly or wholly outside of the image.
        flow: the motion that led to this image; None if not known.

    Returns:
        N patches in the order of the boxes.

    Raises:
        InputError: the image cannot be converted.
    """
    box = np.asarray(box, np.float64).reshape(-1, 4)
    if not len(box):
        return Patches.empty()
    patches = patches_of(crop_patches(image, box))
    if flow is None:
        return patches
    vectors = resample(flow.vectors, box * flow.scale)
    vectors /= np.maximum(box[:, 3] - box[:, 1], 1)[:, None, None, None].astype(np.float32)
    limit = np.finfo(np.float16).max
    return Patches(patches.image, np.clip(vectors, -limit, limit, out=vectors).astype(np.float16))


def crop_patches(image: Image, box: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(N, 121, 53, 3) BGR: what `extract_patches` cuts out of an image, N at least 1."""
    crops: NDArray[np.uint8] = resample(PictureConverter().converted(image), np.asarray(box, np.float64))
    return crops


def patches_of(crops: NDArray[np.uint8]) -> Patches:
    """The patches of `crop_patches`, without flow."""
    luv = cv2.cvtColor(crops.reshape(-1, PATCH_SIZE[1], 3), cv2.COLOR_BGR2LUV).reshape(crops.shape)
    return Patches(np.asarray(luv, np.uint8), np.zeros((len(crops), *PATCH_SIZE, 2), np.float16))


def network_input(patches: Patches, luma: Luma = "fixed") -> NDArray[np.float32]:
    """The normalised channels L, U, V, flow x, flow y of each patch, mostly within -2 and 2.

    Args:
        patches: N patches.
        luma: "fixed": one scale for all; "equalised": the histogram of each L is made flat; "plane": from each L the
            plane of brightness fitted by least squares is subtracted. The last two are, from memory, the measures of
            Leal-Taixé et al. 2016 against changes of light.

    Returns:
        (N, 5, 121, 53) float32.
    """
    channels = np.empty((len(patches), 5, *PATCH_SIZE), np.float32)
    channels[:, :3] = luv_channels(patches.image, luma)
    for axis in (0, 1):
        channels[:, 3 + axis] = patches.flow[..., axis]
    np.clip(channels[:, 3:], -LARGEST_FLOW, LARGEST_FLOW, out=channels[:, 3:])
    return channels


def luv_channels(luv: NDArray[np.uint8], luma: Luma = "fixed") -> NDArray[np.float32]:
    """(N, 3, h, w) the normalised channels L, U, V of pictures (N, h, w, 3) of any size; see `network_input`."""
    channels = np.ascontiguousarray(luv.transpose(0, 3, 1, 2), np.float32)
    if luma == "equalised":
        channels[:, 0] = _equalised(luv[..., 0])
    channels -= np.array(LUV_CENTRE, np.float32)[:, None, None]
    channels /= np.array(LUV_SCALE, np.float32)[:, None, None]
    if luma == "plane":
        channels[:, 0] = _without_plane(channels[:, 0])
    return channels


def resample(picture: NDArray[Any], box: NDArray[np.float64], size: tuple[int, int] = PATCH_SIZE) -> NDArray[Any]:
    """(N, h, w, C) the boxes (N, 4) of `picture` (H, W, C) in one size (h, w); each pixel is a mean of samples.

    Outside of the picture, its edge is repeated.
    """
    patches = np.empty((len(box), *size, picture.shape[2]), picture.dtype)
    for row, (corner, extent) in enumerate(zip(box[:, :2], box[:, 2:] - box[:, :2], strict=True)):
        step = extent / size[::-1]
        samples = 1
        while step.max() / samples > COARSEST_STEP and samples < MOST_SAMPLES:
            samples *= 2
        patches[row] = _mean_samples(picture, corner, step / samples, samples, size)
    return patches


def _mean_samples(
    picture: NDArray[Any],
    corner: NDArray[np.float64],
    step: NDArray[np.float64],
    samples: int,
    size: tuple[int, int],
) -> NDArray[Any]:
    """One patch from `corner` (x, y) on; each pixel is a mean of `samples` x `samples` points, `step` (x, y) apart."""
    height, width = size
    limit = np.array(picture.shape[1::-1])
    first = np.clip(np.floor(corner) - 1, 0, limit - 1)
    last = np.clip(np.ceil(corner + step * samples * (width, height)) + 1, first + 1, limit)
    left, top, right, bottom = np.concatenate([first, last]).astype(int).tolist()
    offset = corner - first + step / 2 - 0.5
    sampled = cv2.warpAffine(
        picture[top:bottom, left:right],
        np.array([[step[0], 0, offset[0]], [0, step[1], offset[1]]]),
        (width * samples, height * samples),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    while samples > 1:
        samples //= 2
        sampled = cv2.resize(sampled, (width * samples, height * samples), interpolation=cv2.INTER_AREA)
    return sampled


def _equalised(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, h, w) with a flat histogram over 0 to 255 each."""
    return np.stack([cv2.equalizeHist(np.ascontiguousarray(each)) for each in luma]) if len(luma) else luma


def _without_plane(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, h, w) without the plane a x + b y + c that fits each best."""
    height, width = luma.shape[1:]
    y, x = (np.linspace(-1, 1, side) for side in (height, width))
    plane = np.stack([np.ones((height, width)), *np.broadcast_arrays(x, y[:, None])]).reshape(3, -1)
    plane = (plane / np.linalg.norm(plane, axis=1, keepdims=True)).astype(np.float32)
    flat = luma.reshape(len(luma), height * width)
    residual: NDArray[np.float32] = (flat - (flat @ plane.T) @ plane).reshape(luma.shape)
    return residual
