"""What is known of the video of a result: frame rate, length, picture size."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import InputError


@dataclass(frozen=True)
class VideoFacts:
    """What is known of a video, each None where it is not.

    Attributes:
        frame_rate: frames per second.
        frame_count: how many frames there are.
        size: width and height in pixels.
        video: the file name.
        image_files: the file names of the pictures of an image folder.
        first_frame: the number of the first frame: 1, except for images that are numbered by their names.
    """

    frame_rate: float | None = None
    frame_count: int | None = None
    size: tuple[int, int] | None = None
    video: str = ""
    image_files: tuple[str, ...] = ()
    first_frame: int = 1

    @property
    def last_frame(self) -> int | None:
        """The number of the last frame."""
        return self.first_frame + self.frame_count - 1 if self.frame_count else None


def facts_of_video(path: str | Path) -> VideoFacts:
    """The facts of a video file, image folder or MOT sequence.

    Raises:
        InputError: it cannot be opened, or is a camera or stream.
    """
    from siamlink.detectors.mot.sequence import is_sequence, open_sequence
    from siamlink.detectors.sources.image_folder import ImageFolder
    from siamlink.detectors.sources.open import live_title, open_sequence_frames, open_source

    if title := live_title(str(path)):
        raise InputError(f"{title} is live; give the file or folder of the video")
    sequence = open_sequence(Path(path)) if is_sequence(Path(path)) else None
    frames = open_sequence_frames(sequence) if sequence else open_source(str(path))
    if frames is None:
        assert sequence is not None
        return VideoFacts(sequence.frame_rate, sequence.frame_count, sequence.size, sequence.name)
    pictures = tuple(file.name for file in frames.files) if isinstance(frames, ImageFolder) else ()
    rate = None if frames.rate_assumed else frames.frame_rate
    return VideoFacts(rate, frames.frame_count, frames.size, Path(path).name, pictures, frames.first_number)


def facts_of_record(record: dict[str, Any]) -> VideoFacts:
    """The facts that the record of a run states; what is malformed is not known."""
    stated = record.get("input")
    values = stated if isinstance(stated, dict) else {}
    rate, count, size, first = (values.get(key) for key in ("frame_rate", "frames", "size", "first_frame"))
    is_size = isinstance(size, list) and len(size) == 2 and all(isinstance(each, int) and each > 0 for each in size)
    return VideoFacts(
        float(rate) if isinstance(rate, int | float) and rate > 0 else None,
        count if isinstance(count, int) and count > 0 else None,
        (size[0], size[1]) if is_size and isinstance(size, list) else None,
        Path(str(values.get("source") or "")).name,
        first_frame=first if isinstance(first, int) and first > 0 else 1,
    )
