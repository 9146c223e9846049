"""The frames of a run with their detections, one after another."""

from collections.abc import Iterator

from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.errors import DetectorError
from siamlink.detectors.frame_source import Frame, FrameSource, Image
from siamlink.tracker.ahead import DEPTH, ahead
from siamlink.tracker.camera import camera_for
from siamlink.tracker.overlaps import suppress_overlaps
from siamlink.tracker.run import Run
from siamlink.tracker.seen import NOTHING_SEEN, SeenDetections
from siamlink.tracker.stopwatch import Stopwatch

Feed = Iterator[tuple[int, Image | None, Detections]]
"""Each frame's number, its image if there is one, and its detections."""


def detect_frames(
    frames: FrameSource,
    detector: LoadedDetector,
    watch: Stopwatch,
    seen: SeenDetections = NOTHING_SEEN.detections,
) -> Iterator[tuple[int, Image, Detections]]:
    """Each frame's number, image and what the detector finds in it, or has found before by what was `seen`.

    While it looks, the next frames are decoded, unless the source is live.

    Raises:
        DetectorError: the detector failed. A live source, which nobody can play again, is broken there instead.
    """
    with ahead(_decode(frames, watch), 0 if frames.live else DEPTH) as decoded:
        for frame in decoded:
            found = seen.in_frame(frame.number)
            try:
                if found is None:
                    with watch.stage("detect"):
                        found = detector.detect(frame.image, frame.number)
                    with watch.stage("keep"):
                        seen.add(frame.number, found)
            except DetectorError as error:
                if not frames.live:
                    raise
                frames.broken = str(error)
                return
            yield frame.number, frame.image, found
    if not frames.stopped:
        seen.end(frames)


def _decode(frames: FrameSource, watch: Stopwatch) -> Iterator[Frame]:
    """The frames until it is time to stop, which is looked for before each."""
    decoded = watch.over("decode", frames)
    while not frames.stopped and (frame := next(decoded, None)):
        yield frame


def replay(run: Run, shown: bool) -> Feed:
    """Each frame's number and the detections that were given for it; images are decoded only to be looked at, or shown.

    After the last frame of which something is to be seen that is not known yet there are none.
    """
    opened = run.opened
    given = opened.detections or Detections.empty()
    looked_at = opened.frames if run.matcher.appearance else None
    decoded = run.watch.over("decode", looked_at) if looked_at else iter(())
    needed = opened.last_frame if shown or not looked_at else _last_needed(run, given)
    for number in range(1, opened.last_frame + 1):
        frame = next(decoded, None) if number <= needed else None
        yield number, frame.image if frame else None, given.in_frame(number)


def _last_needed(run: Run, given: Detections) -> int:
    """The last frame of which a tracker that is given one frame after another has to see the image."""
    kept, seen = suppress_overlaps(given, run.parameters.overlap_limit), run.opened.seen
    camera = camera_for(run.matcher, run.parameters.gaps, run.opened.frame_rate, run.watch, seen.camera)
    last = run.opened.last_frame
    return max(seen.looks.last_unknown(kept.frame, kept.box), camera.last_unknown(kept, last) if camera else 0)
