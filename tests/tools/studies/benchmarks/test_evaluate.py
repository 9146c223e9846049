"""The command `siamlink bench evaluate`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.tools.studies.benchmarks.evaluate import EvaluateBenchmark, Timing, _largest_difference

Run = Callable[..., Any]
Make = Callable[..., Path]


@pytest.mark.slow
def test_both_programs_give_the_same_scores(siamlink: Run, sequence: Make, here: Path) -> None:
    results = here / "results"
    results.mkdir()
    for name in ("A", "B"):
        folder = sequence(name, None)
        lines = (folder / "gt" / "gt.txt").read_text().splitlines(keepends=True)
        (results / f"{name}.txt").write_text("".join(lines[5:-3]))
    done = siamlink("study", "bench", "evaluate", "sequences", "results", "--repeat", 1, "--json", "figures.json")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(Path("figures.json").read_text())
    assert figures["equal"]
    assert (figures["sequences"], figures["repeats"]) == (2, 1)
    assert figures["difference"] < 1e-9
    assert figures["ratio"] == figures["theirs"]["seconds"] / figures["ours"]["seconds"]
    assert all(figures[side]["seconds"] > 0 and figures[side]["program"] in done.out for side in ("ours", "theirs"))


def test_several_benchmarks_are_not_combined(siamlink: Run, sequence: Make, here: Path) -> None:
    (here / "results").mkdir()
    for name, line in (("A", "1,1,10,10,20,40,1,-1,-1,-1\n"), ("B", "1,1,10,10,20,40,1,1,1\n")):
        (sequence(name, None) / "gt" / "gt.txt").write_text(line)
        (here / "results" / f"{name}.txt").write_text("1,1,10,10,20,40,1,-1,-1,-1\n")
    line = siamlink("study", "bench", "evaluate", "sequences", "results").line
    assert line == "siamlink: the sequences are of mot15, mot17: measure one benchmark at a time"
    assert "does not exist" in siamlink("study", "bench", "evaluate", "sequences", "nowhere").line


def test_a_figure_that_differs_is_named() -> None:
    ours = {"A": {"HOTA": 50.0, "IDF1": 60.0}, "overall": {"HOTA": 50.0, "IDF1": 60.0}}
    assert _largest_difference(ours, ours) == (0, None)
    theirs = {**ours, "A": {"HOTA": 50.25, "IDF1": 60.0}}
    assert _largest_difference(ours, theirs) == (0.25, "A HOTA")
    times = (Timing("siamlink", 1.0, 1.0), Timing("TrackEval", 2.0, 2.0))
    assert EvaluateBenchmark(1, 3, *times, 0.0, None).equal
    assert not EvaluateBenchmark(1, 3, *times, 0.25, "A HOTA").equal
