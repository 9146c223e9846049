"""From a source and its detections to tracks: the one call behind the command and the Python interface."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance import Appearances, Comparisons
from siamlink.association.candidates import Pairs
from siamlink.association.constraints import Constraints
from siamlink.association.flow import FlowEstimator
from siamlink.association.footage import Footage
from siamlink.association.matcher import Matcher
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.errors import ConfigError, DetectorError, InputError
from siamlink.detectors.frame_source import Frame, FrameSource, Image
from siamlink.detectors.registry import load_detector
from siamlink.tracker.ahead import DEPTH, ahead
from siamlink.tracker.camera import CameraMotion, camera_for
from siamlink.tracker.frame_by_frame import FrameByFrame
from siamlink.tracker.inputs import TrackingInput, open_input
from siamlink.tracker.looking import Onlooker, compare_looks, describe_detections, flow_for
from siamlink.tracker.offline import Looks, link_scored, score_pairs, second_level, suppress_overlaps
from siamlink.tracker.online import OnlineTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.seen import NOTHING_SEEN, SeenDetections
from siamlink.tracker.stopwatch import Progress, Stopwatch
from siamlink.tracker.tracks import Tracks
from siamlink.tracker.windowed import WindowedTracker

DEFAULT_DETECTOR = "yolox-nano"

OnFrame = Callable[[Frame, Tracks], None]
"""Called by windowed and online tracking with each frame and its tracks, once these are final."""

OnFinal = Callable[[Tracks], None]
"""Called by windowed and online tracking with the tracks of one or more frames, once these are final."""

Feed = Iterator[tuple[int, Image | None, Detections]]
"""Each frame's number, its image if there is one, and its detections."""


@dataclass(frozen=True)
class AppearanceUse:
    """What appearance had to do with the tracks.

    Attributes:
        name: of the appearance.
        wanted: the candidate pairs that geometry left open, or, with two levels, the chosen detections of tracklets;
            all detections if these are chosen only later, in a window.
        seen: how many of these were looked at; the others were judged by geometry alone.
        missing: why some could not be looked at; None if all were.
    """

    name: str
    wanted: int
    seen: int
    missing: str | None


@dataclass
class Counts:
    """How many detections were linked, and how many boxes of how many tracks came of them, some interpolated."""

    detections: int = 0
    tracks: int = 0
    boxes: int = 0
    interpolated: int = 0


@dataclass(frozen=True)
class TrackingResult:
    """The tracks of one source and how they came about.

    Attributes:
        tracks: who is where in each frame; none where they were given to `on_final`.
        detections: what was linked; likewise.
        counts: how many there were.
        detector: what made the detections; None if they were given.
        frame_count: how many frames were covered.
        broken: why the input ended before its end; None if all of it was read.
        seconds: by stage, each by the clock; stages overlap, so that together they come to more than has passed.
        appearance: how far the looks of the detections were used; None without an appearance.
    """

    tracks: Tracks
    detections: Detections
    counts: Counts
    detector: str | None
    frame_count: int
    broken: str | None
    seconds: dict[str, float]
    appearance: AppearanceUse | None = None


class Unfinished(KeyboardInterrupt):
    """Windowed or online tracking was interrupted; its cause says by what.

    Attributes:
        tracks: of the frames that were final by then.
        final_frame: the last of these.
    """

    def __init__(self, tracks: Tracks, final_frame: int) -> None:
        super().__init__()
        self.tracks, self.final_frame = tracks, final_frame


def track(
    source: str | Path | int,
    detector: Any = None,
    detections: Path | Detections | None = None,
    parameters: TrackerParameters | None = None,
    progress: Progress | None = None,
    constraints: Path | Constraints = (),
) -> TrackingResult:
    """Track one video: detect, unless detections are given, and link.

    Args:
        source: a video file, an image folder, a MOT sequence folder, a camera number or a stream URL.
        detector: a detector's name, `package.module:attribute`, or an object with `detect(image)`; None: the
            detections that are given or lie in the sequence, else `DEFAULT_DETECTOR`.
        detections: a MOT detection file or `Detections`.
        parameters: settings of the tracker.
        progress: called with the stage, the frames done and the frames in all.
        constraints: offline, what is known of rows of the detections, by `must_link` and `cannot_link`; or a file that
            corrects earlier tracks.

    Raises:
        SiamlinkError: something that was given cannot be used; one clear line says what.
    """
    opened = open_input(source, detections, use_public=detector is None, constraints=constraints)
    return track_input(opened, detector, parameters or TrackerParameters(), progress)


