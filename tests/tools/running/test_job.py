"""Sources prepared, tracked and written: the parts behind `siamlink track`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import ConfigError, InputError, OutputError
from siamlink.detectors.models.registry import load_detector
from siamlink.tools.running.job import RECORDED_PACKAGES, Job, check_sources, expand_sources, prepare, run
from siamlink.tracker.parameters import TrackerParameters

Make = Callable[..., Path]


def silent(*_: object) -> None:
    """Report nothing."""


def test_folders_of_sequences_are_replaced_by_their_sequences(here: Path, sequence: Make, images: Path) -> None:
    folders = [sequence(name, None) for name in ("B", "A")]
    (here / "sequences" / "notes").mkdir()
    sources = ["walk.mp4", str(here / "sequences"), str(images), str(folders[0]), "0", "rtsp://x", "missing"]
    expanded = expand_sources(sources)
    inside = [str(folders[1]), str(folders[0])]
    assert expanded == ["walk.mp4", *inside, *sources[2:]]


def test_a_source_that_cannot_be_looked_at() -> None:
    with pytest.raises(InputError, match="File name too long"):
        expand_sources(["n" * 5000])


def test_a_job_names_its_results(here: Path, sequence: Make) -> None:
    job, quiet = Job(here / "out"), Job(here / "out", video=False)
    drawn = prepare(str(sequence("A")), job)
    assert [path.name for path in job.results(drawn)] == ["A.txt", "A.json", "A.mp4"]
    assert [path.name for path in quiet.results(drawn)] == ["A.txt", "A.json"]
    blind = prepare(str(sequence("B", None)), job)
    assert [path.name for path in job.results(blind)] == ["B.txt", "B.json"]


def test_preparing_writes_nothing_and_refuses_what_is_in_the_way(here: Path) -> None:
    job = Job(here / "out", detector="motion")
    opened = prepare("walk.mp4", job)
    assert (opened.name, opened.source, opened.detections) == ("walk", "walk.mp4", None)
    assert not job.output.exists()
    (job.output / "walk.mp4").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"walk\.mp4 is a folder; name a file to write"):
        prepare("walk.mp4", job)
    prepare("walk.mp4", Job(job.output, detector="motion", video=False))


def test_sources_of_one_run_have_names_of_their_own(here: Path, sequence: Make) -> None:
    job = Job(here / "out")
    inputs = [prepare(str(sequence(name, None)), job) for name in ("A", "B")]
    check_sources(inputs)
    with pytest.raises(ConfigError, match=r"A and .*A would both write A\.txt"):
        check_sources([*inputs, inputs[0]._replace(frame_rate=1.0)])


def test_a_run_gives_its_outcome_and_its_record(here: Path) -> None:
    job = Job(here / "out", TrackerParameters(min_detections=5), detector="mine.py:Walkers")
    job.output.mkdir()
    steps: list[tuple[str, int, int | None]] = []
    outcome = run(
        prepare("walk.mp4", job), job, load_detector(job.detector), Matcher.load(), lambda *step: steps.append(step)
    )
    assert outcome.broken is None
    assert outcome.result.tracks.count == 2
    assert [step for step in steps if step[0] == "detect"] == [("detect", k, 24) for k in range(1, 25)]
    assert [step for step in steps if step[0] == "draw"] == [("draw", k, 24) for k in range(1, 25)]
    record = json.loads((here / "out" / "walk.json").read_text())
    assert record["config"]["min_detections"] == 5
    assert record["counts"] == {
        "detections": 48,
        "tracks": 2,
        "boxes": len(outcome.result.tracks),
        "interpolated": int(outcome.result.tracks.interpolated.sum()),
    }
    assert list(record["versions"]) == ["python", *RECORDED_PACKAGES]
    assert set(record["seconds"]) == set(outcome.seconds) >= {"draw"}


def test_the_same_input_gives_the_same_tracks(here: Path, sequence: Make) -> None:
    folder, texts = sequence("A", None), []
    for name in ("one", "two"):
        job = Job(here / name)
        job.output.mkdir()
        run(prepare(str(folder), job), job, None, Matcher.load(), silent)
        texts.append((job.output / "A.txt").read_bytes())
    assert texts[0] == texts[1]
