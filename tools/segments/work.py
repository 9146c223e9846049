"""The segments of a video as tasks for a runner."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.detector import LoadedDetector
from siamlink.tools.runners.work import Report
from siamlink.tools.running.job import Job
from siamlink.tools.segments.describe import SegmentToDescribe, describe_segment
from siamlink.tools.segments.detect import detect_segment
from siamlink.tools.segments.segment import Segment
from siamlink.tools.segments.segment_file import SegmentFile
from siamlink.tracker.runs.inputs import TrackingInput


@dataclass(frozen=True, eq=False)
class SegmentTask:
    """A segment to do.

    Attributes:
        segment: of the video.
        file: where the result is written.
        needed: what is to be described; None: the segment is to be detected.
    """

    segment: Segment
    file: SegmentFile
    needed: SegmentToDescribe | None = None


@dataclass
class Models:
    """What a process has loaded; the rest is loaded when it is needed first."""

    job: Job
    matcher: Matcher | None = None
    detector: LoadedDetector | None = None

    def loaded_detector(self) -> LoadedDetector:
        """The detector."""
        self.detector = self.detector or self.job.load_detector()
        return self.detector

    def loaded_matcher(self) -> Matcher:
        """The models of linking, with their appearance."""
        self.matcher = self.matcher or self.job.parameters.load_matcher()
        return self.matcher


@dataclass(frozen=True)
class SegmentWork:
    """Detects and describes segments of one video, and writes their files.

    Attributes:
        source: the video, without its detections.
        job: the settings.
        folder: of the files.
        models: in the process that has loaded them; others load their own.
    """

    source: TrackingInput
    job: Job
    folder: Path
    models: Models = field(compare=False)
    unit = "segments"

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process."""
        return type(self), (self.source, self.job, self.folder, Models(self.job))

    def name_of(self, task: SegmentTask) -> str:
        """See `Work`."""
        return f"segment {task.segment} of {self.source.name}"

    def prepare(self) -> Callable[[SegmentTask, Report], None]:
        """See `Work`."""
        return self._do

    def _do(self, task: SegmentTask, report: Report) -> None:
        frames, models = self.source.frames, self.models
        assert frames is not None
        if task.needed is None:
            record = detect_segment(frames, task.segment, models.loaded_detector(), report.progress)
        else:
            appearance = models.loaded_matcher().appearances[task.needed.appearance]
            flow = self.job.parameters.flow
            record = describe_segment(frames, task.segment, task.needed, appearance, flow, report.progress)
        task.file.write(record)
