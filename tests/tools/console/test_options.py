"""Commands that take their options as one record."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from siamlink.tools.console.options import Overwrite, Settings, choice_of, takes


@dataclass(frozen=True)
class PackOptions:
    """Options of a command for this test."""

    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files to pack.")]
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to.")]
    settings: Settings = None
    level: Annotated[int, typer.Option(min=1, max=9, help="How hard.")] = 6
    overwrite: Overwrite = False


taken: list[PackOptions] = []
app = typer.Typer()


@app.command()
@takes(PackOptions)
def pack(options: PackOptions) -> None:
    """Pack files."""
    taken.append(options)


@pytest.fixture(autouse=True)
def clean() -> None:
    taken.clear()


def test_arguments_options_and_defaults_fill_the_record() -> None:
    words = ["a", "b", "-o", "out", "--set", "x=1", "--set", "y=2", "--overwrite"]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert taken == [PackOptions([Path("a"), Path("b")], Path("out"), ["x=1", "y=2"], 6, True)]
    CliRunner().invoke(app, ["a", "--output", "out"])
    assert taken[1] == PackOptions([Path("a")], Path("out"))


@pytest.mark.parametrize(
    ("words", "message"),
    [(["-o", "out"], "Missing argument"), (["a"], "Missing option"), (["a", "-o", "b", "--level", "0"], "--level")],
)
def test_what_is_missing_or_out_of_range_is_a_usage_error(words: list[str], message: str) -> None:
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, taken) == (2, [])
    assert message in result.output


def test_the_help_is_that_of_the_function_and_the_fields() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    for part in ("Pack files.", "How hard.", "Files to pack.", "default: 6"):
        assert part in text


def test_the_command_keeps_its_name() -> None:
    assert pack.__name__ == "pack"


def test_a_choice_is_a_value_of_the_enumeration() -> None:
    class Size(StrEnum):
        small = "small"
        large = "large"

    assert choice_of(Size)("large") is Size.large
    with pytest.raises(typer.BadParameter, match=r"^'larg' is not one of 'small', 'large'\.$"):
        choice_of(Size)("larg")
