"""The program without the packages of any extra: it tracks and evaluates; what it cannot do is one line."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

OPTIONAL = ("torch", "trackers", "supervision", "metric_learn", "sklearn", "optuna")
PROGRAM = f"""
import sys

for package in {OPTIONAL}:
    sys.modules[package] = None  # an import of it raises ModuleNotFoundError
from siamlink.tools.cli import main

main()
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [(), ("--config", "paper"), ("--mode", "windowed", "--set", "matching=learned")], ids=" ".join
)
def test_it_tracks_with_appearance_and_evaluates(sequence: Callable[..., Path], options: tuple[str, ...]) -> None:
    folder = sequence("SEQ")
    tracked = run("track", folder, "-o", "out", "--no-video", *options)
    assert (tracked.returncode, tracked.stderr) == (0, "")
    record: dict[str, Any] = json.loads(Path("out/SEQ.json").read_text())
    assert record["appearance"]["name"].startswith("siamese")
    evaluated = run("evaluate", folder, "out")
    assert (evaluated.returncode, evaluated.stderr) == (0, "")
    assert "HOTA" in evaluated.stdout


@pytest.mark.parametrize(
    ("command", "user"),
    [
        (("train", "siamese"), "training a network"),
        (("train", "all"), "training a network"),
        (("study", "ablate", "losses"), "siamlink study ablate"),
    ],
    ids=str,
)
def test_training_a_network_names_the_extra(here: Path, command: tuple[str, ...], user: str) -> None:
    done = run(*command, here, "-o", "model")
    message = f"siamlink: {user} needs the package torch: pip install 'siamlink[train]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_tuning_names_the_extra(here: Path) -> None:
    done = run("tune", here, "-o", "out")
    message = "siamlink: siamlink tune needs the package optuna: pip install 'siamlink[tune]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
