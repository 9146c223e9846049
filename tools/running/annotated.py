"""Annotated frames on their way to a video file, a window, or both."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tools.running.window import Window
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.tracks import Tracks

Draw = Callable[[Frame, Tracks], None]
"""Takes the next frame with its tracks."""


@contextmanager
def annotated(
    source: TrackingInput,
    video: Path | None = None,
    window: Window | None = None,
    class_names: ClassNames | None = None,
    labels: Iterable[int] = (),
) -> Iterator[Draw]:
    """A function that draws the tracks on a frame, and gives it to the video and the window.

    Args:
        source: where the frames are from.
        video: the file to write.
        window: shows the frames, as long as it is open.
        class_names: names of the classes.
        labels: the classes of all tracks, as far as they are known.
    """
    from siamlink.tracker.drawing.annotate import Annotator
    from siamlink.tracker.drawing.video_writer import VideoWriter

    annotator = Annotator(source.frame_rate, class_names=class_names, labels=labels)
    size = source.frames.size if source.frames else (0, 0)
    before = source.frames.first_number - 1 if source.frames else 0
    with ExitStack() as stack:
        writer = stack.enter_context(VideoWriter(video, source.frame_rate, size, source.live)) if video else None

        def draw(frame: Frame, tracks: Tracks) -> None:
            image = annotator.draw(frame.image, tracks, frame.number)
            if writer:
                writer.write(image, frame.number - before)
            if window:
                window.show(image)

        yield draw
