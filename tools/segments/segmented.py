"""A video in segments: what is to be done for each, in which file that is, and what the segments hold together."""

import json
from collections.abc import Sequence
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.fingerprint import code_digest, text_digest
from siamlink.detectors.sources.video_parts import WHOLE
from siamlink.tools.console.files import clear_abandoned_staging, make_folder
from siamlink.tools.running.job import Job
from siamlink.tools.segments.describe import SegmentToDescribe
from siamlink.tools.segments.detect import DetectedInSegments, detections_of
from siamlink.tools.segments.frame_facts import FrameFacts
from siamlink.tools.segments.seam import check_seams
from siamlink.tools.segments.segment import Segment, segments_of
from siamlink.tools.segments.segment_file import Arrays, SegmentFile
from siamlink.tools.segments.work import Models, SegmentTask
from siamlink.tracker.cache.frame_cache import CODE, FrameCache
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import ToDescribe

SEGMENT_CODE = (*CODE, "siamlink.tracker.linking", "siamlink.tracker.postprocessing", "siamlink.tools.segments")
"""The packages that decide what is in the files."""


def folder_of(job: Job, name: str) -> Path:
    """The folder for the segments of a video."""
    return job.output / f".{name}.segments"


class SegmentedVideo:
    """A video whose segments are detected and described each by itself.

    Args:
        source: the video.
        job: the settings.
        models: with the detector, unless the detections are given.
        count: how many segments.

    Attributes:
        source, job, models: as given.
        frame_count: how many frames it has.
        segments: of the video.
        folder: of their files; it is made.

    Raises:
        ConfigError: it has fewer frames than segments, or the detector cannot be used on segments.
        InputError: it cannot be read in segments.
        OutputError: the folder cannot be written.
    """

    def __init__(self, source: TrackingInput, job: Job, models: Models, count: int) -> None:
        assert source.frames is not None
        detector = models.detector
        if detector and detector.fingerprint is None:
            raise ConfigError(
                f"detector '{detector.name}' has no attribute 'fingerprint', a text that changes with its settings and "
                f"weights, so its detections may depend on earlier frames: {WHOLE}"
            )
        frames, self.folder = source.frames, folder_of(job, source.name)
        try:
            facts = FrameFacts(frames, self.folder)
        except OSError as error:
            raise InputError(f"cannot read {error.filename}: {error.strerror or error}") from None
        self.frame_count = frames.count_frames()
        if self.frame_count < (frames.promised_count or 0):
            raise InputError(
                f"only {self.frame_count} of {frames.promised_count} frames can be read, and an incomplete video is "
                f"not cut: {WHOLE}"
            )
        self.segments = segments_of(self.frame_count, count)
        make_folder(self.folder)
        clear_abandoned_staging(self.folder)
        facts.keep()
        self.source, self.job, self.models = source, job, models
        self._content = text_digest(f"{facts.content} {code_digest(*SEGMENT_CODE)}")

    def detect_tasks(self) -> list[SegmentTask]:
        """What is to be done before the detections of the whole video are known."""
        detector = self.models.loaded_detector()
        key = f"{detector.name} {detector.fingerprint}"
        return [SegmentTask(each, self._file("detections", each, key)) for each in self.segments]

    def describe_tasks(self, needed: ToDescribe) -> list[SegmentTask]:
        """What is to be done once it is known what is to be described."""
        appearance = self.models.loaded_matcher().appearances[needed.appearance]
        flow = appearance.flow_parameters or self.job.parameters.flow
        key = [appearance.fingerprint, flow.model_dump_json()]
        parts = SegmentToDescribe.all_of(needed, self.segments)
        return [
            SegmentTask(each, self._file("appearance", each, json.dumps([*key, part.digest])), part)
            for each, part in zip(self.segments, parts, strict=True)
        ]

    def checked(self, records: list[Arrays]) -> list[Arrays]:
        """The records of all segments.

        Raises:
            InputError: two segments do not fit together.
        """
        check_seams(self.segments, records)
        return records

    def detected(self, records: Sequence[Arrays]) -> FrameCache:
        """A cache with the detections of all segments."""
        return FrameCache(detections=DetectedInSegments(detections_of(self.segments, records), self.frame_count))

    def _file(self, kind: str, segment: Segment, key: str) -> SegmentFile:
        identity = [self._content, kind, segment.number, segment.count, segment.first, segment.last, key]
        path = self.folder / f"{kind}-{segment.file_name}.safetensors"
        return SegmentFile(path, text_digest(json.dumps(identity)))
