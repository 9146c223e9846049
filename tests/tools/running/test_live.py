"""What a person is told of a live source, and how it is ended."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.sources.frame_source import FrameSource, Gap
from siamlink.tools.running.live import ended_by_signal, losses_of, patience_for, rate_notes, with_rate_hint
from siamlink.tracker.runs.inputs import TrackingInput

SIGNALS = [signal.SIGINT, signal.SIGTERM]


class Gate(FrameSource):
    """Two grey images, live or not."""

    def __init__(self, live: bool = True) -> None:
        super().__init__("gate", 25, None, (2, 2), live)

    def _read(self) -> Iterator[tuple[None, Image]]:
        for _ in range(2):
            yield None, np.zeros((2, 2, 3), np.uint8)


@pytest.fixture(autouse=True)
def terminated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """SIGTERM raises, as in the program."""
    earlier = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, earlier)


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_ends_a_live_source_and_the_second_the_program(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    frames, before = Gate(), [signal.getsignal(each) for each in SIGNALS]
    with ended_by_signal(frames, Path("gate.partial.txt")):
        assert not frames.stopped
        signal.raise_signal(number)
        assert frames.stopped
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert [signal.getsignal(each) for each in SIGNALS] == before
    assert capsys.readouterr().err == "gate is live: Ctrl-C ends it; until then the results are in gate.partial.txt\n"


def test_signals_are_heard_as_before_after_a_live_source() -> None:
    before = [signal.getsignal(each) for each in SIGNALS]
    with ended_by_signal(Gate(), Path("gate.partial.txt")):
        assert all(signal.getsignal(each) is not handler for each, handler in zip(SIGNALS, before, strict=True))
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_ctrl_c_interrupts_what_is_not_live(capsys: pytest.CaptureFixture[str]) -> None:
    frames = Gate(live=False)
    with ended_by_signal(frames, Path("gate.partial.txt")), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not frames.stopped
    assert capsys.readouterr().err == ""


def test_a_wrong_frame_rate_is_noted() -> None:
    frames = Gate()
    for rate, wrong in ((None, False), (24.0, False), (12.04, True), (60.0, True)):
        frames.arrival_rate = rate
        assert bool(losses_of(frames)) is wrong
    frames.arrival_rate = 12.04
    (note,) = losses_of(frames)
    assert note.startswith("gate: 12 frames per second arrive, not 25; give --frame-rate, as all")


def test_losses_are_noted() -> None:
    frames = Gate()
    assert losses_of(frames) == []
    frames.read_count, frames.dropped_count = 90, 10
    frames.gaps = [Gap(50, 101, 2.0, "it ended")]
    dropped, away = losses_of(frames)
    assert dropped == "gate: dropped 10 of 100 frames, which arrived too fast"
    assert away == "gate: without frames once, 2.0 seconds in all, the last time after frame 50 (it ended)"
    frames.gaps.append(Gap(120, None, 3.26, "no answer in time"))
    assert losses_of(frames)[1] == (
        "gate: without frames 2 times, 5.3 seconds in all, the last time after frame 120 (no answer in time)"
    )


def test_a_wrong_frame_rate_is_said_once_as_soon_as_it_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    frames, steps = Gate(), []
    progress = with_rate_hint(lambda *step: steps.append(step), frames)
    progress("link", 1, None)
    assert capsys.readouterr().err == ""
    frames.arrival_rate = 12.04
    for number in (2, 3):
        progress("link", number, None)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gate: 12 frames per second arrive, not 25; give --frame-rate")
    assert steps == [("link", number, None) for number in (1, 2, 3)]


@pytest.mark.parametrize(("stated", "said"), [(None, False), (25.0, False), (30.0, False), (12.5, True), (50.0, True)])
def test_a_frame_rate_that_contradicts_the_file_is_said(stated: float | None, said: bool) -> None:
    frames = Gate(live=False)
    frames.stated_rate = stated
    line = f"gate: the file states {stated} frames per second, but 25 are given; all settings in seconds depend on it"
    source = TrackingInput("gate", frames.frame_rate, None, frames, None)
    assert rate_notes(source) == ([line.replace(".0 ", " ")] if said else [])


def test_a_frame_rate_that_is_assumed_is_said() -> None:
    source = TrackingInput("gate", 30.0, 2, None, None, rate_assumed=True)
    line = "gate: the frame rate is not known, 30 frames per second are assumed: give --frame-rate"
    assert rate_notes(source) == [line]


@pytest.mark.parametrize(
    ("source", "seconds", "expected"), [("0", 5.0, 5.0), ("rtsp://x/y", 0.0, 0.0), ("a.mp4", None, 300.0)]
)
def test_seconds_to_reconnect(source: str, seconds: float | None, expected: float) -> None:
    assert patience_for(source, seconds) == expected


def test_files_are_not_reconnected_to() -> None:
    with pytest.raises(ConfigError, match=r"^--patience is for cameras and streams, and a\.mp4 is none: leave it out$"):
        patience_for("a.mp4", 5.0)
