"""The night with a network camera, cut down to seconds."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    spec = importlib.util.spec_from_file_location("soak", Path(__file__).parent / "soak.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_night_in_seconds(soak: ModuleType, tmp_path: Path) -> None:
    result = soak.soak(300, 4.0, 1, tmp_path)
    assert result["frames"] == 300
    assert result["last_frame"] >= 300 + 12, "the cut takes up numbers"
    assert result["gaps"] >= 2
    assert result["detections"] > 0
    assert result["samples"][-1][1] >= result["start_mb"] * 0.5 > 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gate.json", "gate.mp4", "gate.txt"]


def test_the_detector_finds_everybody(soak: ModuleType) -> None:
    for frame in (0, 1234):
        assert len(soak.find(soak.paint(frame))) == soak.PEOPLE


def test_growth_is_that_of_memory_after_the_start(soak: ModuleType) -> None:
    frames = np.arange(0, 90_000, 450)
    flat = soak.growth(np.column_stack([frames, np.where(frames < 9000, 100, 250)]))
    assert {flat[key] for key in ("start_mb", "half_mb", "end_mb", "most_mb")} == {250}
    assert flat["mb_an_hour"] == pytest.approx(0, abs=1e-6)
    growing = soak.growth(np.column_stack([frames, 200 + frames / 1000]))
    assert growing["mb_an_hour"] == pytest.approx(90)
