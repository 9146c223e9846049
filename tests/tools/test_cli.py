"""The program as a whole: help, version, usage errors, and what reaches the terminal."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.detectors.base.former_names import former_name_note
from siamlink.tools.cli import main

Run = Callable[..., Any]
PROGRAM = "from siamlink.tools.cli import main; main()"
OUTPUTS = {
    ("track",): ["DIR/NAME.txt", "DIR/NAME.mp4", "DIR/NAME.json", "Exit code: 0", "3 an input broke"],
    ("detect",): ["Writes FILE", "Exit code: 0", "3 the input broke"],
    ("detectors",): ["Writes nothing"],
    ("parameters",): ["writes nothing"],
    ("import",): ["DIR/NAME.txt", "DIR/NAME.constraints.txt", "Exit code: 0"],
    ("export",): ["Writes FILE", "STEM.config.xml", "Exit code: 0"],
    ("crops",): ["DIR/TRACK-FRAME.jpg", "Exit code: 0"],
    ("summary",): ["Prints tables", "--csv", "--json", "Exit code: 0"],
    ("report",): ["one HTML file", "NAME.report.mp4", "NAME.corrected.txt", "Exit code: 0"],
    ("segment",): ["Writes DIR/.NAME.segments", "Exit code: 0"],
    ("join",): ["Writes what siamlink track writes", "Exit code: 0"],
    ("evaluate",): ["Prints a table", "--json", "--csv", "--events"],
    ("train", "matcher"): ["DIR/context.json", "DIR/detection.json", "DIR/link.json"],
    ("train", "calibrated"): ["DIR/alone.json", "DIR/in_track.json", "DIR/links.json", "DIR/online.json"],
    ("crossvalidate",): ["DIR/SEQ.txt", "DIR/scores.json", "DIR/models/SEQ", "DIR/matching.json"],
    ("tune",): ["DIR/tuned.yaml", "DIR/tune.json", "DIR/trials.jsonl", "DIR/models"],
    ("demo",): ["DIR/street/", "DIR/tracks/"],
    ("study", "ablate"): ["DIR/rows", "DIR/ablation.json"],
    ("study", "match"): ["DIR/match.json", "DIR/roc.png"],
    ("study", "latency"): ["DIR/MODE/SEQ.txt", "DIR/latency.json", "DIR/latency.md", "DIR/latency.png"],
}
COMMANDS = [
    "track",
    "detect",
    "detectors",
    "parameters",
    "export",
    "import",
    "crops",
    "summary",
    "report",
    "segment",
    "join",
    "evaluate",
    "train",
    "crossvalidate",
    "tune",
    "cache",
    "bench",
    "demo",
    "study",
]
GROUPS = [(), ("train",), ("cache",), ("bench",), ("study",), ("study", "ablate"), ("study", "bench")]
MOVED = {
    ("ablate",): ("study", "ablate"),
    ("ablate", "features"): ("study", "ablate", "features"),
    ("match-eval",): ("study", "match"),
    ("latency",): ("study", "latency"),
    **{("bench", name): ("study", "bench", name) for name in ("solve", "match", "scaling", "stream", "evaluate")},
}
RENAMED = """
import sys, typer, warnings
from siamlink.tools import cli

@cli.app.command()
def renamed():
    warnings.warn("a is now b", FutureWarning, stacklevel=2)
    typer.echo("done")

