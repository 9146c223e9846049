"""The detections of one segment, and of all of them."""

from collections.abc import Sequence

import numpy as np

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tools.segments.seam import SeamFrames, check_complete
from siamlink.tools.segments.segment import Segment
from siamlink.tools.segments.segment_file import Arrays
from siamlink.tracker.cache.frame_cache import CachedDetections
from siamlink.tracker.runs.feed import detect_frames


class DetectedInSegments(CachedDetections):
    """The detections of a whole video.

    Args:
        detections: in frames counted from 1.
        frame_count: how many frames there are.
    """

    def __init__(self, detections: Detections, frame_count: int) -> None:
        super().__init__()
        self._detections, self._frame_count = detections, frame_count

    def whole(self) -> tuple[Detections, int]:
        """The detections of all frames, and the number of frames."""
        return self._detections, self._frame_count


class _FrameBefore(CachedDetections):
    """The frame before a segment, which is the first one that is decoded: its detections are not needed."""

    def in_frame(self, frame: int) -> Detections | None:
        return Detections.empty() if frame == 1 else None


def detect_segment(frames: FrameSource, segment: Segment, detector: LoadedDetector, progress: Progress) -> Arrays:
    """The detections of a segment, as a run over the whole video has them.

    Raises:
        InputError: the frames break off.
        DetectorError: the detector failed.
        ConfigError: it reports classes that it has not stated.
    """
    first, seam = max(1, segment.first - 1), SeamFrames(segment)
    cache = _FrameBefore() if first < segment.first else CachedDetections()
    part, parts, number = frames.part(first, segment.last), list[Detections](), first - 1
    for place, image, detections in detect_frames(part, detector, Stopwatch(), cache):
        number = first - 1 + place
        seam.see(number, image)
        if number >= segment.first:
            parts.append(detections)
            progress("detect", len(parts), segment.last - segment.first + 1)
    check_complete(part, segment, number)
    if not detector.has_stated_its_classes:
        raise ConfigError(f"detector '{detector.name}' names classes as they occur: state class_names for segments")
    found = Detections.concatenate(parts)
    counts = np.array([len(each) for each in parts], np.int32)
    return {"count": counts, "box": found.box, "score": found.score, "label": found.label, **seam.digests}


def detections_of(segments: Sequence[Segment], records: Sequence[Arrays]) -> Detections:
    """The detections of all segments, in frames counted from 1."""
    frames = [
        np.repeat(np.arange(segment.first, segment.last + 1), record["count"])
        for segment, record in zip(segments, records, strict=True)
    ]
    columns = {name: np.concatenate([record[name] for record in records]) for name in ("box", "score", "label")}
    return Detections(frame=np.concatenate(frames).astype(np.int32), **columns)
