"""A run online or in a window: each frame as it comes, and its tracks as soon as they are final."""

from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from typing import NamedTuple

import numpy as np

from siamlink.detectors.base.prefetch import DEPTH, prefetch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.kalman_tracker import KalmanTracker
from siamlink.tracker.linking.online import OnlineTracker
from siamlink.tracker.linking.protocol import FrameByFrame
from siamlink.tracker.linking.windowed import WindowedTracker
from siamlink.tracker.runs.feed import Feed
from siamlink.tracker.runs.run import Counts, Linked, Run
from siamlink.tracker.tracks import Tracks

OnFrame = Callable[[Frame, Tracks], None]
"""Called by windowed and online tracking with each frame and its tracks, once these are final."""

OnFinal = Callable[[Tracks], None]
"""Called by windowed and online tracking with the tracks of one or more frames, once these are final."""


class Unfinished(KeyboardInterrupt):
    """Windowed or online tracking was interrupted; its cause says by what.

    Attributes:
        tracks: of the frames that were final by then.
        final_frame: the last of these.
    """

    def __init__(self, tracks: Tracks, final_frame: int) -> None:
        super().__init__()
        self.tracks, self.final_frame = tracks, final_frame


class _Step(NamedTuple):
    """What one step of tracking was given and gave out.

    Attributes:
        number: the last frame that was taken in.
        frame: this frame, where there is an image of it.
        found: the detections taken in.
        final: the tracks that are final with them.
    """

    number: int
    frame: Frame | None
    found: Detections
    final: Tracks


def track_frame_by_frame(run: Run, feed: Feed, on_frame: OnFrame | None, on_final: OnFinal | None) -> Linked:
    """Track online or in a window; images wait for their tracks only where somebody wants to see them."""
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
            with run.stopwatch.stage("draw"):
                on_frame(shown, final.in_frame(shown.number))

    try:
        with closing(_steps(run, feed, tracker)) as steps:
            for last_number, frame, found, final in steps:
                counts.detections += len(found)
                if not on_final:
                    detections.append(found)
                if on_frame and frame:
                    waiting.append(frame)
                give_out(final)
                run.passed(last_number)
        with run.stopwatch.stage("link"):
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
    return Linked(
        Detections.concatenate(detections),
        Tracks.concatenate(tracks),
        counts,
        last_number,
        frames.broken if frames else None,
        run.use(tracker.open_count, tracker.compared_count),
    )


def _steps(run: Run, feed: Feed, tracker: FrameByFrame) -> Generator[_Step]:
    """All that comes until the feed ends."""
    known, sees = run.opened.detections, run.matcher.appearance is not None
    if known is not None and isinstance(tracker, KalmanTracker) and not sees:
        return _known_steps(run, known, tracker)
    return _fed_steps(run, feed, tracker)


def _known_steps(run: Run, known: Detections, tracker: KalmanTracker) -> Generator[_Step]:
    """Many frames a step."""
    done = 0
    for final in run.stopwatch.over("link", tracker.update_all(known)):
        first, done = done, int(np.searchsorted(known.frame, tracker.frame, side="right"))
        yield _Step(tracker.frame, None, known[first:done], final)
    yield _Step(run.opened.last_frame, None, known[done:], Tracks.empty())


def _fed_steps(run: Run, feed: Feed, tracker: FrameByFrame) -> Generator[_Step]:
    """Each frame, while the next ones are decoded and detected.

    A live source is one frame ahead at most: it is not to wait for its turn.
    """
    with prefetch(feed, 1 if run.opened.live else DEPTH) as found_ahead:
        for number, image, found in found_ahead:
            frame = None if image is None else Frame(number, (number - 1) / run.opened.frame_rate, image)
            with run.stopwatch.stage("link"):
                final = tracker.update(found, frame or number)
            yield _Step(number, frame, found, final)


def _frame_by_frame(run: Run) -> FrameByFrame:
    rate, size, settings = run.opened.frame_rate, run.opened.image_size, run.parameters
    describer = FrameDescriber(run.matcher.appearance, settings.flow, rate, run.stopwatch, run.opened.seen)
    if settings.mode == "online" and settings.solver == "hungarian":
        return KalmanTracker(rate, settings, run.matcher, run.stopwatch, describer)
    tracker = OnlineTracker if settings.mode == "online" else WindowedTracker
    return tracker(rate, settings, run.matcher, run.stopwatch, size, describer)
