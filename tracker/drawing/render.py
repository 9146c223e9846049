"""An annotated video of tracks that are known already."""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.detectors.base.errors import InputError, OutputError
from siamlink.detectors.base.keywords import checks_keywords
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.detectors.sources.open import live_title, open_source
from siamlink.tracker.drawing.annotate import Annotator
from siamlink.tracker.drawing.video_writer import VideoWriter
from siamlink.tracker.tracks import Tracks


@checks_keywords
def render(
    tracks: Tracks,
    video: Any,
    output: str | Path,
    frame_rate: float | None = None,
    class_names: ClassNames | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw tracks on the frames of their video, and write an mp4 file; an earlier file is replaced.

    Args:
        tracks: of the video.
        video: a video file, an image folder, a MOT sequence, or a list of images.
        output: the file to write.
        frame_rate: frames per second; None: those of the video.
        class_names: names of the classes, which are written beside the ids unless all objects are persons.
        progress: called with the stage `draw`, the frames done and the frames in all.

    Returns:
        The path of the file.

    Raises:
        InputError: the video cannot be read, or ends before the tracks do.
        OutputError: the file cannot be written, or is the video itself.
    """
    frames, output = open_recording(video, frame_rate), Path(output)
    inputs = [*frames.files, *([Path(video)] if isinstance(video, str | PathLike) else [])]
    if output.exists() and any(output.samefile(each) for each in inputs if each.exists()):
        raise OutputError(f"{output} is the video itself and is not replaced; write somewhere else")
    if not output.parent.is_dir():
        raise OutputError(f"cannot write {output}: there is no folder {output.parent}")
    annotator = Annotator(frames.frame_rate, class_names=class_names, labels=np.unique(tracks.label).tolist())
    with VideoWriter(output, frames.frame_rate, frames.size) as writer:
        with prefetch(frames) as decoded:
            for frame in decoded:
                image = annotator.draw(frame.image.copy(), tracks.in_frame(frame.number), frame.number)
                writer.write(image, frame.number - frames.first_number + 1)
                if progress:
                    progress("draw", frame.number, frames.frame_count)
        check_covered(tracks, frames)
    return output


def open_recording(video: Any, frame_rate: float | None = None) -> FrameSource:
    """Open a video that can be read again from its beginning.

    Raises:
        InputError: it cannot be read, or is a camera or a stream.
    """
    if title := live_title(video):
        raise InputError(f"{title} cannot be read again; give the recorded video")
    return open_source(video, frame_rate)


def check_covered(tracks: Tracks, frames: FrameSource) -> None:
    """Check that a video that was read to its end has all frames of its tracks.

    Raises:
        InputError: it ended before.
    """
    last = int(tracks.frame.max(initial=0))
    if last > frames.last_number:
        reason = frames.broken or f"it ends with frame {frames.last_number}"
        raise InputError(f"{frames.name} is not the whole video of these tracks, which go on to frame {last}: {reason}")
