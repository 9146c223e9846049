"""Dense optical flow: the motion of every pixel since the last frame, with or without the motion of the camera."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.detectors.base.arrays import FloatArray, Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.parameters import Parameters

Grey = NDArray[np.uint8]
Vectors = NDArray[np.float32]
Region = tuple[slice, slice]
"""Rows and columns of a flow field."""

SMALLEST_SIDE = 96
"""Pixels; smaller images are enlarged, because on them DIS changes its own settings, or crashes."""

MARGIN, MARGIN_HEIGHTS = 32, 0.25
"""Margin around the boxes, in field pixels and in box heights, for where the objects were one frame ago."""

REGION_STEP = 16
"""Regions begin at multiples of this, so that DIS builds the same image pyramid as on the whole frame."""

CAMERA_GRID = 8
"""Pixels of the halved field between the vectors that the motion of the camera is fitted to."""

CAMERA_ROUNDS = 10

SMALLEST_MISFIT = 0.1
"""Pixels of the halved field; smallest width of the robust weight function in the fit of the camera's motion."""


class FlowParameters(Parameters):
    """How optical flow is computed."""

    method: Literal["dis", "farneback"] = Field(
        "dis", description="algorithm. dis: Kroeger et al. 2016; farneback: Farnebäck 2003, about twenty times slower"
    )
    height: int = Field(
        600, ge=100, le=10000, description="maximum height in pixels; larger frames are reduced by an integer factor"
    )
    remove_camera_motion: bool = Field(
        True, description="subtract the motion of the camera, estimated outside of the boxes"
    )


@dataclass(frozen=True)
class FlowField:
    """The motion that led to a frame.

    Attributes:
        vectors: (h, w, 2) motion x, y in frame pixels per second, right and down positive; 0 where not computed. Row i,
            column j is the square of the frame from `(j, i) / scale` to `(j + 1, i + 1) / scale`, in the coordinates
            of boxes; the last rows and columns of the frame may lie outside of the field.
        scale: field pixels per frame pixel, the reciprocal of an integer.
        camera_motion: (2, 3) A with (x, y) = A (x', y', 1) for a point of the background that was at x', y' in the
            previous frame, in frame pixels; None if it was not requested or could not be estimated.
    """

    vectors: Vectors
    scale: float
    camera_motion: FloatArray | None = None


