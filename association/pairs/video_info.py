"""What is known of a video beside its detections."""

from typing import NamedTuple


class VideoInfo(NamedTuple):
    """Frames a second, the last frame, or the last so far, and width and height in pixels, if known."""

    frame_rate: float
    last_frame: int
    size: tuple[int, int] | None = None
