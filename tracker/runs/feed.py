"""The frames of a run with their detections, one after another."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import TypeVar

from siamlink.detectors.base.errors import DetectorError
from siamlink.detectors.base.prefetch import DEPTH, prefetch
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame, FrameSource, Image
from siamlink.tracker.cache.frame_cache import NO_CACHE, CachedDetections
from siamlink.tracker.linking.overlaps import suppress_overlaps
from siamlink.tracker.postprocessing.camera_motion import camera_for
from siamlink.tracker.runs.run import Run

Item = TypeVar("Item")
Feed = Iterator[tuple[int, Image | None, Detections]]
"""Each frame's number, its image if there is one, and its detections."""


def detect_frames(
    frames: FrameSource,
    detector: LoadedDetector,
    stopwatch: Stopwatch,
    seen: CachedDetections = NO_CACHE.detections,
) -> Iterator[tuple[int, Image, Detections]]:
    """Each frame's number, image and what the detector finds in it, or has found before by what was `seen`.

    While it looks, the next frames are decoded, and looked at too if it can look at several at once; but not those of a
    live source.

    Raises:
        DetectorError: the detector failed. A live source, which nobody can play again, is broken there instead.
    """
    detectors = [detector] if frames.live else detector.several()
    with prefetch(_decode(frames, stopwatch), 0 if frames.live else DEPTH) as decoded:
        begun = (
            (frame, _begin(frame, one, stopwatch, seen)) for frame, one in zip(decoded, cycle(detectors), strict=False)
        )
        for frame, detected in _several_begun(begun, len(detectors)):
            try:
                found = detected()
            except DetectorError as error:
                if not frames.live:
                    raise
                frames.broken = str(error)
                return
            yield frame.number, frame.image, found
    if not frames.stopped:
        seen.end(frames)


def _begin(
    frame: Frame, detector: LoadedDetector, stopwatch: Stopwatch, seen: CachedDetections
) -> Callable[[], Detections]:
    """Start to detect in a frame, unless it is known; what is returned waits for the detections."""
    known = seen.in_frame(frame.number)
    if known is not None:
        return lambda: known
    wait = detector.begin(frame.image, frame.number)

    def detected() -> Detections:
        with stopwatch.stage("detect"):
            found = wait()
        with stopwatch.stage("keep"):
            seen.add(frame.number, found)
        return found

    return detected


def _several_begun(items: Iterator[Item], count: int) -> Iterator[Item]:
    """The items, each once so many from it on have been taken, or there are no more."""
    waiting: deque[Item] = deque()
    end: Exception | None = None
    try:
        for item in items:
            waiting.append(item)
            if len(waiting) >= count:
                yield waiting.popleft()
    except Exception as error:  # comes after the items before it
        end = error
    yield from waiting
    if end:
        raise end


def _decode(frames: FrameSource, stopwatch: Stopwatch) -> Iterator[Frame]:
    """The frames until it is time to stop, which is looked for before each."""
    decoded = stopwatch.over("decode", frames)
    while not frames.stopped and (frame := next(decoded, None)):
        yield frame


def given_frames(run: Run, shown: bool) -> Feed:
    """Each frame's number and the detections that were given for it; images are decoded only to be looked at, or shown.

    After the last frame of which something is to be seen that is not known yet there are none.
    """
    opened = run.opened
    given = opened.detections or Detections.empty()
    looked_at = opened.frames if run.matcher.appearance else None
    decoded = run.stopwatch.over("decode", looked_at) if looked_at else iter(())
    needed = opened.last_frame if shown or not looked_at else _last_needed(run, given)
    for number in range(1, opened.last_frame + 1):
        frame = next(decoded, None) if number <= needed else None
        yield number, frame.image if frame else None, given.in_frame(number)


def _last_needed(run: Run, given: Detections) -> int:
    """The last frame of which a tracker that is given one frame after another has to see the image."""
    kept, seen = suppress_overlaps(given, run.parameters.overlap_limit), run.opened.seen
    camera = camera_for(run.matcher, run.parameters.gaps, run.opened.frame_rate, run.stopwatch, seen.camera)
    last = run.opened.last_frame
    return max(seen.looks.last_unknown(kept.frame, kept.box), camera.last_unknown(kept, last) if camera else 0)
