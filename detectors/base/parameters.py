"""The base of every component's parameters: frozen, documented, with a range on every number."""

import difflib
import reprlib
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from siamlink.detectors.base.errors import ConfigError


class Parameters(BaseModel):
    """A frozen group of settings. Units are part of the names; unknown keys are errors that name the nearest key."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, coerce_numbers_to_str=True)


P = TypeVar("P", bound=Parameters)


def build(kind: type[P], values: dict[str, Any], origin: str) -> P:
    """Make parameters from nested `values`; `origin` says in errors where they came from.

    Raises:
        ConfigError: an unknown key (the nearest known one is named), a wrong type or a value out of range.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{origin}: {_explain(kind, first)}") from None


def _explain(kind: type[Parameters], error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, [name for name, _, _ in describe(kind)], n=1, cutoff=0.3)
        return f"unknown key '{key}'" + (f"; did you mean '{near[0]}'?" if near else "")
    if error["type"] == "model_type":
        return f"'{key}' is a group of settings; set one of those below it, such as '{key}.{_first_key(kind, key)}'"
    return f"{key}: {error['msg'][0].lower()}{error['msg'][1:]}, got {_shown(error['input'])}"


def _shown(value: Any) -> str:
    """A value in one short line, however large or often nested it is."""
    short = reprlib.Repr()
    short.maxlevel, short.maxstring, short.maxother, short.maxlong = 2, 80, 80, 80
    return short.repr(value)


def _first_key(kind: type[Parameters], group: str) -> str:
    return next(name.removeprefix(f"{group}.") for name, _, _ in describe(kind) if name.startswith(f"{group}."))


def describe(kind: type[Parameters], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every leaf setting below `kind`: its dotted key, its default and pydantic's field with description and range."""
    for name, field in kind.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, Parameters):
            yield from describe(type(default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", default, field


def apply_override(values: dict[str, Any], override: str) -> None:
    """Set one of nested `values` in place by `key=value`, with a dotted key and a value in YAML.

    Raises:
        ConfigError: it is not of that form, or contradicts another.
    """
    import yaml

    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set {override}: expected key=value, such as gate.max_gap_seconds=0.5")
    *parents, leaf = key.strip().split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override}: '{parent}' is a single value and has no keys below it")
    try:
        values[leaf] = yaml.safe_load(text) if text else ""
    except (yaml.YAMLError, ValueError, RecursionError):
        values[leaf] = text