class FlowEstimator:
    """Optical flow of one video, frame by frame and causal: the negative of the flow back to the previous frame.

    Args:
        parameters: method, size, camera motion.
        frame_rate: frames per second, used where `update` gets no time.
    """

    def __init__(self, parameters: FlowParameters, frame_rate: float) -> None:
        self._parameters = parameters
        self._frame_seconds = 1 / frame_rate
        self._method = _method(parameters)
        self._frame_size: tuple[int, int] | None = None
        self._previous: Grey | None = None

    def __getstate__(self) -> dict[str, Any]:
        """For pickle and copy: all but the method, an object of OpenCV without a state of its own."""
        return {name: value for name, value in vars(self).items() if name != "_method"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._method = _method(self._parameters)

    def update(self, image: Image, seconds: float | None = None, box: NDArray[np.floating] | None = None) -> FlowField:
        """The motion from the last frame to this one; zero for the first one.

        Args:
            image: (H, W, 3) uint8 BGR.
            seconds: time since the last frame; if None or not above 0, one frame at the frame rate.
            box: (N, 4) `x1 y1 x2 y2` of the objects: the flow may be 0 outside of them, and they are left out of the
                estimate of the camera's motion. None: the flow is computed everywhere.

        Raises:
            InputError: the image has another size than the last one.
        """
        factor = -(-image.shape[0] // self._parameters.height)
        previous, current = self._remember(image, factor)
        field = FlowField(np.zeros((*current.shape, 2), np.float32), 1 / factor)
        if previous is None:
            return field
        seconds = seconds if seconds and seconds > 0 else self._frame_seconds
        region = _region(box, current.shape, factor)
        if region is not None:
            back = _padded_flow(self._method, current[region], previous[region])
            np.multiply(back, np.float32(-factor / seconds), out=field.vectors[region])
        if not self._parameters.remove_camera_motion:
            return field
        camera = self._background_flow(previous, current, factor).camera_motion(box)
        if camera is not None and region is not None:
            _subtract(field.vectors, region, camera, factor, seconds)
        return FlowField(field.vectors, field.scale, camera)

    def camera_motion(self, image: Image, box: NDArray[np.floating] | None = None) -> FloatArray | None:
        """`FlowField.camera_motion` from the last frame to this one, without the flow; see `update`."""
        return self.background_flow(image).camera_motion(box)

    def background_flow(self, image: Image) -> "BackgroundFlow":
        """What the camera's motion from the last frame to this one is fitted to; of no points for the first frame."""
        factor = -(-image.shape[0] // self._parameters.height)
        previous, current = self._remember(image, factor)
        return BackgroundFlow.none() if previous is None else self._background_flow(previous, current, factor)

    def _background_flow(self, previous: Grey, current: Grey, factor: int) -> "BackgroundFlow":
        shift = -2 * factor * _padded_flow(self._method, _halved(current), _halved(previous))
        return BackgroundFlow.sampled(shift, 2 * factor)

    def skip_frame(self, image: Image) -> None:
        """Process the next frame without computing the motion that led to it."""
        self._remember(image, -(-image.shape[0] // self._parameters.height))

    def _remember(self, image: Image, factor: int) -> tuple[Grey | None, Grey]:
        size = image.shape[1], image.shape[0]
        if self._frame_size not in (None, size):
            change = "from {}x{} to {}x{}".format(*self._frame_size or (), *size)
            raise InputError(f"the image size changes {change}, but optical flow needs images of one size")
        self._frame_size = size
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
        previous, self._previous = self._previous, _shrunken(grey, factor)
        return previous, self._previous


class BackgroundFlow(NamedTuple):
    """The motion that led to a frame on a grid of points, of which those outside of the objects move with the camera.

    Attributes:
        vectors: (h, w, 2) motion x, y in frame pixels.
        factor: frame pixels per pixel of the field that the points were taken from.
    """

    vectors: Vectors
    factor: int

    @classmethod
    def sampled(cls, shift: Vectors, factor: int) -> Self:
        """The points of a field `shift` (H, W, 2), which has `factor` frame pixels per pixel."""
        grid = slice(CAMERA_GRID // 2, None, CAMERA_GRID)
        return cls(np.ascontiguousarray(shift[grid, grid]), factor)

    @classmethod
    def none(cls) -> Self:
        """Of no points."""
        return cls(np.zeros((0, 0, 2), np.float32), 1)

    def camera_motion(self, box: NDArray[np.floating] | None = None) -> FloatArray | None:
        """Fit an affine map, which stands for the motion of the camera, robustly to the points outside of the boxes.

        Least squares, reweighted with the function of Geman and McClure 1987 at the width of the median misfit. This is
        deterministic, and moving objects are ignored if they cover less than half of the image outside of the boxes.

        Args:
            box: (N, 4) `x1 y1 x2 y2` of the objects in frame pixels.

        Returns:
            (2, 3) as in `FlowField.camera_motion`; None if too little lies outside of the boxes, or the fit is
            implausible.
        """
        rows, columns = self.vectors.shape[:2]
        first = CAMERA_GRID // 2 + 0.5
        x, y = ((first + CAMERA_GRID * np.arange(count, dtype=np.float64)) * self.factor for count in (columns, rows))
        free = _outside(x, y, box)
        if free.sum() < 16:
            return None
        point = np.stack(np.broadcast_arrays(x[None], y[:, None]), axis=-1)[free]
        back = _robust_affine(point, -self.vectors[free].astype(np.float64), SMALLEST_MISFIT * self.factor)
        return _inverse(back) if 0.5 < np.linalg.det(back[:, :2]) < 2 else None


def _method(parameters: FlowParameters) -> "cv2.DISOpticalFlow | _Farneback":
    return _Farneback() if parameters.method == "farneback" else _dis()


def _dis() -> cv2.DISOpticalFlow:
    """The preset ULTRAFAST: on PETS09-S2L1, MOT16-09 and TUD-Campus as accurate as FAST, in half the time."""
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)


class _Farneback:
    """OpenCV's Farnebäck flow with the interface of its DIS flow."""

    def calc(self, one: Grey, other: Grey, flow: Vectors) -> Vectors:
        return np.asarray(cv2.calcOpticalFlowFarneback(one, other, flow, 0.5, 4, 15, 3, 5, 1.2, 0), np.float32)


def _padded_flow(method: cv2.DISOpticalFlow | _Farneback, one: Grey, other: Grey) -> Vectors:
    """Flow from `one` to `other` in pixels; small images are padded with their edge to `SMALLEST_SIDE`."""
    rows, columns = one.shape
    below, right = max(SMALLEST_SIDE - rows, 0), max(SMALLEST_SIDE - columns, 0)
    large, larger = (
        np.asarray(cv2.copyMakeBorder(each, 0, below, 0, right, cv2.BORDER_REPLICATE), np.uint8)
        for each in (one, other)
    )
    flow = method.calc(large, larger, np.zeros((*large.shape, 2), np.float32))
    return np.asarray(flow[:rows, :columns], np.float32)


def _shrunken(grey: Grey, factor: int) -> Grey:
    """(H // factor, W // factor), each pixel the mean of `factor` x `factor`."""
    if factor == 1:
        return grey
    rows, columns = (max(side // factor, 1) for side in grey.shape)
    whole = grey[: rows * factor, : columns * factor]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _halved(grey: Grey) -> Grey:
    return _shrunken(grey, 2)


def _region(box: NDArray[np.floating] | None, shape: tuple[int, ...], factor: int) -> Region | None:
    """The part of a field of `shape` with the boxes and a margin around them; None if no box is inside."""
    if box is None:
        return slice(0, shape[0]), slice(0, shape[1])
    if not len(box):
        return None
    corner = np.asarray(box, np.float64) / factor
    margin = (MARGIN + MARGIN_HEIGHTS * (corner[:, 3] - corner[:, 1]))[:, None]
    low, high = (corner[:, :2] - margin).min(axis=0), (corner[:, 2:] + margin).max(axis=0)
    rows, columns = (_span(low[axis], high[axis], shape[1 - axis]) for axis in (1, 0))
    return (rows, columns) if rows and columns else None


def _span(low: float, high: float, side: int) -> slice | None:
    """The part of `low` to `high` within 0 to `side`, widened to `SMALLEST_SIDE` if possible; None if it is empty."""
    if high <= 0 or low >= side:
        return None
    start = int(max(0, min(low, side - SMALLEST_SIDE))) // REGION_STEP * REGION_STEP
    return slice(start, int(min(side, max(np.ceil(high), start + SMALLEST_SIDE))))


def _outside(x: FloatArray, y: FloatArray, box: NDArray[np.floating] | None) -> NDArray[np.bool_]:
    """(h, w) whether each point of the grid of rows `y` (h,) and columns `x` (w,) lies in no box."""
    free = np.ones((len(y), len(x)), bool)
    for x1, y1, x2, y2 in () if box is None else np.asarray(box, np.float64):
        free[slice(*np.searchsorted(y, (y1, y2))), slice(*np.searchsorted(x, (x1, x2)))] = False
    return free


def _robust_affine(point: FloatArray, shift: FloatArray, smallest_misfit: float) -> FloatArray:
    """The (2, 3) affine map that takes `point` to `point + shift`, both (N, 2), by reweighted least squares."""
    centre, size = point.mean(axis=0), point.std() + 1e-9
    basis = np.column_stack([(point - centre) / size, np.ones(len(point))])
    fitted = np.vstack([np.zeros((2, 2)), np.median(shift, axis=0)])
    for _ in range(CAMERA_ROUNDS):
        misfit = ((basis @ fitted - shift) ** 2).sum(axis=1)
        width = max(float(np.median(misfit)), smallest_misfit**2)
        weighted = basis * ((width / (width + misfit)) ** 2)[:, None]
        fitted = np.linalg.solve(weighted.T @ basis + 1e-9 * np.eye(3), weighted.T @ shift)
    slope = fitted[:2].T / size
    return np.column_stack([np.eye(2) + slope, fitted[2] - slope @ centre])


def _inverse(affine: FloatArray) -> FloatArray:
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])


def _subtract(vectors: Vectors, region: Region, camera: FloatArray, factor: int, seconds: float) -> None:
    """Subtract the motion of the background, `(q - A^-1 q) / seconds` at a point q, from the vectors of a region."""
    background = (np.eye(2, 3) - _inverse(camera)) / seconds
    y, x = ((np.arange(span.start, span.stop) + 0.5) * factor for span in region)
    for axis in (0, 1):
        along_x, along_y = background[axis, 0] * x + background[axis, 2], background[axis, 1] * y
        vectors[(*region, axis)] -= along_y[:, None].astype(np.float32) + along_x.astype(np.float32)
