"""From a source and its detections to tracks: the one call behind the command and the Python interface."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.errors import DetectorError, InputError
from siamlink.detectors.frame_source import FrameSource, Image
from siamlink.detectors.registry import load_detector
from siamlink.tracker.inputs import TrackingInput, open_input
from siamlink.tracker.offline import link_detections
from siamlink.tracker.online import OnlineTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.stopwatch import Progress, Stopwatch
from siamlink.tracker.tracks import Tracks

DEFAULT_DETECTOR = "yolox-nano"

OnFrame = Callable[[Image, Tracks], None]
"""Called by online tracking with each frame's image and the tracks seen in it."""

Feed = Iterator[tuple[int, Image | None, Detections]]
"""Each frame's number, its image if there is one, and its detections."""

Stop = Callable[[], bool]
"""Asked before each frame; true ends the source there, as if it had no more frames."""


@dataclass(frozen=True)
class TrackingResult:
    """The tracks of one source and how they came about.

    Attributes:
        tracks: who is where in each frame.
        detections: what was linked.
        detector: what made the detections; None if they were given.
        frame_count: how many frames were covered.
        broken: why the input ended before its end; None if all of it was read.
        seconds: wall-clock seconds by stage.
    """

    tracks: Tracks
    detections: Detections
    detector: str | None
    frame_count: int
    broken: str | None
    seconds: dict[str, float]


def track(
    source: str | Path | int,
    detector: Any = None,
    detections: Path | Detections | None = None,
    parameters: TrackerParameters | None = None,
    progress: Progress | None = None,
) -> TrackingResult:
    """Track one video: detect, unless detections are given, and link.

    Args:
        source: a video file, an image folder, a MOT sequence folder, a camera number or a stream URL.
        detector: a detector's name, `package.module:attribute`, or an object with `detect(image)`; None: the
            detections that are given or lie in the sequence, else `DEFAULT_DETECTOR`.
        detections: a MOT detection file or `Detections`.
        parameters: settings of the tracker.
        progress: called with the stage, the frames done and the frames in all.

    Raises:
        SiamlinkError: something that was given cannot be used; one clear line says what.
    """
    opened = open_input(source, detections, use_public=detector is None)
    return track_input(opened, detector, parameters or TrackerParameters(), progress)


def track_input(
    opened: TrackingInput,
    detector: Any,
    parameters: TrackerParameters,
    progress: Progress | None = None,
    matcher: Matcher | None = None,
    on_frame: OnFrame | None = None,
    stop: Stop | None = None,
) -> TrackingResult:
    """Track an opened input; see `track`.

    Raises:
        InputError: a live source is to be tracked offline.
    """
    check_mode(opened, parameters)
    watch, report = Stopwatch(), progress or _silent
    matcher = matcher or Matcher.load(parameters.model_folder)
    finder, feed = None, _replay(opened, report)
    if opened.detections is None and opened.frames is not None:
        finder = load_detector(DEFAULT_DETECTOR if detector is None else detector)
        feed = detect_frames(opened.frames, finder, watch, report, stop)
    if parameters.mode == "online":
        tracker = OnlineTracker(opened.frame_rate, parameters, matcher)
        detections, tracks = _track_online(feed, tracker, watch, on_frame)
    else:
        found = opened.detections
        detections = Detections.concatenate([each for _, _, each in feed]) if found is None else found
        report("link", 0, None)
        tracks = link_detections(detections, opened.frame_rate, matcher, parameters, watch)
        report("link", 1, 1)
    return TrackingResult(
        tracks=tracks,
        detections=detections,
        detector=finder.name if finder else None,
        frame_count=opened.frames.read_count if finder and opened.frames else opened.last_frame,
        broken=opened.frames.broken if opened.frames else None,
        seconds=watch.seconds,
    )


def check_mode(opened: TrackingInput, parameters: TrackerParameters) -> None:
    """See to it before the work that an input can be tracked in this mode.

    Raises:
        InputError: a live source is to be tracked offline.
    """
    if opened.live and parameters.mode == "offline":
        raise InputError(f"{opened.name} is live and has no end to wait for: use --mode online")


def detect_frames(
    frames: FrameSource, detector: LoadedDetector, watch: Stopwatch, progress: Progress, stop: Stop | None = None
) -> Iterator[tuple[int, Image, Detections]]:
    """Each frame's number, image and what the detector finds in it.

    Raises:
        DetectorError: the detector failed. A live source, which nobody can play again, is broken there instead.
    """
    images = iter(frames)
    while not (stop and stop()):
        with watch.stage("decode"):
            frame = next(images, None)
        if frame is None:
            return
        try:
            with watch.stage("detect"):
                found = detector.detect(frame.image, frame.number)
        except DetectorError as error:
            if not frames.live:
                raise
            frames.broken = str(error)
            return
        progress("detect", frame.number, frames.frame_count)
        yield frame.number, frame.image, found


def _replay(opened: TrackingInput, progress: Progress) -> Feed:
    """Each frame's number and the detections that were given for it; no image is decoded."""
    given = opened.detections or Detections.empty()
    for number in range(1, opened.last_frame + 1):
        progress("link", number, opened.last_frame)
        yield number, None, given.in_frame(number)


def _track_online(
    feed: Feed,
    tracker: OnlineTracker,
    watch: Stopwatch,
    on_frame: OnFrame | None,
) -> tuple[Detections, Tracks]:
    detections, tracks = [], []
    for frame, image, found in feed:
        with watch.stage("link"):
            followed = tracker.update(found, frame)
        detections.append(found)
        tracks.append(followed)
        if on_frame and image is not None:
            with watch.stage("draw"):
                on_frame(image, followed)
    return Detections.concatenate(detections), Tracks.concatenate(tracks)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""
