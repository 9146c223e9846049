"""The command `siamlink latency`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.association.matcher import Matcher

Run = Callable[..., Any]
WAYS = ["offline", "windowed 9 s", "windowed 0.5 s", "online"]


@pytest.fixture
def models(here: Path, matcher: Matcher) -> Path:
    """A model of each of two of the streets."""
    for name in ("east", "west"):
        matcher.save(here / "models" / name)
    return here / "models"


@pytest.mark.slow
def test_every_way_of_tracking_is_scored_beside_the_others(siamlink: Run, streets: Path, models: Path) -> None:
    command = (
        "study",
        "latency",
        streets,
        "-o",
        "out",
        "--models",
        models,
        "--latencies",
        "0.5,9",
        "--set",
        "levels=1",
    )
    done = siamlink(*command, "--jobs", 2)
    assert (done.code, done.err) == (0, "")
    scores = json.loads(Path("out/latency.json").read_text())
    assert list(scores) == WAYS
    assert all(list(each["sequences"]) == ["east", "west"] for each in scores.values())
    assert scores["windowed 9 s"] == scores["offline"]
    assert all(each["overall"]["HOTA"] > 40 for each in scores.values())
    for name in ("east", "west"):
        whole, windowed = (Path("out", way, f"{name}.txt").read_bytes() for way in WAYS[:2])
        assert whole == windowed != b""
        model = ("--set", f"model={models / name}", "--set", "levels=1")
        assert siamlink("track", streets / name, "-o", "again", "--mode", "online", *model).code == 0
        assert Path("again", f"{name}.txt").read_bytes() == Path("out/online", f"{name}.txt").read_bytes()
    lines = Path("out/latency.md").read_text().splitlines()
    assert [line.split("|")[1].strip() for line in lines if line.startswith("| ") and "---" not in line] == [
        *("tracking", *WAYS),
        *("sequence", "east", "west"),
    ]
    assert Path("out/latency.png").read_bytes().startswith(b"\x89PNG")
    assert "latency.json exists; --overwrite replaces it" in siamlink(*command).line


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--models", "nowhere"), "nowhere holds no model named after a sequence"),
        (("--models", "models", "--latencies", "fast"), "--latencies fast: expected seconds joined by commas"),
        (("--models", "models", "--latencies", "-1"), "latency_seconds: input should be greater than or equal to 0"),
        (("--models", "models", "--set", "levels=2"), "no model at models/east/tracklet_link.json"),
    ],
)
def test_what_cannot_be_compared(
    siamlink: Run, streets: Path, models: Path, options: tuple[str, ...], message: str
) -> None:
    done = siamlink("study", "latency", streets, "-o", "out", *options)
    assert done.code == 2
    assert message in done.line
