"""What trackers that are given one frame after another are told, and what they answer."""

from typing import Any, NamedTuple, Protocol

import numpy as np

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import EXPECTED, to_detections
from siamlink.detectors.sources.frame_source import Frame, Image
from siamlink.tracker.tracks import Tracks


class FrameByFrame(Protocol):
    """A tracker that is given one frame after another."""

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks have been given out."""
        ...

    @property
    def open_count(self) -> int:
        """How many pairs, or detections with two levels, were to be looked at."""
        ...

    @property
    def compared_count(self) -> int:
        """How many of these were."""
        ...

    def update(self, detections: Any, frame: Frame | Image | int | None = None) -> Any:
        """Take in the detections of the next frame and return the tracks of the frames that are final with it."""
        ...

    def finish(self) -> Tracks:
        """The tracks of the frames that are left."""
        ...


class Given(NamedTuple):
    """One frame as it was given to a tracker: its number, its detections, and its image if there is one."""

    number: int
    detections: Detections
    image: Image | None


def check_frame_rate(frame_rate: float) -> float:
    """The frame rate, frames a second.

    Raises:
        ConfigError: it is not above 0.
    """
    if not 0 < frame_rate < float("inf"):
        raise ConfigError(f"the frame rate must be a number above 0, not {frame_rate:g}")
    return frame_rate


def read_frame(detections: Any, frame: Frame | Image | int | None, last: int) -> Given:
    """Understand what `update` of a tracker is given.

    Args:
        detections: our `Detections` of a single frame, a `supervision.Detections`, or an array of rows
            `x1 y1 x2 y2 score [label]`.
        frame: a `Frame`, a number, or the image of the next frame; None: the next one.
        last: the number of the frame before.

    Raises:
        InputError: the frame number does not grow, or the detections are of several frames or none of these types.
    """
    number, image = _number_and_image(frame, last)
    if number <= last:
        raise InputError(f"tracking frame by frame needs growing frame numbers: {number} after {last}")
    try:
        return Given(number, to_detections(detections, number), image)
    except InputError as error:
        raise InputError(f"cannot track what was given for frame {number}: {error}; {EXPECTED}") from None


def _number_and_image(frame: Frame | Image | int | None, last: int) -> tuple[int, Image | None]:
    if isinstance(frame, Frame):
        return frame.number, frame.image
    if isinstance(frame, int | np.integer):
        return int(frame), None
    if frame is None or isinstance(frame, np.ndarray):
        return last + 1, frame
    raise InputError(f"expected a Frame, a frame number or an image, not {type(frame).__name__} {frame!r:.40}")
