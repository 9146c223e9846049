"""The frames of a run with their detections: detected now, cached, or given."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import cycle
from typing import TypeVar

import numpy as np

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import DetectorError
from siamlink.detectors.base.prefetch import DEPTH, prefetch
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame, FrameSource
from siamlink.tracker.cache.frame_cache import NO_CACHE, CachedDetections
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.postprocessing.camera_motion import camera_for
from siamlink.tracker.runs.frame_numbers import FrameNumbers
from siamlink.tracker.runs.inputs import TrackingInput

Item = TypeVar("Item")
Feed = Iterator[tuple[int, Image | None, Detections]]
"""Each frame's number, its image if there is one, and its detections."""


def detect_frames(
    frames: FrameSource,
    detector: LoadedDetector,
    stopwatch: Stopwatch,
    cache: CachedDetections = NO_CACHE.detections,
) -> Generator[tuple[int, Image, Detections]]:
    """Each frame's number, counted from 1, its image and its detections, by the detector or from the cache.

    Meanwhile the next frames are decoded, and handed to further copies of the detector if it has any; but not those of
    a live source.

    Raises:
        DetectorError: the detector failed. A live source, which cannot be read again, ends as broken there instead.
    """
    detectors = [detector] if frames.live else detector.replicas()
    with prefetch(_decode(frames, stopwatch), 0 if frames.live else DEPTH) as decoded:
        begun = (
            (frame, _begin(frame, one, stopwatch, cache)) for frame, one in zip(decoded, cycle(detectors), strict=False)
        )
        for frame, detected in _keep_begun(begun, len(detectors)):
            try:
                detections = detected()
            except DetectorError as error:
                if not frames.live:
                    raise
                frames.broken = str(error)
                return
            yield frame.number, frame.image, detections
    if not frames.stopped:
        cache.end(frames)


def _begin(
    frame: Frame, detector: LoadedDetector, stopwatch: Stopwatch, cache: CachedDetections
) -> Callable[[], Detections]:
    """Start to detect in a frame that is not cached; the returned function waits for the detections."""
    cached = cache.in_frame(frame.number)
    if cached is not None:
        return lambda: cached
    wait = detector.begin(frame.image, frame.number)

    def detected() -> Detections:
        with stopwatch.stage("detect"):
            detections = wait()
        if detector.has_stated_its_classes:
            with stopwatch.stage("cache"):
                cache.add(frame.number, detections)
        return detections

    return detected


def _keep_begun(items: Iterator[Item], count: int) -> Iterator[Item]:
    """The items, while `count` of them are taken ahead."""
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
    """The frames, until the source is stopped."""
    decoded = stopwatch.over("decode", frames.from_one())
    while not frames.stopped and (frame := next(decoded, None)):
        yield frame


def given_frames(source: TrackingInput, setup: TrackerSetup, draws: bool, numbers: FrameNumbers) -> Feed:
    """Each frame's number, its image and the detections that were given for it.

    Frames are numbered by `numbers`, at a constant rate. Images are decoded for the appearance and for drawing alone,
    otherwise they are None, as they are after the last frame of which the cache lacks something.
    """
    detections, frames = source.detections or Detections.empty(), source.frames
    decoded = setup.stopwatch.over("decode", frames) if frames and (draws or setup.matcher.appearance) else iter(())
    needed = source.last_frame if draws else _last_uncached(source, setup)
    last = int(numbers.number(np.array(source.last_frame)))
    for number in numbers.steady(np.arange(1, last + 1)).tolist():
        frame = next(decoded, None) if number <= needed else None
        yield number, frame.image if frame else None, detections.in_frame(number)


def _last_uncached(source: TrackingInput, setup: TrackerSetup) -> int:
    """The last frame whose image a tracker needs that is given one frame after another."""
    detections, cache = source.detections or Detections.empty(), source.cache
    selected = detections[setup.without_duplicates(detections)]
    camera = camera_for(setup.matcher, setup.parameters.gaps, setup.frame_rate, setup.stopwatch, cache.background)
    last = source.last_frame
    return max(
        cache.descriptors_by(setup.matcher.appearance).last_missing(selected.frame, selected.box),
        camera.last_missing(last) if camera else 0,
    )
