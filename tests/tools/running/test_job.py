"""One source tracked and written."""

import json
from collections.abc import Callable
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.detectors.models.registry import load_detector
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import RECORDED_PACKAGES
from siamlink.tools.running.prepare import prepare
from siamlink.tools.running.run import run
from siamlink.tracker.parameters import TrackerParameters

Make = Callable[..., Path]


def silent(*_: object) -> None:
    """Report nothing."""


def test_a_job_names_its_results(here: Path, sequence: Make) -> None:
    job, quiet = Job(here / "out"), Job(here / "out", video=False)
    drawn = prepare(str(sequence("A")), job)
    assert [path.name for path in job.results(drawn)] == ["A.txt", "A.json", "A.mp4"]
    assert [path.name for path in quiet.results(drawn)] == ["A.txt", "A.json"]
    blind = prepare(str(sequence("B", None)), job)
    assert [path.name for path in job.results(blind)] == ["B.txt", "B.json"]


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
        "found": 0,
        "left_out": outcome.result.left_out.counts,
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
