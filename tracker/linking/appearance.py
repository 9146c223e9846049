"""Detections described by their appearance: frame by frame, or chosen ones in one pass over a source."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, ComparedPairs
from siamlink.association.appearance.descriptors import DescriptorsPerModel
from siamlink.association.appearance.optical_flow import FlowEstimator, FlowParameters
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import Box, Image, IntArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.base.threads import core_count, in_threads
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.cache.frame_cache import NO_CACHE, FrameCache

FLUSH = 1024
"""Pairs that are collected before they are compared together."""


class FrameDescriber:
    """Describes boxes of the frames of one video; several trackers of the same frames can share it.

    Args:
        appearance: describes boxes; None: nothing is described.
        flow: settings of the optical flow, for an appearance that needs it and has none of its own.
        frame_rate: frames per second.
        stopwatch: counts the stages `flow` and `appearance`.
        cache: descriptors from earlier runs; new ones are added to it.
    """

    def __init__(
        self,
        appearance: Appearances | None,
        flow: FlowParameters,
        frame_rate: float,
        stopwatch: Stopwatch,
        cache: FrameCache = NO_CACHE,
    ) -> None:
        self.appearance, self.stopwatch, self.cache = appearance, stopwatch, cache
        self.recorded = cache.descriptors_by(appearance)
        self._frame_rate, self._flow_parameters = frame_rate, flow
        self.reset()

    def reset(self) -> None:
        """Begin again with the first frame, of the same video or of another one."""
        self._flow = flow_for(self.appearance, self._flow_parameters, self._frame_rate)
        self._latest: tuple[int, DescriptorsPerModel] = 0, ()

    def describe(self, image: Image | None, frame: int, box: Box, required: bool = False) -> DescriptorsPerModel:
        """Describe the boxes (N, 4) of a frame.

        Nothing comes of it without boxes, without an appearance, or without an image where the cache lacks a box.

        Raises:
            InputError: the last of these, if descriptors are `required`: the cache had them before.
        """
        if self.appearance is None:
            return ()
        if image is None and not self.recorded.has(frame, box):
            if required:
                raise InputError(f"the cached descriptors of frame {frame} can no longer be read: run it again")
            return ()
        last_frame, described = self._latest
        if frame != last_frame:
            describe = partial(self._describe_uncached, image, (frame - last_frame) / self._frame_rate)
            if self.recorded.store is None:
                described = describe(box)
            else:
                with self.stopwatch.stage("cache"):
                    described = self.recorded.complete(frame, box, describe)
            self._latest = frame, described
        return described

    @property
    def threads(self) -> int:
        """How many threads may describe different frames at once."""
        alone = self.recorded.store is None and self.appearance and self.appearance.reach is not None
        return core_count() if alone else 1

    @property
    def keeps_crops(self) -> bool:
        """Whether boxes may be described later, by their crops: descriptors are not recorded as frames pass."""
        return self.appearance is not None and self.appearance.crops and self.recorded.store is None

    def _describe_uncached(self, image: Image | None, seconds: float, box: Box) -> DescriptorsPerModel:
        """Describe boxes (N, 4) of an image `seconds` after the one before; the flow follows even where N is 0."""
        if image is None or self.appearance is None:
            return ()
        field = None
        if self._flow is not None:
            with self.stopwatch.stage("flow"):
                if len(box):
                    field = self._flow.update(image, seconds, box)
                else:
                    self._flow.skip_frame(image)
        with self.stopwatch.stage("appearance"):
            return self.appearance.describe(image, box, field) if len(box) else ()


def flow_for(appearance: Appearances | None, parameters: FlowParameters, frame_rate: float) -> FlowEstimator | None:
    """The estimator of a video's optical flow; None where no appearance needs it.

    Args:
        appearance: describes detections.
        parameters: of the flow, for an appearance that has none of its own.
        frame_rate: frames per second.
    """
    if not appearance or not appearance.needs_flow:
        return None
    return FlowEstimator(appearance.flow_parameters or parameters, frame_rate)


def compare_pairs(
    frames: Iterable[Frame], detections: Detections, pairs: Pairs, describer: FrameDescriber, progress: Progress
) -> ComparedPairs:
    """Describe the detections of P pairs and compare them; descriptors are dropped when no later pair needs them.

    Args:
        frames: the source, from its first frame; it is read up to the last frame that is needed.
        detections: N detections sorted by frame.
        pairs: those to compare.
        describer: of this video, new; it has an appearance.
        progress: called with the frames under the stage `appearance`.

    Returns:
        The comparisons; pairs whose frames never came are unknown.
    """
    assert describer.appearance is not None
    comparing = _PairsInPassing(detections, pairs, describer.appearance)
    rows = comparing.rows
    needed = describer.recorded.last_missing(detections.frame[rows], detections.box[rows])
    with prefetch(_images(frames, needed, comparing.last_frame)) as images:
        for number, image in images:
            here = comparing.rows_in(number)
            described = describer.describe(image, number, detections.box[here], required=True)
            with describer.stopwatch.stage("appearance"):
                comparing.add(number, here, described)
            progress("appearance", number, comparing.last_frame)
    with describer.stopwatch.stage("appearance"):
        return comparing.finish()


def describe_detections(
    frames: Iterable[Frame], detections: Detections, rows: IntArray, describer: FrameDescriber, progress: Progress
) -> NDArray[np.float32]:
    """Unit descriptors (K, D) of some detections, in one pass over the frames up to the last that is needed.

    Args:
        frames: the source, from its first frame.
        detections: N detections sorted by frame.
        rows: (K,) those to describe, ascending, at least one.
        describer: of this video, new; it has an appearance.
        progress: called with the frames under the stage `appearance`.

    Returns:
        NaN in the rows of frames that never came; D = 0 if none came.
    """
    assert describer.appearance is not None
    frame, box, parts = detections.frame[rows], detections.box[rows], []
    last_frame, done = int(frame[-1]), 0

    def describe(item: tuple[int, Image | None]) -> tuple[int, int, DescriptorsPerModel]:
        number, image = item
        start, stop = np.searchsorted(frame, [number, number + 1])
        return number, int(stop), describer.describe(image, number, box[start:stop], required=True)

    with prefetch(_images(frames, describer.recorded.last_missing(frame, box), last_frame)) as images:
        for number, stop, described in in_threads(describe, images, describer.threads):
            if described:
                with describer.stopwatch.stage("appearance"):
                    parts.append(describer.appearance.join(described))
                done = stop
            progress("appearance", number, last_frame)
    descriptors = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
    missing = np.full((len(rows) - done, descriptors.shape[1]), np.nan, np.float32)
    return np.concatenate([descriptors, missing])


def _images(frames: Iterable[Frame], needed: int, last_frame: int) -> Iterator[tuple[int, Image | None]]:
    """Number and image of each frame up to the last, the image None after the last needed one; ends with the frames."""
    decoded, number = iter(frames), 0
    while number < last_frame:
        if number >= needed:
            number += 1
            yield number, None
            continue
        frame = next(decoded, None)
        if frame is None:
            return
        number = frame.number
        yield number, frame.image


class _PairsInPassing:
    """Pairs in the order in which they can be compared, and the descriptors that some of them still need.

    Attributes:
        rows: the detections that are part of a pair, ascending.
        last_frame: the last frame with one of them.
    """

    def __init__(self, detections: Detections, pairs: Pairs, appearance: Appearances) -> None:
        self._frame, self._pairs, self._appearance = detections.frame, pairs, appearance
        self.rows = np.unique(np.concatenate([pairs.earlier, pairs.later]))
        later = detections.frame[pairs.later]
        self._order = np.argsort(later, kind="stable")
        self._ready_in = later[self._order]
        self._longest = int((later - detections.frame[pairs.earlier]).max(initial=0))
        self._waiting: list[tuple[IntArray, DescriptorsPerModel]] = []
        self._row = np.full(len(pairs), -1, np.int64)
        self._values: list[tuple[Any, ...]] = []
        self._done = self._count = self._present_frame = 0
        self.last_frame = int(later.max(initial=0))

    def rows_in(self, frame: int) -> IntArray:
        """The detections of a frame that are part of a pair."""
        return self.rows[slice(*np.searchsorted(self._frame[self.rows], [frame, frame + 1]))]

    def add(self, frame: int, rows: IntArray, described: DescriptorsPerModel) -> None:
        """Take in the descriptors of a frame's `rows`; compare when enough pairs have come together."""
        self._present_frame = frame
        if len(rows):
            self._waiting.append((rows, described))
        if int(np.searchsorted(self._ready_in, frame, "right")) - self._done >= FLUSH:
            self._compare()

    def finish(self) -> ComparedPairs:
        """Compare the rest."""
        self._compare()
        return ComparedPairs(self._row, tuple(np.concatenate(parts) for parts in zip(*self._values, strict=True)))

    def _compare(self) -> None:
        """Compare all pairs up to the present frame, then drop the descriptors that no later pair needs."""
        ready = int(np.searchsorted(self._ready_in, self._present_frame, "right"))
        some = self._order[self._done : ready]
        self._done = ready
        place = np.full(len(self._frame), -1, np.int64)
        rows = np.concatenate([rows for rows, _ in self._waiting]) if self._waiting else np.zeros(0, np.int64)
        place[rows] = np.arange(len(rows))
        earlier, later = place[self._pairs.earlier[some]], place[self._pairs.later[some]]
        known = (earlier >= 0) & (later >= 0)
        if known.any():
            described = tuple(np.concatenate(parts) for parts in zip(*(each for _, each in self._waiting), strict=True))
            self._values.append(self._appearance.compare(described, earlier[known], later[known]))
            self._row[some[known]] = self._count + np.arange(known.sum())
            self._count += int(known.sum())
        oldest = self._present_frame - self._longest
        self._waiting = [each for each in self._waiting if self._frame[each[0][0]] > oldest]
