"""The command `siamlink tune`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.tools.tuning.evaluation import Evaluator, Outcome, Task
from siamlink.tracker.configuration import load_parameters

pytest.importorskip("optuna")
Run = Callable[..., Any]
QUICK = ("--set", "appearance=none", "--set", "matching=learned")


def results(folder: str) -> dict[str, str]:
    return {name: Path(folder, name).read_text() for name in ("tuned.yaml", "tune.json")}


@pytest.fixture
def interrupted_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[Task]]:
    """Counts what is tracked, and interrupts the first task after some."""
    track, tracked = Evaluator.outcome, list[Task]()

    def prepare(count: int) -> list[Task]:
        tracked.clear()

        def outcome(self: Evaluator, task: Task) -> Outcome:
            if len(tracked) == count:
                monkeypatch.setattr(Evaluator, "outcome", track)
                raise KeyboardInterrupt
            tracked.append(task)
            return track(self, task)

        monkeypatch.setattr(Evaluator, "outcome", outcome)
        return tracked

    return prepare


def test_settings_are_searched_and_tested_on_held_out_videos(siamlink: Run, streets: Path) -> None:
    bad = ("--set", "tracklets.costs.bias=9")  # tracks are dropped, so nearly every change is better
    result = siamlink("tune", streets, "-o", "out", "--trials", "3", *QUICK, *bad)
    assert result.code == 0
    assert all("by default, no track overlaps the ground truth" in line for line in result.err.splitlines())
    assert sorted(path.name for path in Path("out").iterdir()) == ["trials.jsonl", "tune.json", "tuned.yaml"]
    record = json.loads(Path("out/tune.json").read_text())
    assert [each["video"] for each in record["held_out"]] == ["east, east-again", "west"]
    assert record["finished"]
    for text in ("east, east-again", "2 videos are too few to show one", "tracklets.costs.bias"):
        assert text in result.out
    assert result.out.splitlines()[-1] == (
        "  siamlink track VIDEO -o RESULTS --config out/tuned.yaml    "
        "# the tuned settings; without a gain, keep the settings you have, or give more videos"
    )
    tuned = load_parameters("out/tuned.yaml")
    assert (tuned.appearance, tuned.matching) == ("none", "learned")
    assert tuned.tracklets.costs.bias == record["settings"]["tracklets.costs.bias"] < 9
    west = record["held_out"][1]
    assert west["tuned"]["hota"] > west["default"]["hota"]
    overrides = [part for key, value in west["settings"].items() for part in ("--set", f"{key}={json.dumps(value)}")]
    assert siamlink("track", streets / "west", "-o", "tracks", *QUICK, *overrides).code == 0
    assert siamlink("evaluate", streets / "west", "tracks", "--json", "west.json").code == 0
    scores = json.loads(Path("west.json").read_text())["overall"]
    assert west["tuned"] == pytest.approx({name: scores[name.upper()] for name in ("hota", "idf1", "mota")})


def test_the_same_command_goes_on_after_an_interruption(
    siamlink: Run, streets: Path, interrupted_after: Callable[[int], list[Task]]
) -> None:
    command = ("tune", streets, "--trials", "3", *QUICK)
    assert siamlink(*command, "-o", "whole").code == 0
    before = list(interrupted_after(5))
    stopped = siamlink(*command, "-o", "out")
    assert stopped.code == 130
    assert stopped.line == "interrupted after 2 of 3 trials; the same command goes on"
    assert json.loads(Path("out/tune.json").read_text())["finished"] is False
    assert siamlink(*command, "-o", "out").code == 0
    assert results("out") == results("whole")
    lines = Path("out/trials.jsonl").read_text().splitlines()
    assert len(lines) == len(set(lines)), "nothing was tracked twice"
    assert sorted(lines) == sorted(Path("whole/trials.jsonl").read_text().splitlines())
    assert before == []


def test_an_interruption_before_the_first_trial_leaves_no_results(
    siamlink: Run, streets: Path, interrupted_after: Callable[[int], list[Task]]
) -> None:
    interrupted_after(1)
    result = siamlink("tune", streets, "-o", "out", *QUICK)
    assert (result.code, result.line) == (130, "siamlink: interrupted")
    assert [path.name for path in Path("out").iterdir()] == ["trials.jsonl"]


@pytest.mark.slow
def test_models_of_the_other_videos_are_trained_once(siamlink: Run, streets: Path) -> None:
    command = ("tune", streets, "-o", "out", "--models", "crossvalidated", "--set", "levels=1")
    result = siamlink(*command, "--trials", "1")
    assert (result.code, result.err) == (0, "")
    models = {path.name: path for path in Path("out/models").glob("*/*")}
    assert sorted(models) == ["east", "west"]
    trained = siamlink("train", "matcher", streets, "--exclude", "west", "-o", "new", "--set", "levels=1", "--no-test")
    assert trained.code == 0
    assert (models["west"] / "context.json").read_bytes() == Path("new/context.json").read_bytes()
    before = {path: path.stat().st_mtime_ns for path in Path("out/models").rglob("*.json")}
    again = siamlink(*command, "--trials", "2", "--overwrite")
    assert (again.code, again.err) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in Path("out/models").rglob("*.json")} == before


@pytest.mark.slow
def test_several_processes_give_the_same_answer(siamlink: Run, streets: Path) -> None:
    for jobs in ("1", "2"):
        assert siamlink("tune", streets, "-o", f"out{jobs}", "--trials", "2", "--jobs", jobs, *QUICK).code == 0
    assert results("out1") == results("out2")


def test_no_time_is_one_trial(siamlink: Run, streets: Path) -> None:
    result = siamlink("tune", streets, "-o", "out", "--seconds", "0", *QUICK)
    assert (result.code, result.err) == (0, "")
    assert json.loads(Path("out/tune.json").read_text())["trials"] == 1
    assert "no gain: nothing that was tried is better than the configuration" in result.out


def test_earlier_results_are_kept_unless_overwritten(siamlink: Run, streets: Path) -> None:
    command = ("tune", streets, "-o", "out", "--trials", "1")
    assert siamlink(*command, *QUICK).code == 0
    before = results("out")
    assert siamlink(*command, *QUICK).line == "siamlink: out/tuned.yaml exists; --overwrite replaces it"
    Path("out/tuned.yaml").unlink()
    Path("out/tune.json").unlink()
    other = siamlink(*command, *QUICK, "--set", "min_detections=2")
    assert other.line == "siamlink: out/trials.jsonl is of a search with other settings; --overwrite begins anew"
    assert siamlink(*command, *QUICK).code == 0
    assert results("out") == before
    assert siamlink(*command, *QUICK, "--set", "min_detections=2", "--overwrite").code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "missing is not a folder"),
        (("sequences",), "which needs two: A, B shows one video"),
        (("sequences/A", "--set", "model=nowhere"), "which needs two: A shows one video"),
        (
            ("sequences", "--set", "levels=1", "--set", "appearance=siamese"),
            "with one level, pairs are compared in the video: tune with appearance=none",
        ),
        (("sequences", "--objective", "best"), "'best' is not one of 'hota', 'idf1', 'mota', 'mean'."),
        (("sequences", "--models", "mine"), "'mine' is not one of 'shipped', 'crossvalidated'."),
        (("sequences", "-o", "det.txt"), "cannot write det.txt: it is a file; name a folder for the results"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    siamlink: Run, sequence: Callable[..., Path], arguments: tuple[str, ...], message: str
) -> None:
    sequence("A", None)
    sequence("B", None)
    result = siamlink("tune", "-o", "out", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in " ".join(result.err.replace("│", " ").split())
    assert not Path("out").exists()


def test_a_sequence_without_a_frame_rate(siamlink: Run, sequence: Callable[..., Path]) -> None:
    (sequence("A", None) / "seqinfo.ini").unlink()
    result = siamlink("tune", "sequences", "-o", "out")
    assert result.line.endswith("A: no frame rate; add seqinfo.ini with frameRate")


def test_a_sequence_without_ground_truth_is_left_out(
    siamlink: Run, streets: Path, sequence: Callable[..., Path]
) -> None:
    (sequence("A", None) / "gt" / "gt.txt").unlink()
    result = siamlink("tune", streets, "sequences", "-o", "out", "--trials", "1", *QUICK)
    assert (result.code, result.line) == (0, "note: left out, as gt/gt.txt or det/det.txt is missing: A")


def test_trials_do_without_a_search_which_stays_in_the_settings(
    siamlink: Run, painted_streets: Path, searches: list[int]
) -> None:
    setting = (*QUICK, "--set", "gaps.search=true")
    result = siamlink("tune", painted_streets, "-o", "out", "--trials", "2", *setting)
    assert result.code == 0, result.err
    assert result.err.count("gaps.search stays in the settings, but the trials do without it") == 1
    assert not searches
    assert load_parameters("out/tuned.yaml").gaps.search
