"""What one segment needs from its images once all detections are known, and the answers of all segments together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.fingerprint import text_digest
from siamlink.detectors.base.prefetch import prefetch
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tools.segments.seam import SeamFrames, check_complete
from siamlink.tools.segments.segment import Segment
from siamlink.tools.segments.segment_file import Arrays
from siamlink.tracker.cache.camera_fits import CameraFits
from siamlink.tracker.cache.frame_cache import CachedDescriptors, FrameCache
from siamlink.tracker.cache.memory_store import MemoryStore
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.postprocessing.camera_motion import CameraMotion, measured_frames
from siamlink.tracker.runs.options import ToDescribe


@dataclass(frozen=True)
class SegmentToDescribe:
    """What is to be described in a segment, and from where on.

    Attributes:
        first: the first frame to decode, counted from 1; the camera's motion into the segment begins there.
        number: (n,) the frames from there to the end of the segment, as the tracker numbers them.
        detections: of these frames, numbered so.
        rows: (K,) those to describe, all within the segment.
        appearance: the label of the one that describes them.
        frame_rate: of the tracker.
        camera: whether the camera's motion is needed too.
    """

    first: int
    number: IntArray
    detections: Detections
    rows: IntArray
    appearance: str
    frame_rate: float
    camera: bool

    @classmethod
    def all_of(cls, whole: ToDescribe, segments: Sequence[Segment]) -> list["SegmentToDescribe"]:
        """What is to be described of a video, by its segments."""
        number = whole.numbers.steady(np.arange(1, segments[-1].last + 1))
        measured = measured_frames(number, whole.frame_rate)
        return [cls._of(whole, each, number, measured) for each in segments]

    @classmethod
    def _of(cls, whole: ToDescribe, segment: Segment, number: IntArray, measured: IntArray) -> "SegmentToDescribe":
        """The part of a segment; `number` (N,) are all frames, `measured` (G,) those that motion is fitted to."""
        begin, first, end = int(number[segment.first - 1]), segment.first - 1, int(number[segment.last - 1])
        if whole.camera:
            since = measured[max(0, int(np.searchsorted(measured, begin)) - 1)]
            first = min(first, int(np.searchsorted(number, since)) + 1)
        first = max(1, first)
        frame = whole.detections.frame
        low, start, stop = np.searchsorted(frame, [number[first - 1], begin, end + 1])
        rows = whole.rows[slice(*np.searchsorted(whole.rows, [start, stop]))] - low
        inside = number[first - 1 : segment.last]
        detections = whole.detections[low:stop]
        return cls(first, inside, detections, rows, whole.appearance, whole.frame_rate, whole.camera)

    @property
    def digest(self) -> str:
        """Of all of it."""
        parts = (self.number, self.detections.frame, self.detections.box, self.rows)
        return text_digest(f"{self.first} {self.frame_rate} {self.camera} {[each.tobytes() for each in parts]}")


def describe_segment(
    frames: FrameSource,
    segment: Segment,
    needed: SegmentToDescribe,
    appearance: Appearances,
    flow: FlowParameters,
    progress: Progress,
) -> Arrays:
    """Descriptors and camera motion of a segment, as a run over the whole video computes them.

    Raises:
        InputError: the frames break off.
        ModelError: the appearance failed.
    """
    seam, stopwatch, detections, rows = SeamFrames(segment), Stopwatch(), needed.detections, needed.rows
    describer, fits = FrameDescriber(appearance, flow, needed.frame_rate, stopwatch), CameraFits()
    camera = CameraMotion(needed.frame_rate, stopwatch, fits) if needed.camera else None
    frame, parts, last = detections.frame[rows], [], needed.first - 1
    if not len(rows) and not camera:
        return {"box": detections.box[rows], "frame": frame}
    part = frames.part(needed.first, segment.last)
    with prefetch(part) as decoded:
        for each, number in zip(decoded, needed.number.tolist(), strict=False):
            last = each.number
            seam.see(last, each.image)
            if camera:
                camera.see(number, each.image, detections.in_frame(number).box)
            if last >= segment.first - 1:
                here = rows[slice(*np.searchsorted(frame, [number, number + 1]))]
                if described := describer.describe(each.image, number, detections.box[here]):
                    parts.append(described)
                progress("appearance", max(0, last - segment.first + 1), segment.last - segment.first + 1)
    check_complete(part, segment, last)
    pairs, motions = fits.arrays(int(needed.number[segment.first - needed.first]))
    described_by = {f"appearance{index}": np.concatenate(each) for index, each in enumerate(zip(*parts, strict=True))}
    return {
        "box": detections.box[rows],
        "frame": frame,
        "camera": pairs,
        "motion": motions,
        **described_by,
        **seam.digests,
    }


class DescribedInSegments:
    """Takes in what the segments have described, for a run over the whole video.

    Args:
        appearances: those that may describe it, by their labels.
    """

    def __init__(self, appearances: Mapping[str, Appearances]) -> None:
        self._appearances, self._fits = appearances, CameraFits()
        self._stores = {label: MemoryStore() for label in appearances}

    def add(self, record: Arrays, appearance: str) -> None:
        """Take in a segment, which the appearance of this label has described."""
        if "camera" in record:
            self._fits.add_arrays(record["camera"], record["motion"])
        frame, box, count = record["frame"], record["box"], len(self._appearances[appearance].parts)
        values = [record[f"appearance{index}"] for index in range(count if len(frame) else 0)]
        for number in np.unique(frame).tolist():
            rows = slice(*np.searchsorted(frame, [number, number + 1]))
            named = {str(index): each[rows] for index, each in enumerate(values)}
            self._stores[appearance].add(number, {"box": box[rows], **named})

    def joined(self, cache: FrameCache) -> FrameCache:
        """A cache with the descriptors and the camera's motion of all segments."""
        descriptors = {
            label: CachedDescriptors(self._stores[label], len(each.parts), each.needs_flow)
            for label, each in self._appearances.items()
        }
        return cache._replace(descriptors=descriptors, background=self._fits)
