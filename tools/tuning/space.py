"""What is searched: the settings with a range that matter under a configuration."""

import math
from collections.abc import Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.parameters import Tunable, build, describe
from siamlink.tracker.parameters import LEARNED_ONLY, Matching, TrackerParameters

if TYPE_CHECKING:
    from optuna.trial import Trial

Value = float | int | bool | str
Changes = tuple[tuple[str, Value], ...]
"""The settings that differ from the configuration, by their dotted keys, in order of these."""
MATCHING = "matching"
DIGITS = 3
"""Significant digits of the values that are tried."""


@dataclass(frozen=True)
class Setting:
    """A setting that is searched.

    Attributes:
        key: its dotted key.
        default: its value in the configuration.
        choices: its values; empty for a number.
        low: the lowest number.
        high: the highest number.
        log: whether the logarithm is searched evenly.
    """

    key: str
    default: Value
    choices: tuple[Value, ...] = ()
    low: float = 0
    high: float = 0
    log: bool = False

    @classmethod
    def of(cls, key: str, default: Value, field_range: Tunable) -> "Setting":
        """The setting of a field; its range is widened to the value in the configuration."""
        if isinstance(default, bool | str):
            return cls(key, default, (True, False))
        low, high = min(field_range.low, default), max(field_range.high, default)
        return cls(key, default, (), low, high, field_range.log and low > 0)

    def suggest(self, trial: "Trial") -> Value:
        """The value that a trial tries."""
        if self.choices:
            chosen = trial.suggest_categorical(self.key, self.choices)
            assert chosen is not None
            return chosen
        if isinstance(self.default, int):
            return trial.suggest_int(self.key, int(self.low), int(self.high), log=self.log)
        value = trial.suggest_float(self.key, self.low, self.high, log=self.log)
        return self.default if value == self.default else float(f"{value:.{DIGITS}g}")

    def distance(self, value: Value) -> float:
        """How far a value is from that of the configuration, as a share of the range."""
        if isinstance(value, bool | str) or isinstance(self.default, bool | str):
            return float(value != self.default)
        scale = math.log if self.log else float
        return abs(scale(value) - scale(self.default)) / (scale(self.high) - scale(self.low))


@dataclass(frozen=True)
class SearchSpace:
    """The settings that are searched, and the configuration that they begin with."""

    base: TrackerParameters
    settings: tuple[Setting, ...]

    @property
    def defaults(self) -> dict[str, Value]:
        """The values in the configuration."""
        return {each.key: each.default for each in self.settings}

    def suggest(self, trial: "Trial") -> Changes:
        """What a trial changes. Settings that only learned matching has are ignored with another one."""
        values = {each.key: each.suggest(trial) for each in self.settings}
        changed = {key: value for key, value in values.items() if value != self.defaults[key]}
        if values.get(MATCHING) == "auto":
            changed = {key: value for key, value in changed.items() if _group(key) not in LEARNED_ONLY}
        return tuple(sorted(changed.items()))

    def distance(self, changes: Changes) -> float:
        """How far the changed settings are from the configuration, in sum."""
        by_key = {each.key: each for each in self.settings}
        return sum(by_key[key].distance(value) for key, value in changes)

    def values(self, changes: Changes) -> dict[str, Any]:
        """The configuration with the changes, as nested values for a configuration file."""
        values: dict[str, Any] = self.base.model_dump(exclude_unset=True)
        for key, value in changes:
            *groups, name = key.split(".")
            inner = values
            for group in groups:
                inner = inner.setdefault(group, {})
            inner[name] = value
        return values

    def parameters(self, changes: Changes) -> TrackerParameters:
        """The configuration with the changes."""
        return build(TrackerParameters, self.values(changes), "tune")


def search_space(base: TrackerParameters, matcher: Matcher, chosen: Set[Matching]) -> SearchSpace:
    """The settings that matter.

    Args:
        base: the configuration.
        matcher: its models of learned matching.
        chosen: the matchings that the videos were linked with under the configuration.
    """
    learned, two_levels = "learned" in chosen, matcher.tracklets is not None and base.level_count == 2
    values = {key: _value(base, key) for key, _, _ in describe(TrackerParameters)}
    settings = [
        Setting.of(key, values[key], field_range)
        for key, _, field in describe(TrackerParameters)
        if (field_range := Tunable.of(field))
        and (_matters(key, base, two_levels) if learned else key in ("gaps.smooth", "gaps.interpolate"))
    ]
    if learned and "calibrated" in chosen:
        settings.insert(0, Setting(MATCHING, base.matching, ("auto", "learned")))
    return SearchSpace(base, tuple(settings))


def _matters(key: str, base: TrackerParameters, two_levels: bool) -> bool:
    """Whether learned matching uses a setting in this mode."""
    group, online = _group(key), base.mode == "online"
    if group == "costs":
        return not two_levels and not base.online_hungarian
    if group == "tracklets":
        replaced = online and key in ("tracklets.costs.entry", "tracklets.min_seconds")
        return two_levels and not replaced
    if group == "online":
        of_linear_program = key in ("online.tracklet_entry", "online.min_seconds")
        return online and (two_levels if of_linear_program else base.online_hungarian)
    return True


def _group(key: str) -> str:
    return key.partition(".")[0]


def _value(parameters: TrackerParameters, key: str) -> Any:
    value: Any = parameters
    for name in key.split("."):
        value = getattr(value, name)
    return value
