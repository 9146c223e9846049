"""What a training prints at its end: how good the new models are on other videos, and what to do next."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from siamlink.tools.training.held_out import Comparison

TOO_FEW = "there are too few videos with det/det.txt; give three or more, or leave one out with --exclude SEQ"


def given_settings(config: str | None, settings: Iterable[str] | None) -> list[str]:
    """The options that give a configuration and settings."""
    options = [] if config is None else ["--config", config]
    return [*options, *(part for setting in settings or [] for part in ("--set", setting))]


def show_comparison(comparison: "Comparison | None", reason: str) -> None:
    """Print how good models are on videos that they were not trained on, or the reason why this is not known."""
    from siamlink.tools.console.terminal import show_table

    if comparison is None:
        typer.echo(f"not tested on other videos: {reason}")
        return
    typer.echo()
    show_table(comparison.table())
    typer.echo(f"\n{comparison.verdict}")


def show_next_steps(model: Path, data: Iterable[Path], settings: Iterable[str], can_tune: bool = True) -> None:
    """Print the commands that use the models, and that search settings.

    Args:
        model: the folder of the models.
        data: the arguments of the training.
        settings: the options of the training that tracking needs too.
        can_tune: whether settings can be searched with models like these.
    """
    options = list(settings)
    lines = [("track with the new models", ["track", "VIDEO", "-o", "RESULTS", *options, "--set", f"model={model}"])]
    if can_tune:
        tuned = ["tune", *map(str, data), "-o", "TUNING", *options, "--models", "crossvalidated"]
        lines.append(("search the settings that suit them", tuned))
    typer.echo("\nnext:")
    for text, command in lines:
        typer.echo(f"  {shlex.join(['siamlink', *command])}    # {text}")
