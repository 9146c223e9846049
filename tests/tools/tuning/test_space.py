"""What is searched: which settings matter, and what a trial changes."""

from dataclasses import replace
from typing import Any

import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.parameters import Tunable, describe
from siamlink.tools.tuning.space import SearchSpace, Setting, search_space
from siamlink.tracker.configuration import load_parameters
from siamlink.tracker.parameters import Matching, TrackerParameters

TWO_LEVELS = Matcher(context=None, detection=None, tracklets=object())  # type: ignore[arg-type]
ONE_LEVEL = replace(TWO_LEVELS, tracklets=None)


def space(*overrides: str, matcher: Matcher = TWO_LEVELS, chosen: Any = ("learned",)) -> SearchSpace:
    matchings: set[Matching] = set(chosen)
    return search_space(load_parameters(None, overrides), matcher, matchings)


def groups(searched: SearchSpace) -> set[str]:
    return {each.key.rpartition(".")[0] for each in searched.settings}


class Suggests:
    """A trial that suggests given values, and the lowest or first one of other settings."""

    def __init__(self, **values: Any) -> None:
        self.values = {key.replace("__", "."): value for key, value in values.items()}

    def suggest_categorical(self, key: str, choices: Any) -> Any:
        return self.values.get(key, choices[0])

    def suggest_float(self, key: str, low: float, high: float, log: bool) -> float:
        value: float = self.values.get(key, low)
        assert low <= value <= high
        return value

    suggest_int = suggest_float


@pytest.mark.parametrize("key", [key for key, _, field in describe(TrackerParameters) if Tunable.of(field)])
def test_every_range_holds_the_default_and_only_allowed_values(key: str) -> None:
    (field,) = [field for each, _, field in describe(TrackerParameters) if each == key]
    searched = Tunable.of(field)
    assert searched is not None
    if field.annotation is bool:
        return
    assert searched.low <= field.default <= searched.high
    for value in (searched.low, searched.high):
        load_parameters(None, [f"{key}={value}"])


def test_settings_of_other_levels_and_modes_are_not_searched() -> None:
    assert groups(space()) >= {"tracklets.costs", "tracklets.gate", "gaps", ""}
    assert groups(space()).isdisjoint({"costs", "online"})
    assert groups(space("levels=1")) == groups(space(matcher=ONE_LEVEL)) == {"", "costs", "gaps"}
    online = {each.key for each in space("mode=online").settings}
    assert online >= {"online.tracklet_entry", "online.min_seconds", "tracklets.costs.bias"}
    assert online.isdisjoint({"tracklets.costs.entry", "tracklets.min_seconds", "online.min_iou"})
    hungarian = {each.key for each in space("mode=online", "solver=hungarian").settings}
    assert hungarian >= {"online.min_iou", "online.entry"}
    assert hungarian.isdisjoint({"online.tracklet_entry", "tracklets.costs.bias", "costs.entry"})


def test_calibrated_matching_has_few_settings_and_auto_is_searched_only_where_both_were_chosen() -> None:
    assert [each.key for each in space(chosen=["calibrated"]).settings] == ["gaps.interpolate", "gaps.smooth"]
    assert "matching" not in space().defaults
    assert space(chosen=["learned", "calibrated"]).defaults["matching"] == "auto"


def test_a_trial_that_suggests_the_configuration_changes_nothing() -> None:
    searched = space("tracklets.costs.entry=20")
    assert searched.defaults["tracklets.costs.entry"] == 20, "the range is widened"
    same = Suggests(**{key.replace(".", "__"): value for key, value in searched.defaults.items()})
    assert searched.suggest(same) == ()  # type: ignore[arg-type]
    assert searched.parameters(()) == load_parameters(None, ["tracklets.costs.entry=20"])


def test_changes_are_rounded_and_applied() -> None:
    entry = Setting("tracklets.costs.entry", 2.5, low=0.3, high=10, log=True)
    searched = SearchSpace(load_parameters("fast"), (entry,))
    changes = searched.suggest(Suggests(tracklets__costs__entry=1.23456))  # type: ignore[arg-type]
    assert changes == (("tracklets.costs.entry", 1.23),)
    tuned = searched.parameters(changes)
    assert tuned.tracklets.costs.entry == 1.23
    assert tuned.gate.max_link_frames == 3
    assert searched.values(changes)["gate"] == {"max_link_frames": 3}


def test_with_auto_settings_of_learned_matching_alone_are_ignored() -> None:
    searched = space(chosen=["learned", "calibrated"])
    auto = searched.suggest(Suggests(gaps__smooth=False, matching="auto"))  # type: ignore[arg-type]
    assert auto == (("gaps.extrapolate_seconds", 0.0), ("gaps.smooth", False))
    assert searched.parameters(auto).fixed_matching is None
    learned = searched.suggest(Suggests(matching="learned"))  # type: ignore[arg-type]
    assert searched.parameters(learned).fixed_matching == "learned"
    assert len(learned) > 10


def test_distance_is_a_share_of_the_range() -> None:
    settings = (
        Setting("tracklets.costs.entry", 1.0, low=0.1, high=10, log=True),
        Setting("overlap_limit", 0.5, low=0.0, high=1.0),
        Setting("gaps.smooth", True, (True, False)),
    )
    searched = SearchSpace(load_parameters(), settings)
    assert searched.distance(()) == 0
    assert searched.distance((("tracklets.costs.entry", 10.0),)) == pytest.approx(0.5)
    assert searched.distance((("overlap_limit", 0.25), ("gaps.smooth", False))) == pytest.approx(1.25)
