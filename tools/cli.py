"""The program `siamlink`: its commands, and how errors reach the terminal."""

import sys
from typing import Annotated

import typer

from siamlink.tools import crossvalidate, demo, detect, detectors_command, evaluate, parameters_command, track, train

EXIT_ERROR, EXIT_INTERRUPTED = 2, 130

app = typer.Typer(
    name="siamlink",
    help="Multiple-object tracking by detection: say who is who in every frame of a video.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (track.track, detect.detect, detectors_command.detectors, parameters_command.parameters):
    app.command()(command)
app.command()(evaluate.evaluate)
app.add_typer(train.app, name="train")
app.command()(crossvalidate.crossvalidate)
app.command()(demo.demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"siamlink {version('siamlink')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Multiple-object tracking by detection: say who is who in every frame of a video."""


def main() -> None:
    """Run the program; an error that the user can mend is one line on stderr and exit code 2."""
    from siamlink.detectors.errors import SiamlinkError

    try:
        app()
    except SiamlinkError as error:
        typer.echo(f"siamlink: {error}", err=True)
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        typer.echo("siamlink: interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
