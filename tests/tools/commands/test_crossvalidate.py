"""The command `siamlink crossvalidate`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.association.matcher import Matcher

Run = Callable[..., Any]
MODEL = ("--set", "appearance=model.py:Grey", "--set", "levels=1")


@pytest.mark.slow
def test_each_sequence_is_tracked_by_a_model_of_the_other_video(siamlink: Run, streets: Path) -> None:
    result = siamlink("crossvalidate", streets, "-o", "out", "--sequences", "east,west", "--set", "levels=1")
    assert (result.code, result.err) == (0, "")
    assert [line.split()[0] for line in result.out.splitlines() if line[:1].isalpha()] == [
        *("sequence", "east", "west", "overall", "scored"),
    ]
    scores = json.loads(Path("out/scores.json").read_text())
    assert list(scores["sequences"]) == ["east", "west"]
    assert scores["overall"]["IDF1"] > 60
    files = ["east.txt", "matching.json", "models", "reliability.png", "scores.json", "west.txt"]
    assert sorted(path.name for path in Path("out").iterdir()) == files
    report = json.loads(Path("out/matching.json").read_text())
    assert list(report["calibration"]) == ["detection", "context"]
    assert list(report["importance"]) == ["detection", "context"]
    for name, other in (("east", "west"), ("west", "east")):
        Matcher.load(Path("out/models", name))
        trained = siamlink(
            "train", "matcher", streets, "--exclude", name, "-o", f"without-{name}", "--no-test", "--set", "levels=1"
        )
        assert other in trained.out
        assert (
            siamlink("track", streets / name, "-o", "again", "--set", f"model=without-{name}", "--set", "levels=1").code
            == 0
        )
        assert Path("again", f"{name}.txt").read_text() == Path("out", f"{name}.txt").read_text()


@pytest.mark.slow
def test_with_an_appearance_every_box_is_described_once_for_all_folds(siamlink: Run, painted_streets: Path) -> None:
    result = siamlink("crossvalidate", painted_streets, "-o", "out", *MODEL)
    assert (result.code, result.err) == (0, "")
    seen = [tuple(line.split()) for line in Path("seen.txt").read_text().splitlines()]
    assert len(seen) == len(set(seen)) > 100
    report = json.loads(Path("out/matching.json").read_text())
    geometry, looks = (report["calibration"][f"{name}, open pairs"] for name in ("context", "with appearance"))
    assert geometry["count"] == looks["count"] > 100
    assert list(report["importance"]) == ["detection", "context", "link"]
    for name in ("east", "west"):
        assert Path("out/models", name, "link.json").is_file()
        trained = siamlink(
            *("train", "matcher", painted_streets, "--exclude", name, "-o", f"no-{name}", "--no-test"),
            *MODEL,
        )
        assert trained.code == 0
        model = ("--set", f"model=no-{name}", "--set", "gaps.camera=false", *MODEL)
        assert siamlink("track", painted_streets / name, "-o", "again", "--no-video", *model).code == 0
        assert Path("again", f"{name}.txt").read_text() == Path("out", f"{name}.txt").read_text()


@pytest.mark.parametrize("earlier", ["scores.json", "west.txt"])
def test_earlier_results_are_kept_unless_overwritten(siamlink: Run, streets: Path, earlier: str) -> None:
    Path("out").mkdir()
    Path("out", earlier).write_text("earlier")
    result = siamlink("crossvalidate", streets, "-o", "out", "--sequences", "west")
    assert (result.code, result.line) == (2, f"siamlink: out/{earlier} exists; --overwrite replaces it")
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == {earlier: "earlier"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "missing is not a folder"),
        (("sequences", "--sequences", "A,C"), "--sequences: no 'C' with gt/ and det/ is there, only A, B"),
        (("sequences",), "no other video than A to learn from; cross-validation needs two"),
        (("sequences", "--set", "mode=fast"), "mode: input should be 'offline', 'windowed' or 'online'"),
        (("sequences", "-o", "det.txt"), "cannot write det.txt: it is a file; name a folder for the results"),
    ],
)
def test_what_cannot_be_used_is_one_line(
    siamlink: Run, sequence: Callable[..., Path], arguments: tuple[str, ...], message: str
) -> None:
    sequence("A", None)
    sequence("B", None)
    result = siamlink("crossvalidate", "-o", "out", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.line
    assert not Path("out").exists()


def test_a_sequence_without_public_detections(siamlink: Run, sequence: Callable[..., Path]) -> None:
    det = sequence("A") / "det"
    (det / "det.txt").rename(det / "other.txt")
    assert siamlink("crossvalidate", "sequences", "-o", "out").line.endswith("A has no det/det.txt to be tracked from")


@pytest.mark.slow
def test_several_processes_give_the_same_results(siamlink: Run, streets: Path) -> None:
    for jobs in ("1", "2"):
        done = siamlink("crossvalidate", streets, "-o", f"out{jobs}", "--jobs", jobs, "--set", "levels=1")
        assert (done.code, done.err) == (0, "")
    results = {path.relative_to("out1"): path for path in Path("out1").rglob("*") if path.is_file()}
    assert len(results) > 6
    for name, path in results.items():
        assert path.read_bytes() == (Path("out2") / name).read_bytes()


@pytest.mark.slow
def test_each_sequence_is_searched_once(siamlink: Run, painted_streets: Path, searches: list[int]) -> None:
    setting = ("--set", "levels=1", "--set", "appearance=none", "--set", "gaps.search=true")
    result = siamlink("crossvalidate", painted_streets, "-o", "out", "--jobs", "1", *setting)
    assert result.code == 0, result.err
    files = [*Path("out").glob("*.txt")]
    assert [*map(bool, searches)] == [True] * len(files)
    marks = [line.endswith(",2") for file in files for line in file.read_text().splitlines()]
    assert sum(marks) == sum(searches)
