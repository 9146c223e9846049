"""The base of every component's parameters: frozen, documented, with a range on every number.

A parameter that was renamed names its former key, which is accepted for one release with a FutureWarning:

    extrapolate_seconds: float = Field(0.5, json_schema_extra=renamed(former_name="carry_on_seconds"))
    smooth: bool = Field(True, json_schema_extra=renamed(former_key="output.smooth"))
"""

import reprlib
import warnings
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.former_names import former_name_note
from siamlink.detectors.base.hints import SIMILAR, similarity, suggestion


class Parameters(BaseModel):
    """A frozen group of parameters. Units are part of the names; an unknown key is an error that names the nearest."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, coerce_numbers_to_str=True)


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class Tunable:
    """Where `siamlink tune` searches a setting that needs no new pass over the video; stands in the type of its field.

        entry: Annotated[float, Tunable(0.3, 10, log=True)] = Field(2.5, ge=0, le=100, description="...")

    A setting that is true or false has no range; both are tried.

    Attributes:
        low: the lowest value.
        high: the highest value.
        log: whether the logarithm is searched evenly, for values of which the ratio counts.
    """

    low: float = 0
    high: float = 1
    log: bool = False

    @classmethod
    def of(cls, field: FieldInfo) -> "Tunable | None":
        """The range of a field; None if it is not searched."""
        return next((each for each in field.metadata if isinstance(each, cls)), None)


def renamed(former_name: str | None = None, former_key: str | None = None) -> JsonDict:
    """What a field passes as `json_schema_extra` if it had another name before; a field may be a whole group.

    Args:
        former_name: its former name in the same group.
        former_key: its former dotted key, from the outermost group, if it was moved from another group.
    """
    names = {"former_name": former_name, "former_key": former_key}
    return {kind: name for kind, name in names.items() if name is not None}


def build(kind: type[P], values: dict[str, Any], origin: str) -> P:
    """Make parameters from nested `values`.

    Args:
        kind: the class to make.
        values: nested dictionaries; former keys are accepted with a FutureWarning.
        origin: where the values come from; errors begin with it.

    Raises:
        ConfigError: a key is unknown (the nearest key is named), or given by its former name too; a value is of a wrong
            type or out of range.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"{origin}: expected parameters by name, not {_short(values)}")
    values = use_present_keys(kind, values, origin)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{origin}: {_explain(kind, first)}") from None


_EXPECTED = {
    **dict.fromkeys(("float_type", "float_parsing"), "expected a number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "expected a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "expected true or false"),
    "string_type": "expected a text",
}
"""What a value should be, by the type of pydantic's error."""


