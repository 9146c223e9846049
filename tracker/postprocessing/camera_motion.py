"""The camera's own motion, as far as the frames are looked at: boxes move along with it, whoever is in them."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.optical_flow import FlowEstimator, FlowParameters
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame, Image
from siamlink.tracker.cache.frame_cache import NO_CACHE, CachedCameraMotion
from siamlink.tracker.parameters import GapParameters

FloatArray = NDArray[np.float64]
LOOK_SECONDS = 0.1
"""The camera is looked for so often, every other frame at most; in between it is taken to move evenly."""


class CameraMotion:
    """Watches the frames of one video for how its background moves.

    Args:
        frame_rate: frames a second.
        stopwatch: counts the stage `camera`.
        seen: what is known already; what is found is added.
    """

    def __init__(self, frame_rate: float, stopwatch: Stopwatch, seen: CachedCameraMotion = NO_CACHE.camera) -> None:
        self._stride = max(2, round(LOOK_SECONDS * frame_rate))
        self._flow, self._stopwatch, self._seen = FlowEstimator(FlowParameters(), frame_rate), stopwatch, seen
        self._frame: list[int] = []
        self._step: list[FloatArray] = []

    def watching(self, frames: Iterable[Frame], detections: Detections) -> Iterator[Frame]:
        """The frames, each seen on its way; what is detected in them may move on its own."""
        for frame in frames:
            self.see(frame.number, frame.image, detections.in_frame(frame.number).box)
            yield frame

    def see(self, number: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Look at a frame, later than those before, unless the last look was just now.

        Args:
            number: of the frame.
            image: (H, W, 3) uint8 BGR; None: nothing comes of it unless it is known already.
            box: (N, 4) `x1 y1 x2 y2` of what may move on its own.

        Raises:
            InputError: the image is not of the size of the last one.
        """
        if number < self._due:
            return
        with self._stopwatch.stage("camera"):
            moved = self._seen.recall(number, self.seen_until, box)
            if image is not None and moved is not None:
                self._flow.skip_frame(image)
            elif image is not None:
                found = self._flow.camera_motion(image, box)
                moved = np.zeros((0, 3)) if found is None else found
                self._seen.add(number, self.seen_until, box, moved)
        if moved is None:
            return
        step = (moved - np.eye(2, 3)) / (number - self.seen_until) if len(moved) else np.zeros((2, 3))
        self._frame.append(number)
        self._step.append(step)

    def last_unknown(self, detections: Detections, last_frame: int) -> int:
        """The last of the frames that are to be looked at of which nothing is known yet; 0 if there is none."""
        since, unknown = self.seen_until, 0
        for number in range(self._due, last_frame + 1, self._stride):
            if self._seen.recall(number, since, detections.in_frame(number).box) is None:
                unknown = number
            since = number
        return unknown

    def recall(self, detections: Detections, last_frame: int) -> None:
        """Go on without images, by what is known."""
        for number in range(self._due, last_frame + 1, self._stride):
            self.see(number, None, detections.in_frame(number).box)

    @property
    def _due(self) -> int:
        """The first frame that is to be looked at next."""
        return self.seen_until + self._stride if self._frame else 1

    @property
    def seen_until(self) -> int:
        """The last frame that was looked at; 0 before the first."""
        return self._frame[-1] if self._frame else 0

    def shift(self, frame: NDArray[np.integer], point: FloatArray) -> FloatArray:
        """How far (M, 2) the background at points (M, 2) of frames (M,) moves until the next; 0 where nobody looked."""
        step = np.stack([*self._step, np.zeros((2, 3))])[np.searchsorted(self._frame, frame, side="right")]
        shift: FloatArray = np.einsum("mij,mj->mi", step[:, :, :2], point) + step[:, :, 2]
        return shift

    def forget_before(self, frame: int) -> None:
        """Drop what was seen of the camera's motion before a frame."""
        passed = max(0, int(np.searchsorted(self._frame, frame, side="right")) - 1)
        del self._frame[:passed], self._step[:passed]


def camera_for(
    matcher: Matcher,
    parameters: GapParameters,
    frame_rate: float,
    stopwatch: Stopwatch,
    seen: CachedCameraMotion = NO_CACHE.camera,
) -> CameraMotion | None:
    """What watches the camera of a video; None where frames are not looked at, or boxes do not follow it.

    Args:
        matcher: with the appearance that looks at frames, if there is one.
        parameters: what becomes of boxes.
        frame_rate: frames a second.
        stopwatch: counts the stage `camera`.
        seen: what is known already of the camera's motion.
    """
    wanted = matcher.appearance is not None and parameters.smooth and parameters.camera
    return CameraMotion(frame_rate, stopwatch, seen) if wanted else None
