"""`track -o -` prints JSON lines; `track --show` shows the annotated frames."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from siamlink.tools.running import window as window_module
from siamlink.tracker.tracks import Tracks

Run = Callable[..., Any]
WALKERS = ("--detector", "mine.py:Walkers")
MODES = ["offline", "windowed", "online"]
COLUMNS = [
    *("video", "frame", "time", "tracker_id", "class_id", "class_name"),
    *("x_min", "y_min", "x_max", "y_max", "confidence", "interpolated", "link_probability", "found"),
]


@pytest.mark.parametrize("mode", MODES)
def test_a_line_is_printed_for_each_box_and_no_file_is_written(siamlink: Run, mode: str) -> None:
    siamlink("track", "walk.mp4", "-o", "out", "--mode", mode, *WALKERS, "--no-video")
    tracks, files = Tracks.from_mot("out/walk.txt"), sorted(Path().rglob("*"))
    result = siamlink("track", "walk.mp4", "-o", "-", "--mode", mode, *WALKERS)
    assert result.code == 0
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [list(row) for row in rows] == [COLUMNS] * len(tracks)
    assert {row["video"] for row in rows} == {"walk"}
    for name, expected in (
        ("frame", tracks.frame),
        ("tracker_id", tracks.track_id),
        ("interpolated", tracks.interpolated),
    ):
        assert [row[name] for row in rows] == expected.tolist()
    corners = [[row[name] for name in ("x_min", "y_min", "x_max", "y_max")] for row in rows]
    np.testing.assert_allclose(corners, tracks.box, atol=0.011)
    assert rows[-1]["time"] == pytest.approx((rows[-1]["frame"] - 1) / 12, abs=1e-4)
    assert rows[0]["class_name"] is None
    assert "walk  " in result.err
    assert sorted(Path().rglob("*")) == files


def test_several_sources_are_printed_one_after_the_other(siamlink: Run, sequence: Callable[..., Path]) -> None:
    result = siamlink("track", sequence("A", None), sequence("B", None), "-o", "-", "--config", "fast")
    videos = [json.loads(line)["video"] for line in result.out.splitlines()]
    assert videos == sorted(videos)
    assert set(videos) == {"A", "B"}


def test_a_live_stream_is_printed(siamlink: Run, stream: str) -> None:
    result = siamlink("track", stream, "-o", "-", "--mode", "online", *WALKERS)
    assert result.code == 0
    assert {json.loads(line)["tracker_id"] for line in result.out.splitlines()} == {1, 2}
    assert result.err.splitlines()[0] == "gate is live: Ctrl-C ends it"


def test_what_was_printed_before_an_interruption_stays(siamlink: Run) -> None:
    result = siamlink("track", "walk.mp4", "-o", "-", "--mode", "online", "--detector", "mine.py:Interrupted")
    assert (result.code, result.line) == (130, "siamlink: interrupted")
    assert {json.loads(line)["tracker_id"] for line in result.out.splitlines()} == {1, 2}
    assert not list(Path().glob("*partial*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--resume",), "-o - prints the tracks of one source after the other: it excludes --resume"),
        (("--jobs", "2"), "-o - prints the tracks of one source after the other: it excludes --jobs"),
        (("--show", "--jobs", "2"), "-o - prints the tracks of one source after the other: it excludes --jobs"),
    ],
)
def test_what_does_not_go_with_printing(siamlink: Run, options: tuple[str, ...], message: str) -> None:
    result = siamlink("track", "walk.mp4", "-o", "-", *WALKERS, *options)
    assert (result.code, result.line) == (2, f"siamlink: {message}")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["track", "detect"])
def test_a_closed_pipe_ends_the_command_quietly(here: Path, command: str) -> None:
    options = ["--mode", "online", "--config", "fast"] if command == "track" else []
    program = [sys.executable, "-m", "siamlink.tools.cli", command, "walk.mp4", "-o", "-", *WALKERS, *options]
    code = "from siamlink.tools.cli import main; main()"
    program[1:3] = ["-c", code]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ))
    assert process.stdout is not None
    process.stdout.close()  # as `head -0` does
    _, error = process.communicate(timeout=300)
    assert (process.returncode, error.decode()) == (0, "")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The pictures that a window would show, on a machine with a display."""
    pictures: list[np.ndarray] = []
    for name in ("namedWindow", "resizeWindow", "destroyWindow"):
        monkeypatch.setattr(cv2, name, lambda *_: None)
    monkeypatch.setattr(cv2, "imshow", lambda _, image: pictures.append(image.copy()))
    monkeypatch.setattr(cv2, "waitKey", lambda _: -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: 1.0)
    monkeypatch.setattr(window_module, "check_display", lambda: None)
    return pictures


@pytest.mark.parametrize("mode", MODES)
def test_the_annotated_frames_are_shown(siamlink: Run, shown: list[np.ndarray], mode: str) -> None:
    assert siamlink("track", "walk.mp4", "-o", "out", "--mode", mode, "--show", *WALKERS).code == 0
    assert len(shown) == 24
    assert np.abs(shown[20].astype(int) - shown[20].mean()).max() > 100
    assert Path("out/walk.mp4").exists()


def test_a_source_without_frames_has_nothing_to_show(
    siamlink: Run, shown: list[np.ndarray], sequence: Callable[..., Path]
) -> None:
    result = siamlink("track", sequence("A", None), "-o", "out", "--show", "--config", "fast")
    message = "A has no frames: tracked from its detections alone, no video written, nothing to show"
    assert (result.code, result.line, shown) == (0, message, [])


def test_offline_q_ends_the_show_and_the_video_is_complete(
    siamlink: Run, shown: list[np.ndarray], monkeypatch: pytest.MonkeyPatch, video_facts: Callable[..., Any]
) -> None:
    monkeypatch.setattr(cv2, "waitKey", lambda _: ord("q") if len(shown) == 5 else -1)
    assert siamlink("track", "walk.mp4", "-o", "out", "--show", *WALKERS).code == 0
    assert len(shown) == 5
    assert video_facts("out/walk.mp4")[3] == 24


def test_online_q_is_ctrl_c(siamlink: Run, shown: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "waitKey", lambda _: ord("q") if len(shown) == 12 else -1)
    result = siamlink("track", "walk.mp4", "-o", "out", "--show", "--mode", "online", *WALKERS)
    assert result.code == 130
    assert len(Tracks.from_mot("out/walk.partial.txt"))


def test_q_ends_a_live_stream_and_keeps_everything(
    siamlink: Run, shown: list[np.ndarray], monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr(cv2, "waitKey", lambda _: ord("q") if len(shown) == 8 else -1)
    result = siamlink("track", stream, "-o", "out", "--show", "--mode", "online", *WALKERS)
    assert result.code == 0
    assert len(shown) == 8
    assert {path.name for path in Path("out").iterdir()} == {"gate.txt", "gate.json", "gate.mp4"}
    assert Tracks.from_mot("out/gate.txt").frame.max() < 24