sys.argv = ["siamlink", "renamed"]
cli.main()
"""


@pytest.mark.parametrize("command", OUTPUTS)
def test_the_help_of_every_command_documents_its_outputs(siamlink: Run, command: tuple[str, ...]) -> None:
    result = siamlink(*command, "--help")
    assert (result.code, result.err) == (0, "")
    text = " ".join(result.out.split())
    for part in OUTPUTS[command]:
        assert part in text


def test_the_help_lists_the_commands_whole(siamlink: Run) -> None:
    result = siamlink("--help")
    listed = result.out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in listed] == [*COMMANDS]
    for command in COMMANDS:
        (line,) = [line for line in result.out.splitlines() if line.startswith(f"  {command} ")]
        assert line.endswith(".")
        assert not line.endswith("..")


@pytest.mark.parametrize("group", GROUPS)
def test_the_list_of_a_group_cuts_no_text(siamlink: Run, group: tuple[str, ...]) -> None:
    listed = siamlink(*group, "--help").out.partition("Commands:\n")[2].splitlines()
    assert listed
    for line in listed:
        assert line.endswith(".")
        assert not line.endswith("...")


@pytest.mark.parametrize("command", [("--help",), ("track", "--help"), ("bench", "--help")])
def test_studies_are_imported_when_one_is_used(command: tuple[str, ...]) -> None:
    code = f"import sys, atexit; atexit.register(lambda: print('siamlink.tools.studies' in sys.modules)); {PROGRAM}"
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_help_of_track_is_short(siamlink: Run) -> None:
    text = siamlink("track", "--help").out.partition("\nArguments:")[0]
    assert len(text.strip().splitlines()) <= 17  # the usage, the title and 15 lines


@pytest.mark.parametrize("old", MOVED)
def test_commands_of_earlier_releases_are_hidden_and_name_the_new_ones(siamlink: Run, old: tuple[str, ...]) -> None:
    new = MOVED[old]
    before, after = siamlink(*old, "--help"), siamlink(*new, "--help")
    assert (before.code, after.code, after.err) == (0, 0, "")
    group = old[: 1 if old[0] != "bench" else 2]
    moved = new[: 1 + len(group)]
    note = former_name_note(f"siamlink {' '.join(group)}", f"siamlink {' '.join(moved)}")
    assert before.err == f"note: {note}\n"
    assert before.out.splitlines()[1:] == after.out.splitlines()[1:]
    if len(group) > 1:
        assert f"  {group[1]} " not in siamlink("bench", "--help").out


def test_a_renamed_setting_is_a_note_on_stderr() -> None:
    done = subprocess.run([sys.executable, "-c", RENAMED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "note: a is now b\n")


def test_version(siamlink: Run) -> None:
    from importlib.metadata import version

    assert siamlink("--version").out == f"siamlink {version('siamlink')}\n"


def test_without_a_command_the_help_is_shown(siamlink: Run) -> None:
    result = siamlink()
    assert "crossvalidate" in result.out + result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trakc",), "No such command 'trakc'."),
        (("track",), "Missing option '--output' / '-o'."),
        (
            ("track", "walk.mp4", "-o", "out", "--mode", "fast"),
            "'--mode': 'fast' is not one of 'offline', 'windowed', 'online'.",
        ),
        (("detect", "walk.mp4"), "Missing option '--output' / '-o'."),
        (("crops", "a.txt"), "Missing option '--output' / '-o'. Folder for the results; created if it is missing."),
        (("demo", "--seconds", "0"), "Invalid value for '--seconds'"),
    ],
)
def test_usage_errors(siamlink: Run, arguments: tuple[str, ...], message: str) -> None:
    result = siamlink(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1].startswith("Error: ")
    assert message in result.err.splitlines()[-1]


def test_an_error_is_one_line_and_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["siamlink", "track", "missing.mp4", "-o", "out"])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 2
    assert capsys.readouterr() == ("", "siamlink: no such file or folder: missing.mp4\n")


LIBRARY = "libGL.so.1: cannot open shared object file"
INCOMPLETE = {
    "ModuleNotFoundError('No module', name='cv2')": "the package cv2 is not installed; install siamlink again",
    f"ImportError('{LIBRARY}: No such file')": LIBRARY,
    "ImportError('DLL load failed while importing cv2')": "DLL load failed while importing cv2",
}
BROKEN = """
from siamlink.tools import cli

@cli.app.command()
def broken():
    raise {error}

import sys
sys.argv = ["siamlink", "broken"]
cli.main()
"""


@pytest.mark.parametrize("error", INCOMPLETE)
def test_an_incomplete_installation_is_one_line(error: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN.format(error=error)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"siamlink: {INCOMPLETE[error]}")
    assert len(done.stderr.splitlines()) == 1


def test_an_import_that_is_a_fault_of_siamlink_is_shown_whole() -> None:
    for error in ("ImportError('cannot import name x')", "ModuleNotFoundError('no siamlink.x', name='siamlink.x')"):
        code = BROKEN.format(error=error)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "Traceback" in done.stderr


@pytest.mark.slow
def test_a_terminal_without_the_characters_of_a_name(here: Path) -> None:
    (here / "straße.mp4").write_bytes((here / "walk.mp4").read_bytes())
    command = [sys.executable, "-c", PROGRAM, "track", "straße.mp4", "-o", "out", "--no-video", "--detector", "motion"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*command, "--config", "fast"], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"stra\xdfe" in done.stdout


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_error() -> None:
    command = [sys.executable, "-c", PROGRAM, "parameters"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,1,nan,2,3,4,1,-1,-1,-1", "line 1, column 3: left nan is not a finite number"),
        ("1,1,1,2,3,4,1,-1,-1,-1\n1,1,9,2,3,4,1,-1,-1,-1", "line 2: id 1 occurs twice in frame 1"),
        ("99,1,1,2,3,4,1,-1,-1,-1", "line 1, column 1: frame 99 is out of range: the last frame is 24"),
    ],
)
def test_malformed_ground_truth_names_line_and_column(
    siamlink: Run, sequence: Callable[..., Path], line: str, message: str
) -> None:
    folder = sequence("SEQ", None)
    assert siamlink("track", folder, "-o", "out").code == 0
    (folder / "gt" / "gt.txt").write_text(line)
    result = siamlink("evaluate", folder, "out", "--json", "scores.json")
    assert (result.code, result.out) == (2, "")
    assert f"gt/gt.txt, {message}" in result.line
    assert not Path("scores.json").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_standard_output_that_is_full_or_closed_is_no_traceback() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", PROGRAM, "parameters"]
        ended = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (2, "siamlink: cannot write: No space left on device\n")
    closed = ["sh", "-c", 'exec "$0" -c "$1" parameters >&-', sys.executable, PROGRAM]
    ended = subprocess.run(closed, check=False, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
