"""What the terminal shows."""

import os
import subprocess
import sys

import pytest
from rich.table import Table

from siamlink.tools.console.terminal import show_error, show_note, show_table, stage_bars


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
from siamlink.tools.console.terminal import stage_bars
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
