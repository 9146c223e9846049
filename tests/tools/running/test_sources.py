"""The loop over the sources of a run."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.running.job import Job
from siamlink.tools.running.sources import track_sources
from siamlink.tracker.parameters import TrackerParameters

Make = Callable[..., Path]


def test_failures_are_lines_and_the_others_are_tracked(
    here: Path, sequence: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = ["missing.mp4", str(sequence("A", None)), "walk.mp4"]
    job = Job(here / "out", detector="mine.py:Fails")
    outcomes = dict(track_sources([sources[0], sources[2]], job, LocalRunner()))
    assert outcomes == {}
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "siamlink: no such file or folder: missing.mp4"
    assert lines[1].startswith("siamlink: walk: ")
    assert not (here / "out").exists()


def test_indices_count_the_sources_that_can_be_opened(here: Path, sequence: Make) -> None:
    sources = [str(sequence(name, None)) for name in ("A", "B")]
    outcomes = dict(track_sources(sources, Job(here / "out"), LocalRunner()))
    assert [outcomes[index].name for index in (0, 1)] == ["A", "B"]  # type: ignore[union-attr]
    assert sorted(path.name for path in (here / "out").iterdir()) == ["A.json", "A.txt", "B.json", "B.txt"]


def test_a_source_without_frames_or_detections_is_noted(
    here: Path, sequence: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    list(track_sources([str(sequence("A", None, detections=""))], Job(here / "out"), LocalRunner()))
    assert capsys.readouterr().err.splitlines() == [
        "A has no frames: tracked from its detections alone, no video written",
        "A: no detections, so there are no tracks",
    ]


def test_detections_that_end_in_no_track_are_noted_with_the_remedy(
    here: Path, sequence: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    cars = "".join(f"{frame},-1,{15 * frame},10,120,45,0.9\n" for frame in range(1, 25))
    folder = str(sequence("A", None, detections=cars))
    job = Job(here / "out", TrackerParameters(matching="learned", appearance="none"), video=False)
    list(track_sources([folder], job, LocalRunner()))
    noted = capsys.readouterr().err.splitlines()[-1]
    assert noted.startswith("A: 0 of 24 detections are in tracks: 24 taken for false alarms;")
    assert noted.endswith("for other objects use --config general")
    general = replace(job, parameters=TrackerParameters(matching="calibrated"), overwrite=True)
    list(track_sources([folder], general, LocalRunner()))
    assert "are in tracks" not in capsys.readouterr().err


def test_a_detector_that_processed_some_frames_only_is_noted(
    here: Path, sequence: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    walker = "".join(f"{frame},-1,{2 * frame},10,40,110,0.9\n" for frame in range(1, 25, 3))
    job = Job(here / "out", TrackerParameters(appearance="none"), video=False)
    [(_, outcome)] = track_sources([str(sequence("A", None, detections=walker))], job, LocalRunner())
    assert outcome is not None
    assert outcome.counts.tracks == 1
    assert outcome.counts.interpolated > 10
    noted = capsys.readouterr().err.splitlines()
    assert noted[-1] == "A: detections lie in every 3rd frame only: the others count as not processed"


def test_two_sources_of_one_name_are_refused_before_any_is_tracked(here: Path, sequence: Make) -> None:
    folder = sequence("A", None)
    (here / "other").mkdir()
    folder.rename(here / "other" / "A")
    sources = [str(here / "other" / "A"), str(sequence("A", None))]
    with pytest.raises(ConfigError, match="would both write"):
        list(track_sources(sources, Job(here / "out"), LocalRunner()))
