"""Pairs of detections compared by how they look: in one pass over a source, or frame by frame."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, Comparisons, Described
from siamlink.association.appearance.optical_flow import FlowEstimator, FlowParameters
from siamlink.association.pairs.candidates import IntArray, Pairs
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame, Image
from siamlink.tracker.cache.frame_cache import NO_CACHE, Box, CachedDescriptors, FrameCache

FLUSH = 1024
"""Pairs that are waited for before they are compared together."""


def compare_pairs(
    frames: Iterable[Frame],
    detections: Detections,
    pairs: Pairs,
    appearance: Appearances,
    flow: FlowEstimator | None,
    stopwatch: Stopwatch,
    progress: Progress,
    seen: CachedDescriptors = NO_CACHE.looks,
) -> Comparisons:
    """Describe the detections of P pairs and compare them, keeping descriptors only as long as they are needed.

    Args:
        frames: the source, read up to the last frame that is needed.
        detections: N detections sorted by frame.
        pairs: those to compare.
        appearance: what describes and compares.
        flow: estimates the optical flow; None where no appearance needs it.
        stopwatch: counts the stages `flow` and `appearance`.
        progress: told of the frames under the stage `appearance`.
        seen: descriptors that are known already; what is described is added.

    Returns:
        What was said of the P pairs; pairs whose frames never came are unknown.
    """
    comparing = _Comparing(detections, pairs, appearance)
    needed = seen.last_unknown(detections.frame[comparing.wanted], detections.box[comparing.wanted])
    with prefetch(_images(frames, needed, comparing.last_frame)) as images:
        for number, image in images:
            rows = comparing.wanted_in(number)
            described = describe_boxes(image, detections.box[rows], None, appearance, flow, stopwatch, number, seen)
            with stopwatch.stage("appearance"):
                comparing.take(number, rows, described)
            progress("appearance", number, comparing.last_frame)
    with stopwatch.stage("appearance"):
        return comparing.finish()


def describe_detections(
    frames: Iterable[Frame],
    detections: Detections,
    rows: IntArray,
    appearance: Appearances,
    flow: FlowEstimator | None,
    stopwatch: Stopwatch,
    progress: Progress,
    seen: CachedDescriptors = NO_CACHE.looks,
) -> NDArray[np.float32]:
    """Unit descriptors (K, D) of some detections, in one pass over the frames up to the last that is needed.

    Args:
        frames: the source.
        detections: N detections sorted by frame.
        rows: (K,) those to describe, ascending, at least one.
        appearance: what describes.
        flow: estimates the optical flow; None where no appearance needs it.
        stopwatch: counts the stages `flow` and `appearance`.
        progress: told of the frames under the stage `appearance`.
        seen: descriptors that are known already; what is described is added.

    Returns:
        NaN in the rows of frames that never came; of no columns if none came.
    """
    wanted, box, parts = detections.frame[rows], detections.box[rows], []
    last_frame, done = int(wanted[-1]), 0
    with prefetch(_images(frames, seen.last_unknown(wanted, box), last_frame)) as images:
        for number, image in images:
            start, stop = np.searchsorted(wanted, [number, number + 1])
            described = describe_boxes(image, box[start:stop], None, appearance, flow, stopwatch, number, seen)
            if described:
                with stopwatch.stage("appearance"):
                    parts.append(appearance.join(described))
                done = stop
            progress("appearance", number, last_frame)
    known = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
    missing = np.full((len(rows) - done, known.shape[1]), np.nan, np.float32)
    return np.concatenate([known, missing])


def _images(frames: Iterable[Frame], needed: int, last_frame: int) -> Iterator[tuple[int, Image | None]]:
    """Number and image of each frame up to the last, without an image where none is needed any more; ends with them."""
    decoded = iter(frames)
    for number in range(1, last_frame + 1):
        if number > needed:
            yield number, None
            continue
        frame = next(decoded, None)
        if frame is None:
            return
        yield number, frame.image


def describe_boxes(
    image: Image | None,
    box: Box,
    seconds: float | None,
    appearance: Appearances,
    flow: FlowEstimator | None,
    stopwatch: Stopwatch,
    frame: int = 0,
    seen: CachedDescriptors = NO_CACHE.looks,
) -> Described:
    """Describe the boxes (N, 4) of the next frame, `seconds` after the one before; nothing comes of no boxes.

    Those that were `seen` in the frame of this number are not described again; without others, no image is needed.
    """

    def describe(new: Box) -> Described:
        if image is None:
            if len(new):
                raise InputError(f"what was kept of frame {frame} can no longer be read: run it again")
            return ()
        field = None
        if flow is not None:
            with stopwatch.stage("flow"):
                if len(new):
                    field = flow.update(image, seconds, new)
                else:
                    flow.skip_frame(image)
        with stopwatch.stage("appearance"):
            return appearance.describe(image, new, field) if len(new) else ()

    if seen.store is None:
        return describe(box)
    with stopwatch.stage("keep"):
        return seen.complete(frame, box, describe)


def flow_for(appearance: Appearances | None, parameters: FlowParameters, frame_rate: float) -> FlowEstimator | None:
    """What estimates the optical flow of a video, as the appearance wants it; None where none needs it.

    Args:
        appearance: what describes detections.
        parameters: of the flow, for an appearance that needs it and does not say how.
        frame_rate: frames a second.
    """
    if not appearance or not appearance.needs_flow:
        return None
    return FlowEstimator(appearance.flow_parameters or parameters, frame_rate)


class FrameDescriber:
    """Describes the detections of one frame after another, as they come; trackers of the same frames can share it."""

    def __init__(
        self,
        appearance: Appearances | None,
        flow: FlowParameters,
        frame_rate: float,
        stopwatch: Stopwatch,
        seen: FrameCache = NO_CACHE,
    ) -> None:
        self._appearance, self._frame_rate, self._stopwatch, self.seen = appearance, frame_rate, stopwatch, seen
        self._flow = flow_for(appearance, flow, frame_rate)
        self._last_seen = 0
        self._described: Described = ()

    def describe(self, image: Image | None, frame: int, box: NDArray[np.float32]) -> Described:
        """Describe the boxes (N, 4) of a frame; nothing comes of it without an appearance, or an image of new boxes."""
        if self._appearance is None or (image is None and not self.seen.looks.knows(frame, box)):
            return ()
        if frame != self._last_seen:
            seconds = (frame - self._last_seen) / self._frame_rate
            self._last_seen = frame
            looker = self._appearance, self._flow, self._stopwatch
            self._described = describe_boxes(image, box, seconds, *looker, frame, self.seen.looks)
        return self._described


class RecentDescriptors:
    """What the latest detections look like, some of which may have been without an image."""

    def __init__(self) -> None:
        self._seen = np.zeros(0, bool)
        self._described: Described = ()

    def add(self, count: int, described: Described) -> None:
        """Add `count` detections with their descriptors; without any they were not seen."""
        self._seen = np.append(self._seen, np.full(count, bool(described)))
        if described:
            joined = (
                zip(self._described, described, strict=True) if self._described else ((each,) for each in described)
            )
            self._described = tuple(np.concatenate(parts) for parts in joined)

    def forget(self, count: int) -> None:
        """Drop the first `count` detections."""
        seen = int(self._seen[:count].sum())
        self._seen = self._seen[count:]
        self._described = tuple(each[seen:] for each in self._described)

    def descriptors(self, rows: IntArray, appearance: Appearances) -> NDArray[np.float32]:
        """Unit descriptors (K, D) of some of these detections, NaN of those not seen; of no columns if none was."""
        place, seen = self._place[rows], self._seen[rows]
        if not seen.any():
            return np.zeros((len(rows), 0), np.float32)
        known = appearance.join(tuple(each[place[seen]] for each in self._described))
        found = np.full((len(rows), known.shape[1]), np.nan, np.float32)
        found[seen] = known
        return found

    @property
    def _place(self) -> IntArray:
        """Where in the descriptors each detection is, -1 for one that was not seen."""
        return np.where(self._seen, np.cumsum(self._seen) - 1, -1)

    def compare(self, pairs: Pairs, appearance: Appearances) -> Comparisons:
        """What the appearance says of P pairs of these detections."""
        place = self._place
        earlier, later = place[pairs.earlier], place[pairs.later]
        known = (earlier >= 0) & (later >= 0)
        if not known.any():
            return Comparisons.none(len(pairs))
        row = np.where(known, np.cumsum(known) - 1, -1)
        return Comparisons(row, appearance.compare(self._described, earlier[known], later[known]))


class _Comparing:
    """The pairs, in the order in which they can be compared, and the descriptors that some of them still need."""

    def __init__(self, detections: Detections, pairs: Pairs, appearance: Appearances) -> None:
        self._frame, self._pairs, self._appearance = detections.frame, pairs, appearance
        self.wanted = np.unique(np.concatenate([pairs.earlier, pairs.later]))
        later = detections.frame[pairs.later]
        self._order = np.argsort(later, kind="stable")
        self._ready_in = later[self._order]
        self._longest = int((later - detections.frame[pairs.earlier]).max(initial=0))
        self._held: list[tuple[IntArray, Described]] = []
        self._row = np.full(len(pairs), -1, np.int64)
        self._said: list[tuple[Any, ...]] = []
        self._done = self._count = 0
        self.frame = 0
        self.last_frame = int(later.max(initial=0))

    def wanted_in(self, frame: int) -> IntArray:
        """The detections of a frame that are part of a pair."""
        return self.wanted[slice(*np.searchsorted(self._frame[self.wanted], [frame, frame + 1]))]

    def take(self, frame: int, rows: IntArray, described: Described) -> None:
        """Take in the descriptors of a frame's wanted detections `rows`; compare when enough has come together."""
        self.frame = frame
        if len(rows):
            self._held.append((rows, described))
        if int(np.searchsorted(self._ready_in, frame, "right")) - self._done >= FLUSH:
            self._compare()

    def finish(self) -> Comparisons:
        """Compare the rest."""
        self._compare()
        return Comparisons(self._row, tuple(np.concatenate(parts) for parts in zip(*self._said, strict=True)))

    def _compare(self) -> None:
        """Compare all pairs up to the present frame, then drop the descriptors that no later pair needs."""
        ready = int(np.searchsorted(self._ready_in, self.frame, "right"))
        asked = self._order[self._done : ready]
        self._done = ready
        place = np.full(len(self._frame), -1, np.int64)
        held = np.concatenate([rows for rows, _ in self._held]) if self._held else np.zeros(0, np.int64)
        place[held] = np.arange(len(held))
        earlier, later = place[self._pairs.earlier[asked]], place[self._pairs.later[asked]]
        seen = (earlier >= 0) & (later >= 0)
        if seen.any():
            described = tuple(np.concatenate(parts) for parts in zip(*(each for _, each in self._held), strict=True))
            self._said.append(self._appearance.compare(described, earlier[seen], later[seen]))
            self._row[asked[seen]] = self._count + np.arange(seen.sum())
            self._count += int(seen.sum())
        self._held = [each for each in self._held if self._frame[each[0][0]] > self.frame - self._longest]
