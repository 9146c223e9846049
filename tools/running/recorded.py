"""The run whose tracks are corrected, by its record: what is not given again is as it was then."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.parameters import build
from siamlink.detectors.detector_options import DetectorOptions
from siamlink.tools.results.read import read_record
from siamlink.tools.results.recorded_files import part_of, recorded_file
from siamlink.tools.results.video_facts import facts_of_video
from siamlink.tools.running.job import Job
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrections import read_corrections

SAME_RATE = 1e-6
"""Relative difference of frame rates below which they are equal."""


@dataclass(frozen=True)
class RecordedRun:
    """A run, by its record.

    Attributes:
        path: of the record.
        record: what it states.
    """

    path: Path
    record: dict[str, Any]

    @classmethod
    def corrected_by(cls, constraints: Path) -> "RecordedRun | None":
        """The run whose tracks a file of corrections names first; None if they have no record.

        Raises:
            InputError: a file cannot be read, or is malformed.
        """
        for tracks in read_corrections(constraints).files[1:2]:
            if record := read_record(tracks):
                return cls(tracks.with_suffix(".json"), record)
        return None

    @property
    def parameters(self) -> TrackerParameters:
        """The settings of the tracker.

        Raises:
            ConfigError: they are not those of this version.
        """
        return build(TrackerParameters, self._part("config"), str(self.path))

    @property
    def source(self) -> str:
        """What was tracked.

        Raises:
            InputError: it is not there.
        """
        return str(self._found(str(self._part("input").get("source") or ""), "a SOURCE"))

    def job(self, job: Job, source: str) -> Job:
        """The job with what the record says, where the job leaves it open.

        Raises:
            InputError: the file of detections of the run is not there, or the source cannot be opened.
            ConfigError: an option of the detector is malformed.
        """
        if job.detector is None and job.detections is None:
            stated, by_detector = detections_of(self.record)
            file = self._found(stated, "--detections") if stated and not by_detector else None
            job = replace(job, detector=stated if by_detector else None, detections=file)
        options = {**self._detector_options.given, **job.detector_options.given} if self._detects_as(job) else None
        return replace(
            job,
            detector_options=job.detector_options if options is None else DetectorOptions.of(options),
            frame_rate=self._frame_rate(source) if job.frame_rate is None else job.frame_rate,
        )

    def changes(self, job: Job) -> str | None:
        """What the job does otherwise than the run, in one line; None if nothing."""
        changed = list(_changed(self.parameters.model_dump(), job.parameters.model_dump()))
        if not self._detects_as(job):
            changed.append(f"detector={job.detector}" if job.detector else f"detections={job.detections}")
        elif job.detector_options != self._detector_options:
            before, given = self._detector_options.given, job.detector_options.given
            changed += [f"{name}={value}" for name, value in given.items() if before.get(name) != value]
        rate = self._part("input").get("frame_rate")
        if job.frame_rate is not None and not same_rate(rate, job.frame_rate):
            changed.append(f"frame_rate={job.frame_rate:g}")
        return f"other than {self.path} says: {', '.join(changed)}" if changed else None

    def _detects_as(self, job: Job) -> bool:
        """Whether the job names the detector or the detections of the run."""
        stated, _ = detections_of(self.record)
        if job.detections is not None:
            return job.detections in (Path(stated), self.path.parent / stated)
        return job.detector == stated

    @property
    def _detector_options(self) -> DetectorOptions:
        """What the detector of the run reported, or what was selected from its file of detections."""
        return detector_options_of(self.record)

    def _frame_rate(self, source: str) -> float | None:
        """The frame rate of the run, where it is not that of the source."""
        rate = self._part("input").get("frame_rate")
        if not isinstance(rate, int | float) or same_rate(rate, facts_of_video(source).frame_rate):
            return None
        return float(rate)

    def _found(self, stated: str, option: str) -> Path:
        """A file or folder that the record names, from the present folder or from that of the record.

        Raises:
            InputError: it is not there.
        """
        if found := recorded_file(stated, self.path, self.record):
            return found
        where = "" if Path(stated).is_absolute() else f", neither from this folder nor from {self.path.parent}"
        raise InputError(f"{stated or 'the input'} of {self.path} is not there{where}: give {option}")

    def _part(self, name: str) -> dict[str, Any]:
        return part_of(self.record, name)


def detections_of(record: dict[str, Any]) -> tuple[str, bool]:
    """The detector or the file of detections of a run, empty if the record names none, and whether it is a detector."""
    stated = str(part_of(record, "input").get("detections") or "")
    return stated, part_of(record, "detector").get("name") == stated


def detector_options_of(record: dict[str, Any]) -> DetectorOptions:
    """What the detector of a run reported, or what was selected from its file of detections.

    Raises:
        ConfigError: the record is malformed.
    """
    stated = part_of(record, "detector")
    values = {name: stated[name] for name in DetectorOptions.names() if stated.get(name) is not None}
    if values.get("classes") == []:
        raise ConfigError("the record names no classes")
    return DetectorOptions.of(values)


def same_rate(one: Any, other: float | None) -> bool:
    """Whether two frame rates are known and equal."""
    return isinstance(one, int | float) and other is not None and abs(one - other) <= SAME_RATE * other


def _changed(before: dict[str, Any], now: dict[str, Any], group: str = "") -> Iterator[str]:
    """The settings that have changed, as `key=value`."""
    for name, value in now.items():
        if isinstance(value, dict) and isinstance(before.get(name), dict):
            yield from _changed(before[name], value, f"{group}{name}.")
        elif before.get(name) != value:
            yield f"{group}{name}={value}"
