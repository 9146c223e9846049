"""The model of cost: fitted to runs whose cost is known, and to measured ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import InputError
from siamlink.tools.studies.scale.model import Line, ManyModel, Power, fit, fit_many
from siamlink.tools.studies.scale.points import Point, read_points

Run = Callable[..., Any]
SECONDS = st.floats(0.001, 5)


@given(SECONDS, SECONDS, SECONDS, SECONDS, st.floats(0.001, 0.1))
def test_the_model_finds_the_costs_that_runs_were_made_of(
    start: float, worker: float, first: float, video: float, frame: float
) -> None:
    true = ManyModel("videos", 2, start, worker, first, video, frame, 0.0, 0.0, 0.0)
    points = [
        Point("videos", workers, videos, frames, 10, wall_seconds=1.0, cpu_seconds=true.cpu(videos, frames, workers))
        for workers in (1, 2, 4)
        for videos in (4, 16)
        for frames in (100, 1000)
    ]
    found = fit_many(points, cores=2)
    assert found.error < 1e-6
    assert found.wall(10_000, 1500, 64, 64) == pytest.approx(true.wall(10_000, 1500, 64, 64), rel=1e-3)
    assert found.wall(8, 500, 4) == found.wall(8, 500, 2) > found.wall(8, 500, 4, cores=4)
    assert found.wall(8, 500, 1) == pytest.approx(found.cpu(8, 500, 1)), "one process waits for nobody"


def test_points_without_cpu_seconds_are_one_line() -> None:
    with pytest.raises(InputError, match="of kind 'videos' has no cpu_seconds"):
        fit_many([Point("videos", 1, 1, 10, 10, 1.0)], 2)


def test_a_power_of_the_length() -> None:
    found = Power.fit([10, 100, 1000], [2e-4, 2e-2, 2.0])
    assert (found.exponent, found.longest) == (pytest.approx(2), 1000)
    assert found.of(10_000.0) == pytest.approx(200)
    assert Power.fit([100], [5.0]).of(200.0) == pytest.approx(10), "linear without other points"


def test_a_line_over_the_length() -> None:
    found = Line.fit([10, 100, 1000], [6.0, 15.0, 105.0])
    assert (found.start, found.frame) == (pytest.approx(5), pytest.approx(0.1))
    assert Line.fit([10, 20], [3.0, 1.0]).frame == pytest.approx(0), "nothing shrinks with the length"


def test_streams_of_one_worker_are_fitted_apart() -> None:
    point = Point("stream", 1, 1, 1000, 10, 2.0, peak_bytes=1e8)
    model = fit([point, Point("stream", 1, 1, 2000, 10, 4.0), Point("stream", 2, 1, 2000, 10, 1.0)], 2)
    assert (model.many, model.stream_seconds is not None) == ({}, True)
    assert model.stream_seconds is not None
    assert model.stream_seconds.of(4000.0) == pytest.approx(8)
    assert model.stream_bytes is not None
    assert model.stream_bytes.of(2000.0) == pytest.approx(2e8)


@pytest.mark.parametrize("text", ["", "{}", '{"points": [{"kind": "videos"}]}', '{"points": 3}'])
def test_files_without_points_are_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_text(text)
    with pytest.raises(InputError, match="holds no measured points"):
        read_points(tmp_path / "p.json")


@pytest.mark.parametrize(
    ("name", "value"), [("frames", 0), ("videos", "a"), ("workers", None), ("wall_seconds", float("nan"))]
)
def test_figures_that_no_run_has_are_one_line(tmp_path: Path, name: str, value: object) -> None:
    point = {"kind": "stream", "workers": 1, "videos": 1, "frames": 10, "objects": 1, "wall_seconds": 1, name: value}
    (tmp_path / "p.json").write_text(json.dumps({"points": [point]}))
    with pytest.raises(InputError, match=f"{name} is .*, which is no measured figure"):
        read_points(tmp_path / "p.json")


@pytest.mark.slow
def test_runs_are_measured_and_drawn_with_those_of_files(siamlink: Run, here: Path) -> None:
    stream = {"kind": "stream", "workers": 1, "videos": 1, "frames": 1000, "objects": 10, "wall_seconds": 3.0}
    (here / "more.json").write_text(json.dumps({"points": [{**stream, "peak_bytes": 1e8, "other": 1}]}))
    options = ("--workers", "1", "--videos", "1,2", "--frames", "20,40", "--add", "more.json")
    done = siamlink("study", "scale", "-o", "out", *options)
    assert (done.code, done.err) == (0, "")
    found = json.loads((here / "out" / "scale.json").read_text())
    assert [(each["kind"], each["videos"], each["frames"]) for each in found["points"]] == [
        ("stream", 1, 1000),
        *(("detections", videos, frames) for frames in (20, 40) for videos in (1, 2)),
        *(("videos", videos, 20) for videos in (1, 2)),
    ]
    assert all(each["wall_seconds"] > 0 and each["disk_bytes"] > 0 for each in found["points"][1:])
    assert (here / "out" / "scale.png").read_bytes().startswith(b"\x89PNG")
    assert "10,000 videos of a minute" in done.out
    again = siamlink("study", "scale", "-o", "again", "--only-added", "--add", "out/scale.json")
    assert (again.code, again.out) == (0, done.out)