def track_input(
    opened: TrackingInput,
    detector: Any,
    parameters: TrackerParameters,
    progress: Progress | None = None,
    matcher: Matcher | None = None,
    on_frame: OnFrame | None = None,
    on_final: OnFinal | None = None,
    looks: Looks | None = None,
) -> TrackingResult:
    """Track an opened input; see `track`.

    Args:
        opened: what to track.
        detector: finds the detections that are not given.
        parameters: settings of the tracker.
        progress: told of every stage.
        matcher: the models with their appearance; None: those that the parameters name.
        on_frame: given each frame with its tracks, once these are final; not by offline tracking.
        on_final: given the tracks as they become final, which are then kept nowhere else; not by offline tracking.
        looks: what is known already; None: the detections are looked at in the frames.

    Raises:
        InputError: a live source is to be tracked offline.
        ConfigError: there are constraints, but not for the solver that obeys them.
        ConstraintError: they contradict each other.
    """
    check_mode(opened, parameters)
    finder = None
    if opened.detections is None and opened.frames is not None:
        finder = load_detector(DEFAULT_DETECTOR if detector is None else detector)
        opened = opened if on_frame else _with_all_seen(opened)
    run = _Run(opened, parameters, matcher or parameters.load_matcher(), progress or _silent, Stopwatch())
    feed, frames, looked = _replay(run, on_frame is not None), opened.frames, opened.detections is None
    if finder and frames and looked:
        feed = detect_frames(frames, finder, run.watch, opened.seen.detections)
    offline = parameters.mode == "offline"
    linked = _track_offline(run, feed, looks) if offline else _track_frame_by_frame(run, feed, on_frame, on_final)
    return TrackingResult(
        tracks=linked.tracks,
        detections=linked.detections,
        counts=linked.counts,
        detector=finder.name if finder else None,
        frame_count=linked.last_number if looked else opened.last_frame,
        broken=linked.broken if looked else None,
        seconds=run.watch.seconds,
        appearance=linked.appearance,
    )


def check_mode(opened: TrackingInput, parameters: TrackerParameters) -> None:
    """See to it before the work that an input can be tracked in this mode.

    Raises:
        InputError: a live source is to be tracked offline.
        ConfigError: there are constraints, but not for the solver that obeys them.
    """
    if opened.live and parameters.mode == "offline":
        raise InputError(f"{opened.name} is live and has no end to wait for: use --mode online or --mode windowed")
    chosen = parameters.solver if parameters.mode == "offline" else parameters.mode
    if opened.known and chosen != "lp":
        raise ConfigError(f"constraints need mode offline and solver lp, not {chosen}")


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


@dataclass(frozen=True)
class _Run:
    """What one run works with."""

    opened: TrackingInput
    parameters: TrackerParameters
    matcher: Matcher
    progress: Progress
    watch: Stopwatch

    def passed(self, frame: int) -> None:
        """Report that a frame has gone through."""
        detected = self.opened.frames if self.opened.detections is None else None
        if detected:
            self.progress("detect", frame, detected.frame_count)
        else:
            self.progress("link", frame, self.opened.last_frame)

    def use(self, wanted: int, seen: int) -> AppearanceUse | None:
        """How far the appearance was used, if there is one."""
        if self.matcher.appearance is None:
            return None
        missing, frames = None, self.opened.frames
        if seen < wanted:
            missing = frames.broken or f"ends with frame {frames.last_number}" if frames else "has no frames"
        return AppearanceUse(self.matcher.appearance.name, wanted, seen, missing)


