"""What the terminal shows."""

import io
import os
import subprocess
import sys

import pytest
from rich.console import Console

from siamlink.tools.console.tables import table
from siamlink.tools.console.terminal import download_bar, show_error, show_note, show_table, show_warning, stage_bars


def test_lines_go_to_stderr_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_error("no [bold]:car: in {name}")
    show_note("x" * 300)
    assert capsys.readouterr() == ("", "siamlink: no [bold]:car: in {name}\n" + "x" * 300 + "\n")


WIDE = table(("name", "digits"), [("a name of several words", "1" * 30)])


def test_a_narrow_terminal_folds_text_and_never_cuts_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show_table(WIDE)
    lines = capsys.readouterr().out.splitlines()
    assert "1" * 30 in lines[2]
    assert "a name of several words" not in lines[2]
    monkeypatch.setenv("COLUMNS", "80")
    show_table(WIDE)
    assert "a name of several words" in capsys.readouterr().out


def test_in_a_pipe_every_row_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show_table(table(("name", "digits"), [("word " * 100, "1" * 100)]))
    header, _, row = capsys.readouterr().out.splitlines()
    assert row.split() == ["word"] * 100 + ["1" * 100]
    assert header.split() == ["name", "digits"]


def test_a_future_warning_is_a_note_and_others_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_warning(FutureWarning("a is now b"), FutureWarning, "file.py", 3)
    assert capsys.readouterr() == ("", "note: a is now b\n")
    show_warning("odd", UserWarning, "file.py", 3)
    assert capsys.readouterr().err == "file.py:3: UserWarning: odd\n"


def test_the_bar_appears_with_the_first_bytes_only() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100)
    with download_bar(console):
        pass
    assert written.getvalue() == ""
    with download_bar(console) as progress:
        progress("net.onnx", 500_000, 1_000_000)
        progress("net.onnx", 1_000_000, 1_000_000)
    assert "net.onnx" in written.getvalue()
    assert "1.0/1.0 MB" in written.getvalue()


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
