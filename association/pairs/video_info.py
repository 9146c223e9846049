"""Facts about a video that its detections do not hold."""

from typing import NamedTuple


class VideoInfo(NamedTuple):
    """Facts about a video.

    Attributes:
        frame_rate: frames per second.
        last_frame: number of the last frame; of a running video, of the last one so far.
        size: width and height in pixels; None if not known.
    """

    frame_rate: float
    last_frame: int
    size: tuple[int, int] | None = None
