"""The program `siamlink`: its commands, and how errors reach the terminal."""

import io
import signal
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from siamlink.tools.commands import cache as cache_command
from siamlink.tools.commands import crossvalidate, demo, detect, evaluate, track, train
from siamlink.tools.commands import detectors as detectors_command
from siamlink.tools.commands import parameters as parameters_command
from siamlink.tools.studies.ablation import command as ablate
from siamlink.tools.studies.benchmarks import command as bench
from siamlink.tools.studies.latency import command as latency
from siamlink.tools.studies.matching import command as match_eval

EXIT_ERROR, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 130, 143


class Terminated(BaseException):
    """The program was asked to end by SIGTERM; no handler of other errors takes it for one of theirs."""


class Program(TyperGroup):
    """All commands; an error that the user can mend is one line on stderr and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        from siamlink.detectors.base.errors import SiamlinkError

        try:
            return super().invoke(ctx)
        except SiamlinkError as error:
            message, code = str(error), EXIT_ERROR
        except KeyboardInterrupt:
            message, code = "interrupted", EXIT_INTERRUPTED
        except Terminated:
            raise typer.Exit(EXIT_TERMINATED) from None
        from siamlink.tools.console.terminal import show_error

        show_error(message)
        raise typer.Exit(code)


app = typer.Typer(
    name="siamlink",
    cls=Program,
    help="Multiple-object tracking by detection: say who is who in every frame of a video.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(track.track)
app.command(short_help="Find objects in every frame and write them down.")(detect.detect)
app.command(short_help="List the detectors, and whether each is ready.")(detectors_command.detectors)
app.command(short_help="List every setting of the tracker.")(parameters_command.parameters)
app.command(short_help="Score tracks against ground truth.")(evaluate.evaluate)
app.add_typer(train.app, name="train")
app.add_typer(bench.app, name="bench")
app.add_typer(ablate.app, name="ablate")
app.add_typer(cache_command.app, name="cache")
app.command(short_help="Score models on videos that they never saw.")(crossvalidate.crossvalidate)
app.command(short_help="Measure what a bounded delay costs.")(latency.latency)
app.command(name="match-eval", short_help="Measure how well appearances tell people apart.")(match_eval.match_eval)
app.command(short_help="Render, detect, track, score and draw a street.")(demo.demo)


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


def _terminate(*_: object) -> None:
    raise Terminated


def main() -> None:
    """Run the program; a terminal that lacks a character shows its code, and being terminated leaves nothing behind."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except Terminated:  # before or after a command was at work
        sys.exit(EXIT_TERMINATED)
