"""The help of every command: nothing is cut off or wider than the terminal, all is explained, and it comes at once."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from siamlink.tools.cli import app

HEAVY = {
    *("IPython", "PIL", "av", "cv2", "filterpy", "matplotlib", "motmetrics", "numpy", "onnxruntime", "optuna"),
    *("ortools", "pandas", "ray", "scipy", "torch", "trackeval", "xgboost"),
}
EVERY_HELP = """
import sys
from siamlink.tools.cli import app
for line in sys.stdin:
    app([*line.split(), "--help"], standalone_mode=False)
"""


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words, the groups too."""
    yield path, command
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        yield from commands(command.get_command(None, name), *path, name)


ALL = dict(commands(get_command(app)))
PATHS = [pytest.param(path, id=" ".join(path) or "siamlink") for path in ALL]


def test_every_command_is_found() -> None:
    assert {(), ("track",), ("train", "matcher"), ("study", "bench", "solve")} <= set(ALL)


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("path", PATHS)
def test_no_line_is_wider_than_the_terminal_or_cut_off(
    path: tuple[str, ...], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    app([*path, "--help"], standalone_mode=False)
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    lines = rest.splitlines()
    assert lines
    for line in [*usage.splitlines(), *lines]:
        assert len(line) <= width
    for line in lines:
        assert not line.endswith(("...", "…"))
        assert line.strip() != "..."


@pytest.mark.parametrize("path", PATHS)
def test_every_argument_and_option_is_explained(path: tuple[str, ...]) -> None:
    command = ALL[path]
    assert command.help
    for parameter in command.params:
        text = parameter.help.partition(" [default: ")[0]
        assert text.endswith("."), parameter.name
        assert text[0].isupper() or text[0] in "'-", parameter.name


def test_the_help_of_no_command_imports_a_heavy_package() -> None:
    code = f"{EVERY_HELP}\nprint({HEAVY} & {{*sys.modules}}, file=sys.stderr)"
    words = "\n".join(" ".join(path) for path in ALL) + "\n"
    done = subprocess.run([sys.executable, "-c", code], input=words, capture_output=True, text=True, check=True)
    assert done.stdout.count("Usage: ") == len(ALL)
    assert done.stderr == "set()\n"
