"""When a window is solved, and which frames are final then."""

import math
from typing import NamedTuple


class Settlement(NamedTuple):
    """One solution of the window.

    Attributes:
        last_frame: the last frame that it may know of.
        final_frame: the last frame whose tracks are final by it.
    """

    last_frame: int
    final_frame: int


class WindowSchedule:
    """Solves a window whenever its oldest frame without final tracks is as old as the latency.

    Each solution makes `step_share` of the latency final, at least one frame, so that every frame is decided with the
    rest of the latency ahead of it.

    Args:
        latency_seconds: the delay after which tracks are final at most; 0: at once; infinite: at the end only.
        step_share: share of the latency between two solutions, from 0 to 1.
        frame_rate: frames per second.

    Attributes:
        final_frame: the last frame whose tracks are final.
    """

    def __init__(self, latency_seconds: float, step_share: float, frame_rate: float) -> None:
        self.final_frame = 0
        self.endless = math.isinf(latency_seconds)
        self._latency = 0 if self.endless else math.floor(latency_seconds * frame_rate + 1e-6)
        self._step = 1 + math.floor(self._latency * step_share)

    @property
    def next_frame(self) -> float:
        """The frame with which the next settlement is due; infinite if it is due at the end only."""
        return math.inf if self.endless else self.final_frame + self._latency + 1

    def due_by(self, frame: int) -> Settlement | None:
        """The next settlement, if it is due when `frame` is the last known one."""
        if self.next_frame > frame:
            return None
        return Settlement(self.final_frame + self._latency + 1, self.final_frame + self._step)

    def skip_to(self, frame: int) -> None:
        """Let settlements due by a frame pass, as there is nothing to solve."""
        overdue = frame - self._latency - self.final_frame
        if overdue > 0 and not self.endless:
            self.final_frame += math.ceil(overdue / self._step) * self._step
