"""Earlier tracks that are corrected: their boxes by frame and id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.formats.read import read_boxes
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True, eq=False)
class EarlierTracks:
    """The N boxes of tracks, sorted by frame.

    Attributes:
        name: for messages, such as the file.
        frame: (N,).
        track_id: (N,).
        box: (N, 4) x1 y1 x2 y2 in pixels.
        score: (N,).
        interpolated: (N,) which boxes are marked as not detected.
    """

    name: str
    frame: IntArray
    track_id: IntArray
    box: FloatArray
    score: FloatArray
    interpolated: BoolArray

    @classmethod
    def read(cls, path: Path) -> "EarlierTracks":
        """The tracks of a file.

        Raises:
            InputError: it cannot be read.
            FormatError: it holds no tracks.
        """
        file = read_boxes(path, unique_ids=True)
        order = np.argsort(file.frame, kind="stable")
        return cls(
            name=str(path),
            frame=file.frame[order],
            track_id=file.track_id[order],
            box=file.corners[order],
            score=file.score[order],
            interpolated=file.interpolated[order],
        )

    @classmethod
    def of(cls, tracks: Tracks) -> "EarlierTracks":
        """Tracks of a program."""
        frame, track_id = tracks.frame.astype(np.int64), tracks.track_id.astype(np.int64)
        box, score = tracks.box.astype(np.float64), tracks.score.astype(np.float64)
        return cls("the earlier tracks", frame, track_id, box, score, tracks.interpolated)

    def here(self, frame: int) -> slice:
        """The rows of a frame."""
        return slice(*np.searchsorted(self.frame, [frame, frame + 1]))

    def frames(self, number: int) -> list[int]:
        """The frames in which a track has boxes that are not marked as interpolated, ascending.

        Raises:
            ConstraintError: there is no such track.
        """
        own = self.track_id == number
        if not own.any():
            raise ConstraintError(f"there is no id {number} in {self.name}")
        frames: list[int] = self.frame[own & ~self.interpolated].tolist()
        return frames

    def check_box(self, frame: int, number: int) -> None:
        """Check that a track has a box in a frame, and that it is not marked as interpolated.

        Raises:
            ConstraintError: it has none, or it is; the message names the nearest frames with a detected box.
        """
        frames = self.frames(number)
        if frame in frames:
            return
        if number not in self.track_id[self.here(frame)]:
            where = f"it is in {nearest_frames(frames, frame)}" if frames else "it was detected in no frame"
            raise ConstraintError(f"id {number} is not in frame {frame} of {self.name}; {where}")
        raise not_detected(frame, number, frames)


FramesOf = Callable[[int], Sequence[int]]
"""The frames in which a track was detected, ascending, by its id."""


def nearest_frames(frames: Sequence[int], frame: int) -> str:
    """The last of these frames before a frame, and the first after it, in words; there is one at least."""
    before = max((each for each in frames if each < frame), default=None)
    after = min((each for each in frames if each > frame), default=None)
    both = [str(each) for each in (before, after) if each is not None]
    return f"frame{'s' if len(both) == 2 else ''} {' and '.join(both)}"


def not_detected(frame: int, number: int, frames: Sequence[int]) -> ConstraintError:
    """The error of a box that was interpolated, of a track that was detected in these frames."""
    where = f"it was detected in {nearest_frames(frames, frame)}" if frames else "it was detected in no frame"
    return ConstraintError(f"id {number} was not detected in frame {frame} but interpolated there; {where}")