@dataclass(frozen=True)
class _Linked:
    """What came of a run; `last_number` and `broken` are of the frames that a detector saw."""

    detections: Detections
    tracks: Tracks
    counts: Counts
    last_number: int
    broken: str | None
    appearance: AppearanceUse | None


def _with_all_seen(opened: TrackingInput) -> TrackingInput:
    """The input with its detections, if those of all frames are known already."""
    whole = opened.seen.detections.whole()
    return opened._replace(detections=whole[0], frame_count=whole[1], counted=True) if whole else opened


def _replay(run: _Run, shown: bool) -> Feed:
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


def _last_needed(run: _Run, given: Detections) -> int:
    """The last frame of which a tracker that is given one frame after another has to see the image."""
    kept, seen = suppress_overlaps(given, run.parameters.overlap_limit), run.opened.seen
    camera = camera_for(run.matcher, run.parameters.gaps, run.opened.frame_rate, run.watch, seen.camera)
    last = run.opened.last_frame
    return max(seen.looks.last_unknown(kept.frame, kept.box), camera.last_unknown(kept, last) if camera else 0)


def _track_offline(run: _Run, feed: Feed, looks: Looks | None) -> _Linked:
    """Detect, if need be; then link everything at once, with a look at the frames where that can decide."""
    detections, frames = run.opened.detections, run.opened.frames
    last_number, last_frame = 0, run.opened.last_frame
    if detections is None:
        found = []
        for last_number, _, each in feed:
            found.append(each)
            run.passed(last_number)
        detections, last_frame = Detections.concatenate(found), last_number
    broken = frames.broken if frames else None
    rate, size = run.opened.frame_rate, run.opened.image_size
    run.progress("link", 0, None)
    looking = _Looking(run, looks or Looks())
    constraints = run.opened.constraints(detections)
    scored = score_pairs(detections, rate, run.matcher, run.parameters, run.watch, looking.compare, constraints)
    footage = Footage(rate, last_frame, size)
    seen = looking.describe, looking.see_camera
    tracks = link_scored(scored, footage, run.matcher, run.parameters, run.watch, *seen)
    run.progress("link", 1, 1)
    if second_level(run.matcher, run.parameters):
        used = run.use(looking.wanted, looking.described)
    else:
        used = run.use(scored.open_count, scored.compared_count)
    counts = Counts(len(detections), tracks.count, len(tracks), int(tracks.interpolated.sum()))
    return _Linked(detections, tracks, counts, last_number, broken, used)


class _Looking:
    """How the detections of a run are looked at: pairs of them at one level, some of each tracklet at two.

    Attributes:
        compare: for one level; None at two, or where there is nothing to look at or by.
        describe: for two levels; None likewise.
        wanted: how many detections of tracklets were to be described.
        described: how many were.
    """

    def __init__(self, run: _Run, known: Looks) -> None:
        self._run, self._known = run, known
        self.wanted = self.described = 0
        sees = run.opened.frames is not None and run.matcher.appearance is not None
        two_levels = second_level(run.matcher, run.parameters) is not None
        self.compare = None if two_levels else known.compare or (self._compare if sees else None)
        self.describe = self._describe if two_levels and (known.describe or sees) else None
        rate, gaps = run.opened.frame_rate, run.parameters.gaps
        camera = camera_for(run.matcher, gaps, rate, run.watch, run.opened.seen.camera)
        self._camera = camera if sees and known == Looks() else None
        self._left: Iterator[Frame] | None = None

    def see_camera(self, detections: Detections) -> CameraMotion | None:
        """The camera's motion up to the last detection, with what is left of the frames; None where none was wanted."""
        if self._camera is None or self._left is None:
            return None
        last = int(detections.frame.max(initial=0))
        needed = self._camera.last_unknown(detections, last)
        if self._camera.seen_until < needed:
            with self._run.watch.stage("decode"):
                while self._camera.seen_until < needed and (frame := next(self._left, None)):
                    self._run.progress("appearance", frame.number, last)
        self._camera.recall(detections, last)
        return self._camera

    def _compare(self, detections: Detections, pairs: Pairs) -> Comparisons:
        frames, appearance, flow, run = *self._sources(detections), self._run
        seen = run.opened.seen.looks
        return compare_looks(frames, detections, pairs, appearance, flow, run.watch, run.progress, seen)

    def _describe(self, detections: Detections, rows: NDArray[np.int64]) -> NDArray[np.floating]:
        self.wanted = len(rows)
        if self._known.describe is not None:
            descriptors = self._known.describe(detections, rows)
        else:
            frames, appearance, flow, run = *self._sources(detections), self._run
            seen = run.opened.seen.looks
            descriptors = describe_detections(frames, detections, rows, appearance, flow, run.watch, run.progress, seen)
        self.described = int(np.isfinite(descriptors).all(axis=1).sum()) if descriptors.shape[1] else 0
        return descriptors

    def _sources(self, detections: Detections) -> tuple[Iterator[Frame], Appearances, FlowEstimator | None]:
        run = self._run
        appearance = run.matcher.appearance
        assert appearance is not None
        return self._frames(detections), appearance, flow_for(appearance, run.parameters.flow, run.opened.frame_rate)

    def _frames(self, detections: Detections) -> Iterator[Frame]:
        """The frames from the first on; in passing, the camera is watched. What is left of them is for `see_camera`."""
        frames = self._run.opened.frames
        assert frames is not None
        self._left = self._camera.watching(frames, detections) if self._camera else iter(frames)
        return self._left


