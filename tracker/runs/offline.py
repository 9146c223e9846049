"""A run offline: detect, if need be, then link everything at once, with looks at the frames where these can decide."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, Comparisons
from siamlink.association.appearance.optical_flow import FlowEstimator
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.detectors.base.prefetch import prefetched
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.linking.appearance import compare_pairs, describe_detections, flow_for
from siamlink.tracker.linking.linker import Looks, link_scored, score_pairs, second_level
from siamlink.tracker.postprocessing.camera_motion import CameraMotion, camera_for
from siamlink.tracker.runs.feed import Feed
from siamlink.tracker.runs.run import Counts, Linked, Run


def track_offline(run: Run, feed: Feed, looks: Looks | None) -> Linked:
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
    scored = score_pairs(detections, rate, run.matcher, run.parameters, run.stopwatch, looking.compare, constraints)
    video_info = VideoInfo(rate, last_frame, size)
    seen = looking.describe, looking.see_camera
    tracks = link_scored(scored, video_info, run.matcher, run.parameters, run.stopwatch, *seen)
    run.progress("link", 1, 1)
    if second_level(run.matcher, run.parameters):
        used = run.use(looking.wanted, looking.described)
    else:
        used = run.use(scored.open_count, scored.compared_count)
    counts = Counts(len(detections), tracks.count, len(tracks), int(tracks.interpolated.sum()))
    return Linked(detections, tracks, counts, last_number, broken, used)


class _Looking:
    """How the detections of a run are looked at: pairs of them at one level, some of each tracklet at two.

    Attributes:
        compare: for one level; None at two, or where there is nothing to look at or by.
        describe: for two levels; None likewise.
        wanted: how many detections of tracklets were to be described.
        described: how many were.
    """

    def __init__(self, run: Run, known: Looks) -> None:
        self._run, self._known = run, known
        self.wanted = self.described = 0
        sees = run.opened.frames is not None and run.matcher.appearance is not None
        two_levels = second_level(run.matcher, run.parameters) is not None
        self.compare = None if two_levels else known.compare or (self._compare if sees else None)
        self.describe = self._describe if two_levels and (known.describe or sees) else None
        rate, gaps = run.opened.frame_rate, run.parameters.gaps
        camera = camera_for(run.matcher, gaps, rate, run.stopwatch, run.opened.seen.camera)
        self._camera = camera if sees and known == Looks() else None
        self._left: Iterator[Frame] | None = None

    def see_camera(self, detections: Detections) -> CameraMotion | None:
        """The camera's motion up to the last detection, with what is left of the frames; None where none was wanted."""
        if self._camera is None or self._left is None:
            return None
        last = int(detections.frame.max(initial=0))
        needed = self._camera.last_unknown(detections, last)
        while self._camera.seen_until < needed and (frame := next(self._left, None)):
            self._run.progress("appearance", frame.number, last)
        self._camera.recall(detections, last)
        return self._camera

    def _compare(self, detections: Detections, pairs: Pairs) -> Comparisons:
        frames, appearance, flow, run = *self._sources(detections), self._run
        seen = run.opened.seen.looks
        return compare_pairs(frames, detections, pairs, appearance, flow, run.stopwatch, run.progress, seen)

    def _describe(self, detections: Detections, rows: NDArray[np.int64]) -> NDArray[np.floating]:
        self.wanted = len(rows)
        if self._known.describe is not None:
            descriptors = self._known.describe(detections, rows)
        else:
            frames, appearance, flow, run = *self._sources(detections), self._run
            seen = run.opened.seen.looks
            descriptors = describe_detections(
                frames, detections, rows, appearance, flow, run.stopwatch, run.progress, seen
            )
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
        decoded = self._run.stopwatch.over("decode", frames)
        self._left = self._camera.watching(prefetched(decoded), detections) if self._camera else decoded
        return self._left
