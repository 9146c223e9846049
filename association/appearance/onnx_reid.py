"""Re-identification networks in ONNX files, run by onnxruntime on the CPU; their descriptors are compared by cosine."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Float32Array, Image
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ModelError, explain
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.threads import core_count
from siamlink.detectors.models.session import open_session

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue in ImageNet, by which the input of PyTorch networks is normalised."""
BATCH = 16
LARGEST = 1e6
"""Pixels; the coordinates of boxes are clipped to this."""
SMALLEST_SIDE = 16
"""Pixels; a network with a smaller input is refused as not made for re-identification."""


class ReidNetwork:
    """A network that turns the image of one object into a vector.

    The input of a network in the order of TensorFlow, (batch, height, width, 3), is blue, green, red from 0 to 255, as
    for the networks of OpenVINO. That of a network in the order of PyTorch, (batch, 3, height, width), is red, green,
    blue, normalised as for ImageNet. A network with another input can be used through an appearance plug-in.

    Args:
        path: the ONNX file; height and width of its input are fixed, its batch size is 1 or free.
        threads: number of batches run at the same time; by default the cores this process may use, at most four.

    Attributes:
        fingerprint: digest of the file.
        reach: pixels around a box that are used, as its edges are rounded.

    Raises:
        ModelError: the file is missing, is not an ONNX file, or holds another kind of network.
    """

    reach = 1

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self._path, self._threads = path, threads or min(4, core_count())
        self._session = open_session(path, 1, ModelError)
        self.fingerprint = file_digest(path)
        self._input, self._size, self._channels_first, self._batch = _find_input(path, self._session)
        self._check_output(path)

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and copy: the network is loaded again from its file."""
        return type(self), (self._path, self._threads)

    def describe(self, image: Image, box: Float32Array) -> Float32Array:
        """(N, D) descriptors of the boxes (N, 4) of an image (H, W, 3) uint8 BGR."""
        return self.describe_crops(self.crop(image, box))

    def crop(self, image: Image, box: Float32Array) -> NDArray[np.uint8]:
        """(N, height, width, 3) the boxes (N, 4) of an image in the size of the input."""
        return np.stack([cut(image, each, self._size) for each in box])

    def describe_crops(self, crops: NDArray[np.uint8]) -> Float32Array:
        """(N, D) descriptors of crops."""
        pixels = self._normalise(crops)
        parts = [pixels[start : start + self._batch] for start in range(0, len(pixels), self._batch)]
        if len(parts) == 1:
            return self._run(parts[0])
        with ThreadPoolExecutor(self._threads) as pool:
            return np.concatenate(list(pool.map(self._run, parts)))

    def _normalise(self, pictures: NDArray[np.uint8]) -> Float32Array:
        if not self._channels_first:
            return pictures.astype(np.float32)
        normal = (pictures[..., ::-1] / np.float32(255) - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
        return np.ascontiguousarray(normal.transpose(0, 3, 1, 2))

    def _run(self, pixels: Float32Array) -> Float32Array:
        output: Float32Array = self._session.run(None, {self._input: pixels})[0]
        return output.reshape(output.shape[:2])

    def _check_output(self, path: Path) -> None:
        """Check that the output is one finite vector for each image of a batch."""
        count = min(self._batch, 2)
        grey = self._normalise(np.full((count, *self._size, 3), 114, np.uint8))
        try:
            output = self._session.run(None, {self._input: grey})[0]
        except Exception as error:
            raise ModelError(f"{path} cannot be run: {explain(error)}") from error
        shape: tuple[int, ...] = getattr(output, "shape", ())
        one_vector_each = len(shape) >= 2 and shape[0] == count and shape[1] > 1 and np.prod(shape[2:]) == 1
        if not one_vector_each or output.dtype != np.float32 or not np.isfinite(output).all():
            kind = f"{output.dtype} {list(shape)}" if shape else type(output).__name__
            raise ModelError(
                f"{path} is not a re-identification network: its output for {counted(count, 'image')} is {kind}; "
                "expected one vector of finite numbers for each, float32 [batch, length]"
            )


def cut(image: Image, box: Float32Array, size: tuple[int, int]) -> Image:
    """Cut out one box (4,) and resize it to `size` (height, width); outside of the image, its edge is repeated."""
    x1, y1, x2, y2 = np.round(np.clip(box, -LARGEST, LARGEST)).astype(int).tolist()
    height, width = image.shape[:2]
    right, bottom = max(x2, x1 + 1), max(y2, y1 + 1)
    if x1 >= 0 and y1 >= 0 and right <= width and bottom <= height:
        inside = image[y1:bottom, x1:right]
    else:
        inside = image[np.ix_(_places(y1, bottom, height), _places(x1, right, width))]
    shrinks = inside.shape[0] > size[0] and inside.shape[1] > size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(inside, size[::-1], interpolation=method), np.uint8)


def _places(start: int, stop: int, side: int) -> NDArray[np.intp]:
    """The rows or columns from `start` to `stop`; those outside of the image are replaced by the nearest one inside."""
    places = np.linspace(start, stop - 1, min(stop - start, 4 * side))
    return np.clip(np.round(places).astype(np.intp), 0, side - 1)


def _find_input(path: Path, session: Any) -> tuple[str, tuple[int, int], bool, int]:
    """The name of the only input, its height and width, whether channels come first, and the batch size to use."""
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 and inputs[0].type == "tensor(float)" else []
    sides = shape[1:]
    if len(shape) == 4 and (sides[0] == 3) != (sides[2] == 3):
        channels_first, free = sides[0] == 3, not isinstance(shape[0], int) or shape[0] < 0
        height, width = sides[1:] if channels_first else sides[:2]
        fixed = all(isinstance(side, int) and side >= SMALLEST_SIDE for side in (height, width))
        if fixed and (free or shape[0] == 1):
            return inputs[0].name, (height, width), channels_first, BATCH if free else 1
    listed = ", ".join(f"{each.name} {each.type} {each.shape}" for each in inputs)
    raise ModelError(
        f"{path} is not a re-identification network: its inputs are {listed}; expected one image, tensor(float) "
        "[batch, 3, height, width] or [batch, height, width, 3], with batch 1 or free, and fixed height and width"
    )