def _track_frame_by_frame(run: _Run, feed: Feed, on_frame: OnFrame | None, on_final: OnFinal | None) -> _Linked:
    """Track online or in a window, while the next frames are decoded and detected.

    A live source is one frame ahead at most: it is not to wait for its turn. Images wait for their tracks only where
    somebody wants to see them.
    """
    tracker, last_number = _frame_by_frame(run), 0
    counts, ids = Counts(), set[int]()
    detections: list[Detections] = []
    tracks: list[Tracks] = []
    waiting: deque[Frame] = deque()

    def give_out(final: Tracks) -> None:
        counts.boxes += len(final)
        counts.interpolated += int(final.interpolated.sum())
        ids.update(final.track_id.tolist())
        (on_final or tracks.append)(final)
        while on_frame and waiting and waiting[0].number <= tracker.final_frame:
            shown = waiting.popleft()
            with run.watch.stage("draw"):
                on_frame(shown, final.in_frame(shown.number))

    try:
        with ahead(feed, 1 if run.opened.live else DEPTH) as found_ahead:
            for last_number, image, found in found_ahead:
                seconds = (last_number - 1) / run.opened.frame_rate
                frame = None if image is None else Frame(last_number, seconds, image)
                with run.watch.stage("link"):
                    final = tracker.update(found, frame or last_number)
                counts.detections += len(found)
                if not on_final:
                    detections.append(found)
                if on_frame and frame:
                    waiting.append(frame)
                give_out(final)
                run.passed(last_number)
        with run.watch.stage("link"):
            final = tracker.finish()
        give_out(final)
    except Exception:
        raise
    except BaseException as cause:
        if on_final:
            raise
        raise Unfinished(Tracks.concatenate(tracks), tracker.final_frame) from cause
    counts.tracks = len(ids)
    frames = run.opened.frames
    return _Linked(
        Detections.concatenate(detections),
        Tracks.concatenate(tracks),
        counts,
        last_number,
        frames.broken if frames else None,
        run.use(tracker.open_count, tracker.compared_count),
    )


def _frame_by_frame(run: _Run) -> FrameByFrame:
    rate, size, settings = run.opened.frame_rate, run.opened.image_size, run.parameters
    onlooker = Onlooker(run.matcher.appearance, settings.flow, rate, run.watch, run.opened.seen)
    tracker = OnlineTracker if settings.mode == "online" else WindowedTracker
    return tracker(rate, settings, run.matcher, run.watch, size, onlooker)


def _silent(stage: str, done: int, total: int | None) -> None:
    """Report nothing."""
