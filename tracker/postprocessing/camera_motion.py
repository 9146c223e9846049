"""The camera's own motion between frames, estimated from the background."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.optical_flow import FlowEstimator, FlowParameters
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.arrays import FloatArray, Image, IntArray
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.cache.frame_cache import NO_CACHE, CachedBackgroundFlow
from siamlink.tracker.parameter_groups import GapParameters

STRIDE_SECONDS = 0.1
"""The motion is estimated so often, in every other frame at most; in between it is taken to be uniform."""


class CameraMotion:
    """Estimates how the background of one video moves, frame by frame.

    Args:
        frame_rate: frames per second.
        stopwatch: counts the stage `camera`.
        cache: what earlier runs measured; new measurements are added.
    """

    def __init__(
        self, frame_rate: float, stopwatch: Stopwatch, cache: CachedBackgroundFlow = NO_CACHE.background
    ) -> None:
        self._stride = _stride(frame_rate)
        self._flow, self._stopwatch, self._cache = FlowEstimator(FlowParameters(), frame_rate), stopwatch, cache
        self._frame: list[int] = []
        self._step: list[FloatArray] = []

    def following(self, frames: Iterable[Frame], detections: Detections) -> Iterator[Frame]:
        """The frames, each taken in as it passes, with the boxes of its detections."""
        for frame in frames:
            self.see(frame.number, frame.image, detections.in_frame(frame.number).box)
            yield frame

    def see(self, number: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Estimate the motion up to a frame, later than those before, if a stride has passed since the last one.

        Args:
            number: of the frame.
            image: (H, W, 3) uint8 BGR; None: the cache alone is used.
            box: (N, 4) `x1 y1 x2 y2` of objects, which move on their own and are left out.

        Raises:
            InputError: the image is not of the size of the last one.
        """
        if number < self._due:
            return
        with self._stopwatch.stage("camera"):
            flow = self._cache.recall(number, self.known_until)
            if image is not None and flow is not None:
                self._flow.skip_frame(image)
            elif image is not None:
                flow = self._flow.background_flow(image)
                self._cache.add(number, self.known_until, flow)
            if flow is None:
                return
            moved = self._cache.camera_motion(number, self.known_until, box, flow)
        step = np.zeros((2, 3)) if moved is None else (moved - np.eye(2, 3)) / (number - self.known_until)
        self._frame.append(number)
        self._step.append(step)

    def last_missing(self, last_frame: int) -> int:
        """The last frame whose image is needed, as the cache has nothing of it; 0 if there is none."""
        since, unknown = self.known_until, 0
        for number in self._due_frames(last_frame):
            if self._cache.recall(number, since) is None:
                unknown = number
            since = number
        return unknown

    def recall(self, detections: Detections, last_frame: int) -> None:
        """Go on without images, by the cache."""
        for number in self._due_frames(last_frame):
            self.see(number, None, detections.in_frame(number).box)

    def _due_frames(self, last_frame: int) -> Iterator[int]:
        """The next frames up to which the motion is estimated, by what is known of them."""
        since, due = self.known_until, self._due
        while (number := self._cache.frame_after(since, due)) <= last_frame:
            yield number
            since, due = number, number + self._stride

    @property
    def _due(self) -> int:
        """The next frame up to which the motion is estimated."""
        return self.known_until + self._stride if self._frame else 1

    @property
    def known_until(self) -> int:
        """The last frame up to which the motion was estimated; 0 before the first."""
        return self._frame[-1] if self._frame else 0

    def shift(self, frame: NDArray[np.integer], point: FloatArray) -> FloatArray:
        """(M, 2) pixels by which the background at points (M, 2) of frames (M,) moves until the next; 0 if unknown."""
        step = np.stack([*self._step, np.zeros((2, 3))])[np.searchsorted(self._frame, frame, side="right")]
        shift: FloatArray = np.einsum("mij,mj->mi", step[:, :, :2], point) + step[:, :, 2]
        return shift

    def forget_before(self, frame: int) -> None:
        """Drop the motion before a frame."""
        passed = max(0, int(np.searchsorted(self._frame, frame, side="right")) - 1)
        del self._frame[:passed], self._step[:passed]


def measured_frames(number: IntArray, frame_rate: float) -> IntArray:
    """Those of the frames (N,), ascending, up to which `CameraMotion` estimates the motion if it sees all of them."""
    places, stride = [0], _stride(frame_rate)
    while (place := int(np.searchsorted(number, number[places[-1]] + stride))) < len(number):
        places.append(place)
    measured: IntArray = number[places]
    return measured


def _stride(frame_rate: float) -> int:
    """Frames from one estimate to the next."""
    return max(2, round(STRIDE_SECONDS * frame_rate))


def camera_for(
    matcher: Matcher,
    parameters: GapParameters,
    frame_rate: float,
    stopwatch: Stopwatch,
    cache: CachedBackgroundFlow = NO_CACHE.background,
) -> CameraMotion | None:
    """The estimator of a video's camera motion; None without an appearance, or where the settings do not use it.

    Args:
        matcher: with its appearance, if there is one.
        parameters: of smoothing.
        frame_rate: frames per second.
        stopwatch: counts the stage `camera`.
        cache: what earlier runs measured.
    """
    used = matcher.appearance is not None and parameters.follows_camera
    return CameraMotion(frame_rate, stopwatch, cache) if used else None
