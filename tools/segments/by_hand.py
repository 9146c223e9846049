"""Segments that are done one by one, as by the jobs of a cluster, and joined when all are done."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detector import LoadedDetector
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.runners.runner import Runner
from siamlink.tools.runners.work import Report, ShowNote
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.running.run import run
from siamlink.tools.segments.run import SegmentedRun, has_segments, opened_crew
from siamlink.tools.segments.segmented import SegmentedVideo, folder_of
from siamlink.tools.segments.work import Models, SegmentTask
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.options import ToDescribe, TrackingOptions
from siamlink.tracker.runs.track import track_input

_FILE_NAME = re.compile(r"([a-z]+)-[0-9]+-of-([1-9][0-9]*)\.safetensors")


class _DescribedError(Exception):
    """Ends a run once its detections are described: the tracks are not needed."""


def do_segment(source: TrackingInput, job: Job, number: int, count: int, report: Report) -> str:
    """Detect one of the segments of a video or, when all are detected, describe its part of their appearance.

    Returns:
        What was done, and what is to be done next.

    Raises:
        SiamlinkError: it cannot be done.
    """
    models, joined = Models(job), "all are: run siamlink join"
    if not has_segments(source, job, models.loaded_matcher()):
        return f"{source.name}: nothing is decoded before it is linked: run siamlink join"
    if source.detections is None:
        models.loaded_detector()
    video = SegmentedVideo(source, job, models, count)
    with opened_crew(video, LocalRunner()) as crew:
        whole = ByHand(video, crew, report)
        if source.detections is None:
            tasks = video.detect_tasks()
            SegmentedRun(video, crew, report).completed([tasks[number - 1]])
            others = [str(task.segment) for task in tasks if not task.file.path.is_file()]
            if others:
                return f"segment {number}/{count} of {source.name} is detected; not yet: {', '.join(others)}"
        cache, ahead = whole.described(whole.detected())
        if ahead is None:
            return f"segment {number}/{count} of {source.name} is detected, {joined}"

        def describe(needed: ToDescribe) -> None:
            SegmentedRun(video, crew, report).completed([video.describe_tasks(needed)[number - 1]])
            raise _DescribedError

        options = TrackingOptions(
            job.parameters, models.detector, models.matcher, report.progress, describe_ahead=describe
        )
        try:
            track_input(source._replace(cache=cache), options)
        except _DescribedError:
            return f"segment {number}/{count} of {source.name} is described; when {joined}"
    return f"{source.name}: no detection is to be described: run siamlink join"


class ByHand(SegmentedRun):
    """A run that leaves segments to those who do them: only damaged ones are done again."""

    def check_missing(self, tasks: Sequence[SegmentTask], missing: Sequence[SegmentTask]) -> None:
        """Check that no segment is missing; the appearance may be, if nothing of it was described.

        Raises:
            InputError: segments are missing, or of other settings.
        """
        absent = [task for task in missing if not task.file.path.is_file()]
        if tasks[0].needed is not None and len(absent) in (0, len(tasks)):
            return
        other = [task for task in missing if task not in absent]
        faults = [
            f"{what} {', '.join(str(task.segment) for task in some)}"
            for what, some in (("there is no segment", absent), ("of another video, detector or version is", other))
            if some
        ]
        if faults:
            job, source, count = self.video.job, self.video.source, len(self.video.segments)
            command = f"siamlink segment {source.origin} K/{count} -o {job.output}"
            raise InputError(f"{'; '.join(faults)}; run '{command}' for each, with the same options")


@dataclass(frozen=True)
class JoinSegments:
    """Tracks a source from segments that are done; it is called like `run_with_cache`.

    Attributes:
        runner: where the appearance is described, if it was not.
    """

    runner: Runner

    def __call__(
        self,
        source: TrackingInput,
        job: Job,
        detector: LoadedDetector | None,
        matcher: Matcher,
        progress: Progress,
        note: ShowNote,
    ) -> Outcome:
        """Link the segments and write the results.

        Raises:
            SiamlinkError: as `run`, or segments are missing.
        """
        if not has_segments(source, job, matcher):
            return run(source, job, detector, matcher, progress)
        video = SegmentedVideo(source, job, Models(job, matcher, detector), _count_in(folder_of(job, source.name)))
        with opened_crew(video, self.runner) as crew:
            return ByHand(video, crew, Report(progress, note)).track()


def _count_in(folder: Path) -> int:
    """How many segments a video has by the files in a folder: the most complete count; of several, the newest.

    Raises:
        InputError: there is none.
    """
    done, newest = Counter[tuple[int, str]](), dict[int, int]()
    for path in folder.iterdir() if folder.is_dir() else ():
        if found := _FILE_NAME.fullmatch(path.name):
            step, count = found[1], int(found[2])
            done[count, step] += 1
            newest[count] = max(newest.get(count, 0), path.stat().st_mtime_ns)
    if not newest:
        raise InputError(f"there are no segments in {folder}: run 'siamlink segment SOURCE K/N' for each of them first")
    share = {count: max(files / of for (of, _), files in done.items() if of == count) for count in newest}
    return max(newest, key=lambda count: (share[count], newest[count]))
