"""The program `siamlink`: its commands, and how errors and warnings reach the terminal."""

import errno
import io
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from siamlink.tools.commands import (
    bench,
    crops,
    crossvalidate,
    demo,
    detect,
    evaluate,
    export,
    import_tracks,
    join,
    report,
    segment,
    summary,
    track,
    train,
    tune,
)
from siamlink.tools.commands import cache as cache_command
from siamlink.tools.commands import detectors as detectors_command
from siamlink.tools.commands import parameters as parameters_command
from siamlink.tools.console.exit_codes import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_TERMINATED
from siamlink.tools.console.group import Group

HELP = "Track objects in video: multiple-object tracking by detection."
STUDY_HELP = "Research: ablations, matching, latency and speed studies."
ORDER = (
    *("track", "detect", "detectors", "parameters"),
    *("export", "import", "crops", "summary", "report"),
    *("segment", "join"),
    *("evaluate", "train", "crossvalidate", "tune", "cache", "bench", "demo", "study"),
)
MOVED = {"ablate": "ablate", "match-eval": "match", "latency": "latency"}
"""Commands of earlier releases, which are now commands of `siamlink study`; accepted for one release."""
MOVED_BENCHMARKS = ("evaluate", "match", "scaling", "solve", "stream")
"""Likewise, commands of `siamlink bench` that are now commands of `siamlink study bench`."""


class Terminated(BaseException):
    """SIGTERM was received; not an `Exception`, so that no handler of errors catches it."""


class Study(Group):
    """The group `siamlink study`, imported when it is used: no other command depends on the studies."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the studies."""
        return _studies().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The study of a name; None if there is none."""
        return _studies().get_command(ctx, cmd_name)


class Bench(Group):
    """The group `siamlink bench`; benchmarks of earlier releases are found at `siamlink study bench`."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The benchmark of a name; None if there is none."""
        if cmd_name not in MOVED_BENCHMARKS:
            return super().get_command(ctx, cmd_name)
        _note_moved(f"bench {cmd_name}", f"study bench {cmd_name}")
        benchmarks = _studies().commands["bench"]
        return benchmarks.get_command(ctx, cmd_name) if isinstance(benchmarks, TyperGroup) else None


class Program(Group):
    """All commands; an error of the user or of the input is one line on stderr and exit code 2."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names of the commands, in the order of the help."""
        return list(ORDER)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None if there is none."""
        if cmd_name not in MOVED:
            return super().get_command(ctx, cmd_name)
        _note_moved(cmd_name, f"study {MOVED[cmd_name]}")
        return _studies().get_command(ctx, MOVED[cmd_name])

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        from siamlink.detectors.base.errors import SiamlinkError
        from siamlink.tools.console.list_values import check_lists

        try:
            check_lists(ctx.args)
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if not error.message and error.param is not None:  # it is missing
                error.message = getattr(error.param, "help", None) or ""
            raise
        except SiamlinkError as error:
            message, code = str(error), EXIT_ERROR
        except ImportError as error:
            if (reason := _missing_part(error)) is None:
                raise
            message, code = reason, EXIT_ERROR
        except KeyboardInterrupt:
            message, code = "interrupted", EXIT_INTERRUPTED
        except Terminated:
            raise typer.Exit(EXIT_TERMINATED) from None
        from siamlink.tools.console.terminal import show_error

        show_error(message)
        raise typer.Exit(code)


def _studies() -> TyperGroup:
    from siamlink.tools.studies import commands

    return get_group(commands.app)


def _missing_part(error: ImportError) -> str | None:
    """What is wrong with this installation; None if it is not the reason of an error."""
    text = " ".join(str(error).split())
    if isinstance(error, ModuleNotFoundError):
        own = (error.name or "").startswith("siamlink")
        return None if own else f"the package {error.name} is not installed; install siamlink again"
    if "cannot open shared object file" in text or "DLL load failed" in text:
        return f"{text}; install this library; on Debian and Ubuntu, OpenCV needs the packages libgl1 and libglib2.0-0"
    return None


def _note_moved(old: str, new: str) -> None:
    from siamlink.tools.console.terminal import show_former_name

    show_former_name(f"siamlink {old}", f"siamlink {new}")


app = typer.Typer(
    name="siamlink",
    cls=Program,
    help=HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command(short_help="Track objects in videos, image folders or streams.")(track.track)
app.command(short_help="Detect objects in every frame and write the boxes.")(detect.detect)
app.command(short_help="List the detectors, and whether each is ready.")(detectors_command.detectors)
app.command(short_help="List every setting of the tracker.")(parameters_command.parameters)
app.command(short_help="Write tracks for other tools, such as CVAT.")(export.export)
app.command("import", short_help="Read tracks that were corrected in another tool.")(import_tracks.import_tracks)
app.command(short_help="Cut the best pictures of each track out of the video.")(crops.crops)
app.command(short_help="Show tracks in numbers: times, speeds, counts, lines, zones.")(summary.summary)
app.command(short_help="Write an HTML report of tracks and their video.")(report.report)
app.command(short_help="Do one of the segments of a long video, as on a cluster.")(segment.segment)
app.command(short_help="Link the segments of a long video into its tracks.")(join.join)
app.command(short_help="Score tracks against ground truth.")(evaluate.evaluate)
app.add_typer(train.app, name="train")
app.command(short_help="Score by leave-one-video-out cross-validation.")(crossvalidate.crossvalidate)
app.command(short_help="Search settings that suit annotated videos.")(tune.tune)
app.add_typer(cache_command.app, name="cache")
app.add_typer(bench.app, name="bench", cls=Bench)
app.command(short_help="Render, track and score a synthetic street.")(demo.demo)
app.add_typer(typer.Typer(no_args_is_help=True), name="study", cls=Study, help=STUDY_HELP)


def _show_version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"siamlink {version('siamlink')}")
        raise typer.Exit


@app.callback(help=HELP)
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options of the program itself."""


def _terminate(*_: object) -> None:
    raise Terminated


def _show_warning(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    from siamlink.tools.console.terminal import show_warning

    show_warning(message, category, filename, lineno)


def main() -> None:
    """Run the program.

    A character that the terminal lacks is shown as its code; warnings of renamed settings are notes; SIGTERM ends the
    program as Ctrl-C does, so that temporary files are removed.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller has closed it
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - until the program ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    warnings.showwarning = _show_warning  # type: ignore[assignment]
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except Terminated:  # before or after a command was at work
        sys.exit(EXIT_TERMINATED)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        from siamlink.tools.console.standard_output import discard_output
        from siamlink.tools.console.terminal import show_error

        discard_output()
        show_error(f"cannot write: {error.strerror}")
        sys.exit(EXIT_ERROR)