def _explain(kind: type[Parameters], error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown key '{key}'{suggestion(_nearest_key(key, [name for name, _, _ in describe(kind)]))}"
    if error["type"] == "model_type":
        return f"'{key}' is a group of settings; set one of those below it, such as '{key}.{_first_key(kind, key)}'"
    message = _EXPECTED.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return f"{key}: {message[0].lower()}{message[1:]}, got {_short(error['input'])}"


def _nearest_key(key: str, known: list[str]) -> str:
    """The known key that is most similar, as a whole or in its last part; empty if none is similar enough."""
    last = key.rpartition(".")[2]
    similar = {name: max(similarity(key, name), similarity(last, name.rpartition(".")[2])) for name in known}
    best = max(similar, key=similar.__getitem__)
    return best if similar[best] >= SIMILAR else ""


def _short(value: Any) -> str:
    """A value in one short line, however long or deeply nested it is."""
    short = reprlib.Repr()
    short.maxlevel, short.maxstring, short.maxother, short.maxlong = 2, 80, 80, 80
    return short.repr(value)


def _first_key(kind: type[Parameters], group: str) -> str:
    return next(name.removeprefix(f"{group}.") for name, _, _ in describe(kind) if name.startswith(f"{group}."))


def describe(kind: type[Parameters], prefix: str = "") -> Iterator[tuple[str, Any, FieldInfo]]:
    """Every parameter in `kind` and its groups: its dotted key, its default, and pydantic's field."""
    for key, default, field in _all_fields(kind, prefix):
        if not isinstance(default, Parameters):
            yield key, default, field


def _all_fields(kind: type[Parameters], prefix: str = "") -> Iterator[tuple[str, Any, FieldInfo]]:
    """As `describe`, with the groups themselves, each before its parameters."""
    for name, field in kind.model_fields.items():
        default = field.get_default(call_default_factory=True)
        yield f"{prefix}{name}", default, field
        if isinstance(default, Parameters):
            yield from _all_fields(type(default), f"{prefix}{name}.")


def use_present_keys(kind: type[Parameters], values: dict[str, Any], origin: str) -> dict[str, Any]:
    """A copy of nested `values` with each former key replaced by the present one, and a FutureWarning for each.

    Raises:
        ConfigError: a parameter is given by both keys.
    """
    values = deepcopy(values)  # which YAML can make contain itself
    for former, present in _renames(kind):
        value = _remove(values, former)
        if value is not _MISSING:
            if not insert_key(values, present, value):
                raise ConfigError(f"{origin}: '{former}' is the former name of '{present}'; give only one of them")
            _warn(origin, former, present)
    return values


def apply_override(kind: type[Parameters], values: dict[str, Any], override: str) -> None:
    """Set one of nested `values` in place by `key=value`; a former key is accepted with a FutureWarning.

    Args:
        kind: the parameters that the values are for.
        values: nested dictionaries of present keys, as from `use_present_keys`.
        override: a dotted key and a value in YAML.

    Raises:
        ConfigError: it is not of that form, or a part of the key is no group.
    """
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"--set {override}: expected key=value, such as gate.max_gap_seconds=0.5")
    key = key.strip()
    for former, present in _renames(kind):
        if f"{key}.".startswith(f"{former}."):
            _warn(f"--set {override}", former, present)
            key = present + key.removeprefix(former)
    *groups, name = key.split(".")
    for group in groups:
        values = values.setdefault(group, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override}: '{group}' is a single value and has no keys below it")
    values[name] = _parse(text)


def _parse(text: str) -> Any:
    """A value in YAML; the text itself if it is none."""
    import yaml

    try:
        return yaml.safe_load(text) if text else ""
    except (yaml.YAMLError, ValueError, RecursionError):
        return text


def _renames(kind: type[Parameters]) -> Iterator[tuple[str, str]]:
    """Former and present dotted key of each renamed parameter and group; groups come before what they hold."""
    for key, _, field in _all_fields(kind):
        former = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if "former_name" in former:
            group, dot, _ = key.rpartition(".")
            yield f"{group}{dot}{former['former_name']}", key
        if "former_key" in former:
            yield str(former["former_key"]), key


def _warn(origin: str, former: str, present: str) -> None:
    warnings.warn(f"{origin}: {former_name_note(former, present)}", FutureWarning, stacklevel=4)


_MISSING = object()


def _remove(values: dict[str, Any], key: str) -> Any:
    """Take a dotted key out of nested values, and the group that is empty then; `_MISSING` if it is not there."""
    name, dot, rest = key.partition(".")
    group = values.get(name)
    if not dot or not isinstance(group, dict):
        return _MISSING if dot else values.pop(name, _MISSING)
    value = _remove(group, rest)
    if value is not _MISSING and not group:
        del values[name]
    return value


def insert_key(values: dict[str, Any], key: str, value: Any) -> bool:
    """Set a dotted key in nested values in place, or add to the group of that name.

    Returns:
        Whether it was set; false if it has a value already.
    """
    name, dot, rest = key.partition(".")
    if dot:
        group = values.setdefault(name, {})
        return isinstance(group, dict) and insert_key(group, rest, value)
    if name not in values:
        values[name] = value
        return True
    group = values[name]
    if not isinstance(group, dict) or not isinstance(value, dict) or not group.keys().isdisjoint(value):
        return False
    group.update(value)
    return True
