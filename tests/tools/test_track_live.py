"""The command `siamlink track` on a live stream."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Check = Callable[..., Any]
MODES = [
    pytest.param(("--mode", "online"), id="online"),
    pytest.param(("--mode", "windowed", "--set", "latency_seconds=0.5", "--set", "levels=1"), id="windowed"),
]
LAST = 24
"""The number of the last frame of the walkers."""
UNDECIDED = 12
"""Boxes of the two walkers that online tracking does not report yet, until it is sure of them."""


@pytest.mark.parametrize("mode", MODES)
def test_a_live_stream_is_drawn_while_it_is_tracked(
    siamlink: Run, stream: str, check_two_tracks: Check, video_facts: Check, mode: tuple[str, ...]
) -> None:
    result = siamlink("track", stream, "-o", "out", *mode, "--detector", "mine.py:Walkers")
    assert result.code == 0, result.err
    assert result.line == "gate is live: Ctrl-C ends it; until then out/gate.partial.txt grows"
    record = check_two_tracks("out", "gate", missing=UNDECIDED)
    assert video_facts("out/gate.mp4") == ("h264", "yuv420p", (160, 120), LAST)
    assert record["input"]["source"] == "gate"
    assert "secret" not in json.dumps(record)
    assert "hidden" not in json.dumps(record)


@pytest.mark.parametrize("mode", MODES)
def test_ctrl_c_ends_a_live_stream_and_keeps_everything(
    siamlink: Run, stream: str, check_two_tracks: Check, video_facts: Check, mode: tuple[str, ...]
) -> None:
    result = siamlink("track", stream, "-o", "out", *mode, "--detector", "mine.py:Interrupted")
    assert result.code == 0
    check_two_tracks("out", "gate", 10, UNDECIDED)
    assert video_facts("out/gate.mp4")[3] == 10
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("mode", MODES)
def test_a_live_stream_outlives_its_detector(
    siamlink: Run, stream: str, check_two_tracks: Check, video_facts: Check, mode: tuple[str, ...]
) -> None:
    result = siamlink("track", stream, "-o", "out", *mode, "--detector", "mine.py:Fails")
    assert result.code == 3
    assert "failed in frame 10: RuntimeError: out of memory" in result.err.splitlines()[-1]
    check_two_tracks("out", "gate", 9, UNDECIDED)
    assert video_facts("out/gate.mp4")[3] == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--detector", "motion"), "gate is live and has no end to wait for: use --mode online"),
        (("--detections", "det.txt", "--mode", "online"), "gate is live: its detections come from a detector"),
        (("walk.mp4", "--detector", "motion", "--mode", "online"), "gate is live: track it alone"),
    ],
)
def test_what_does_not_go_with_a_live_stream(
    siamlink: Run, stream: str, arguments: tuple[str, ...], message: str
) -> None:
    result = siamlink("track", stream, *arguments, "-o", "out")
    assert result.code == 2
    assert result.line.startswith(f"siamlink: {message}")
    assert not Path("out").exists()
