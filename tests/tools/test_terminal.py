"""What the terminal shows and hears."""

import os
import signal
import subprocess
import sys

import pytest
from rich.table import Table

from siamlink.tools.terminal import ended_by_interrupt, show_error, show_note, show_table, stage_bars


def test_lines_go_to_stderr_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_error("no [bold]:car: in {name}")
    show_note("x" * 300)
    assert capsys.readouterr() == ("", "siamlink: no [bold]:car: in {name}\n" + "x" * 300 + "\n")


def test_a_table_may_be_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    table = Table()
    table.add_column("digits", no_wrap=True)
    table.add_row("1" * 50)
    show_table(table)
    assert "1" * 50 not in capsys.readouterr().out
    show_table(table, 60)
    assert "1" * 50 in capsys.readouterr().out


def test_no_bars_without_a_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with stage_bars("street") as progress:
        progress("detect", 1, 2)
    assert capfd.readouterr() == ("", "")


BARS = """
from siamlink.tools.terminal import stage_bars
with stage_bars("{x}[bold]:car:") as progress:
    progress("detect", 0, None)
    progress("detect", 3, 12)
    progress("draw", 7, 7)
"""


def test_bars_on_a_terminal() -> None:
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen([sys.executable, "-c", BARS], stderr=slave, env=environment) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
    os.close(master)
    assert process.returncode == 0
    text = shown.decode()
    assert "{x}[bold]:car: detect" in text
    assert "{x}[bold]:car: draw" in text
    assert " 3/12" in text
    assert "7/7" in text


def test_the_first_ctrl_c_ends_a_live_source_and_the_second_interrupts(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    with ended_by_interrupt("gate", live=True) as stop:
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err == "gate is live: Ctrl-C ends it\n"


def test_ctrl_c_works_again_after_a_live_source() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ended_by_interrupt("gate", live=True):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_interrupts_what_is_not_live(capsys: pytest.CaptureFixture[str]) -> None:
    with ended_by_interrupt("street", live=False) as stop, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not stop()
    assert capsys.readouterr().err == ""
