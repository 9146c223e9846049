"""The command `siamlink train calibrated`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.association.calibrated import Models

Run = Callable[..., Any]
FEW = ("--set", "tree_count=3", "--set", "simulations=1", "--set", "frames=50")


def test_the_models_are_written_and_used(siamlink: Run, streets: Path) -> None:
    result = siamlink("train", "calibrated", streets, "-o", "models", *FEW)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[0] == "trained on east, east-again, west; models in models"
    assert "not tested on other videos: there are too few videos with det/det.txt" in result.out
    assert "siamlink track VIDEO -o RESULTS --config general --set model=models" in result.out
    assert sorted(path.name for path in Path("models").iterdir()) == [
        "alone.json",
        "in_track.json",
        "links.json",
        "online.json",
    ]
    Models.load(Path("models"))
    tracked = siamlink(
        "track", streets / "west", "-o", "out", "--no-video", "--config", "general", "--set", "model=models"
    )
    assert tracked.code == 0
    assert Path("out/west.txt").read_text().count("\n") > 90
    again = siamlink("train", "calibrated", streets, "-o", "models", *FEW)
    assert (again.code, again.line) == (2, "siamlink: models/alone.json exists; --overwrite replaces it")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "missing is not a folder; expected a MOT sequence or a folder of sequences"),
        (("STREETS/west",), "nothing to learn from: at least two videos that show objects are needed"),
        (("STREETS", "--exclude", "west"), "nothing to learn from: at least two videos that show objects are needed"),
        (("STREETS", "--exclude", "north"), "--exclude north: there are only east, east-again, west"),
        (("STREETS", "--set", "simulation=1"), "unknown key 'simulation'; did you mean 'simulations'?"),
        (("STREETS", "--set", "folds=1"), "folds: input should be greater than or equal to 2"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(
    siamlink: Run, streets: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = siamlink(
        "train", "calibrated", "-o", "models", *(each.replace("STREETS", str(streets)) for each in arguments)
    )
    assert (result.code, result.out) == (2, "")
    assert message in result.line
    assert not [*Path().glob("models/*")]


def test_a_folder_without_these_models_is_one_line(siamlink: Run, streets: Path) -> None:
    result = siamlink("track", streets / "west", "-o", "out", "--config", "general", "--set", "model=nowhere")
    assert (result.code, result.out) == (2, "")
    assert "no model at nowhere/alone.json; train one with 'siamlink train'" in result.line
