"""The command `siamlink parameters`."""

from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def parameters() -> None:
    """List every setting for --set and configuration files, with its default, meaning and range.

    Prints a table; writes nothing.
    """
    from siamlink.tools.console.tables import Table
    from siamlink.tools.console.terminal import show_table
    from siamlink.tracker.configuration import config_names

    rows = [(key, default, f"{meaning} ({allowed})") for key, default, allowed, meaning in parameter_rows()]
    show_table(Table(("key", "default", "meaning"), tuple(rows), texts=3, folded=(2,)))
    typer.echo(f"\nshipped configurations: {', '.join(config_names())}")


def parameter_rows() -> list[tuple[str, str, str, str]]:
    """Key, default, range and description of every setting."""
    from siamlink.detectors.base.parameters import describe
    from siamlink.tracker.parameters import TrackerParameters

    return [
        (key, _shown(default), _allowed(default, field), f"{field.description or ''}{_searched(field)}")
        for key, default, field in describe(TrackerParameters)
    ]


def _searched(field: "FieldInfo") -> str:
    """The values that 'siamlink tune' tries, as an addition to the description; empty if it does not change these."""
    from siamlink.detectors.base.parameters import Tunable

    searched = Tunable.of(field)
    if searched is None:
        return ""
    return "; tune tries " + ("both" if field.annotation is bool else f"{searched.low:g} to {searched.high:g}")


def _shown(value: Any) -> str:
    return "''" if value == "" else str(value).lower() if isinstance(value, bool) else str(value)


def _allowed(default: Any, field: "FieldInfo") -> str:
    if choices := getattr(field.annotation, "__args__", None):
        return " | ".join(map(str, choices))
    if isinstance(default, bool):
        return "true | false"
    signs = {"gt": ">", "ge": ">=", "lt": "<", "le": "<="}
    bounds = [
        f"{sign} {getattr(bound, name):g}"
        for bound in field.metadata
        for name, sign in signs.items()
        if hasattr(bound, name)
    ]
    return ", ".join(bounds) or "text"
