"""Where a tracker's descriptors come from: from images in passing, from a second pass over a video, or from before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.tracklets.linking import DescribeDetections
from siamlink.detectors.base.arrays import Image, IntArray
from siamlink.detectors.base.prefetch import prefetched
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.linking.appearance import FrameDescriber, compare_pairs, describe_detections
from siamlink.tracker.linking.recent_descriptors import RecentDescriptors
from siamlink.tracker.linking.scored_pairs import Compare
from siamlink.tracker.postprocessing.camera_motion import CameraMotion

Descriptors = NDArray[np.floating]
DescribeAhead = Callable[[Detections, IntArray], None]
"""Puts the descriptors of rows (K,) of detections, and the camera's motion, into the cache of a describer."""


class AppearanceSource(Protocol):
    """Gives descriptors and comparisons of the detections in a tracker's window, and the camera's motion."""

    @property
    def requested_count(self) -> int:
        """How many detections were to be described."""
        ...

    @property
    def described_count(self) -> int:
        """How many were."""
        ...

    def see(self, frame: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Take in a frame's detections, the next ones of the window, and its image if there is one."""
        ...

    def compare(self, detections: Detections, pairs: Pairs) -> ComparedPairs:
        """The comparisons of P pairs of the window's detections."""
        ...

    def describe(self, detections: Detections, rows: IntArray) -> Descriptors:
        """Unit descriptors (K, D) of `rows` (K,) of the window's detections, NaN where there is none; or D = 0."""
        ...

    def camera_motion(self, detections: Detections) -> CameraMotion | None:
        """The camera's motion up to the last of the window's detections; None where it is not known."""
        ...

    def forget(self, count: int, frame: int) -> None:
        """Drop the first `count` detections of the window, and what lies before a frame."""
        ...


class DescribedInPassing:
    """Describes every detection when its frame passes, as those that count are not known yet; images are not kept.

    Args:
        describer: of this video.
        camera: sees the camera's motion; None: it is taken to stand still.
    """

    def __init__(self, describer: FrameDescriber, camera: CameraMotion | None = None) -> None:
        self.requested_count = self.described_count = 0
        self._describer, self._camera, self._recent = describer, camera, RecentDescriptors()

    def see(self, frame: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Describe a frame's detections."""
        described = self._describer.describe(image, frame, box)
        self._recent.add(len(box), described)
        self.requested_count += len(box)
        self.described_count += len(box) if described else 0
        if self._camera:
            self._camera.see(frame, image, box)

    def compare(self, _: Detections, pairs: Pairs) -> ComparedPairs:
        """The comparisons of P pairs of the window's detections; unknown where an image was missing."""
        if self._describer.appearance is None:
            return ComparedPairs.none(len(pairs))
        return self._recent.compare(pairs, self._describer.appearance)

    def describe(self, _: Detections, rows: IntArray) -> Descriptors:
        """Unit descriptors (K, D) of `rows` (K,) of the window's detections, NaN where an image was missing."""
        if self._describer.appearance is None:
            return np.zeros((len(rows), 0), np.float32)
        return self._recent.descriptors(rows, self._describer.appearance)

    def camera_motion(self, _: Detections) -> CameraMotion | None:
        """The camera's motion as far as images have come."""
        return self._camera

    def forget(self, count: int, frame: int) -> None:
        """Drop descriptors and motion that nothing later needs."""
        self._recent.forget(count)
        if self._camera:
            self._camera.forget_before(frame)


class DecodedAgain:
    """Reads a video again for those detections alone that turn out to count; for trackers that solve once.

    Args:
        frames: begins to read the video, counted from 1: it is decoded again, or what was kept of it is returned.
        describer: of this video, new.
        camera: sees the camera's motion in the same pass; None: it is taken to stand still.
        progress: called with the frames under the stage `appearance`.
        ahead: describes elsewhere what is then in the cache of the describer; None: all is described here.
    """

    def __init__(
        self,
        frames: Callable[[], Iterator[Frame]],
        describer: FrameDescriber,
        camera: CameraMotion | None,
        progress: Progress,
        ahead: DescribeAhead | None = None,
    ) -> None:
        self.requested_count = self.described_count = 0
        self._frames, self._describer, self._camera, self._progress = frames, describer, camera, progress
        self._ahead = ahead
        self._rest: Iterator[Frame] | None = None

    def see(self, frame: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Nothing is described yet."""

    def compare(self, detections: Detections, pairs: Pairs) -> ComparedPairs:
        """The comparisons of P pairs; unknown where the video ends before."""
        if self._ahead:
            self._ahead(detections, np.unique(np.concatenate([pairs.earlier, pairs.later])))
        return compare_pairs(self._decode(detections), detections, pairs, self._describer, self._progress)

    def describe(self, detections: Detections, rows: IntArray) -> Descriptors:
        """Unit descriptors (K, D) of `rows` (K,), NaN where the video ends before."""
        if self._ahead:
            self._ahead(detections, rows)
        frames = self._decode(detections)
        descriptors = describe_detections(frames, detections, rows, self._describer, self._progress)
        self._count(descriptors)
        return descriptors

    def camera_motion(self, detections: Detections) -> CameraMotion | None:
        """The camera's motion, for which the frames after the last described one are decoded too.

        None where nothing was described or compared: the video is not decoded for the motion alone.
        """
        if self._camera is None or self._rest is None:
            return None
        last = int(detections.frame.max(initial=0))
        needed = self._camera.last_missing(last)
        while self._camera.known_until < needed and (frame := next(self._rest, None)):
            self._progress("appearance", frame.number, last)
        self._camera.recall(detections, last)
        return self._camera

    def forget(self, count: int, frame: int) -> None:
        """Nothing is kept."""

    def _count(self, descriptors: Descriptors) -> None:
        self.requested_count += len(descriptors)
        self.described_count += int(np.isfinite(descriptors).all(axis=1).sum()) if descriptors.shape[1] else 0

    def _decode(self, detections: Detections) -> Iterator[Frame]:
        """The frames from the first on, in which the camera is seen in passing."""
        decoded = self._describer.stopwatch.over("decode", self._frames())
        self._rest = self._camera.following(prefetched(decoded), detections) if self._camera else decoded
        return self._rest


@dataclass
class KnownAppearance:
    """Comparisons and descriptors that were made before, as in training; no frames are read.

    Attributes:
        comparisons: of pairs, for one level; None: geometry alone decides.
        descriptors: of detections, for two levels; None likewise.
    """

    comparisons: Compare | None = None
    descriptors: DescribeDetections | None = None
    requested_count: int = 0
    described_count: int = 0

    def see(self, frame: int, image: Image | None, box: NDArray[np.float32]) -> None:
        """Nothing is described."""

    def compare(self, detections: Detections, pairs: Pairs) -> ComparedPairs:
        """The comparisons of P pairs."""
        return self.comparisons(detections, pairs) if self.comparisons else ComparedPairs.none(len(pairs))

    def describe(self, detections: Detections, rows: IntArray) -> Descriptors:
        """Unit descriptors (K, D) of `rows` (K,)."""
        descriptors = self.descriptors(detections, rows) if self.descriptors else np.zeros((len(rows), 0), np.float32)
        self.requested_count += len(rows)
        self.described_count += int(np.isfinite(descriptors).all(axis=1).sum()) if descriptors.shape[1] else 0
        return descriptors

    def camera_motion(self, _: Detections) -> CameraMotion | None:
        """Not known."""
        return None

    def forget(self, count: int, frame: int) -> None:
        """Nothing is kept."""
