from typing import Literal
from warnings import catch_warnings, simplefilter

import pytest
from pydantic import Field, ValidationError

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters, apply_override, build, describe, renamed, use_present_keys


class Gate(Parameters):
    reach_pixels: float = Field(4.0, gt=0, le=100, description="how far")
    gaps: int = Field(3, ge=1, description="how long")


class Solver(Parameters):
    gate: Gate = Field(Gate(), description="a gate within a group")


class Settings(Parameters):
    mode: Literal["fast", "exact"] = Field("fast", description="how")
    draw: bool = Field(False, description="whether")
    name: str = Field("", description="who")
    gate: Gate = Field(Gate(), description="the gate")
    solver: Solver = Field(Solver(), description="a group within a group")
    other_gate: Gate = Field(default_factory=Gate, description="another")


def test_values_replace_defaults_and_nothing_else():
    made = build(Settings, {"mode": "exact", "gate": {"gaps": 7}}, "test")
    assert (made.mode, made.gate.gaps, made.gate.reach_pixels, made.other_gate.gaps) == ("exact", 7, 4.0, 3)
    assert build(Settings, {}, "test") == Settings()


def test_parameters_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Settings().mode = "exact"
    with pytest.raises(ValidationError, match="frozen"):
        Settings().gate.gaps = 5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mod": "fast"}, "unknown key 'mod'; did you mean 'mode'?"),
        ({"gate": {"reach": 3}}, "unknown key 'gate.reach'; did you mean 'gate.reach_pixels'?"),
        ({"other_gate": {"gap": 3}}, "unknown key 'other_gate.gap'; did you mean 'other_gate.gaps'?"),
        ({"reach_pixels": 3}, "unknown key 'reach_pixels'; did you mean 'gate.reach_pixels'?"),
        ({"solver": {"gate": {"gap": 1}}}, "unknown key 'solver.gate.gap'; did you mean 'solver.gate.gaps'?"),
        ({"xyzzy": 3}, "unknown key 'xyzzy'"),
        ({"mode": "slow"}, "mode: input should be 'fast' or 'exact', got 'slow'"),
        ({"gate": {"reach_pixels": 0}}, "gate.reach_pixels: input should be greater than 0, got 0"),
        ({"gate": {"reach_pixels": 101}}, "gate.reach_pixels: input should be less than or equal to 100, got 101"),
        ({"gate": {"reach_pixels": float("nan")}}, "gate.reach_pixels: input should be "),
        ({"gate": {"gaps": 0}}, "gate.gaps: input should be greater than or equal to 1, got 0"),
        ({"gate": {"gaps": 1.5}}, "gate.gaps: expected a whole number, got "),
        ({"gate": {"gaps": "many"}}, "gate.gaps: expected a whole number, got "),
        ({"draw": "perhaps"}, "draw: expected true or false, got 'perhaps'"),
        ({"name": [3]}, "name: expected a text, got [3]"),
        ({"gate": 3}, "'gate' is a group of settings"),
        ({"gate": None}, "'gate' is a group of settings"),
        ({1: 2}, "1: keys should be strings"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_origin(values, message):
    with pytest.raises(ConfigError) as caught:
        build(Settings, values, "my.yaml")
    assert str(caught.value).startswith(f"my.yaml: {message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [None, [3], "gate", 7])
def test_values_that_are_no_dictionary_are_an_error(values):
    with pytest.raises(ConfigError, match=r"my\.json: expected parameters by name, not "):
        build(Settings, values, "my.json")


def test_defaults_out_of_range_are_errors_too():
    class Wrong(Parameters):
        share: float = Field(2.0, le=1, description="too much")

    with pytest.raises(ConfigError, match="share: input should be less than or equal to 1"):
        build(Wrong, {}, "defaults")


def test_describe_lists_every_leaf_with_default_and_description():
    leaves = {key: (default, field.description) for key, default, field in describe(Settings)}
    assert leaves == {
        "mode": ("fast", "how"),
        "draw": (False, "whether"),
        "name": ("", "who"),
        "gate.reach_pixels": (4.0, "how far"),
        "gate.gaps": (3, "how long"),
        "solver.gate.reach_pixels": (4.0, "how far"),
        "solver.gate.gaps": (3, "how long"),
        "other_gate.reach_pixels": (4.0, "how far"),
        "other_gate.gaps": (3, "how long"),
    }


class Gaps(Parameters):
    extrapolate_seconds: float = Field(0.5, ge=0, json_schema_extra=renamed(former_name="carry_on_seconds"))
    smooth: bool = Field(True, json_schema_extra=renamed(former_key="output.smooth"))


class Renamed(Parameters):
    gaps: Gaps = Field(Gaps(), json_schema_extra=renamed(former_name="holes"))
    appearance: str = Field("auto", json_schema_extra=renamed(former_name="looks"))


@pytest.mark.parametrize(
    ("values", "warnings", "made"),
    [
        ({"looks": "none"}, ["'looks' is now called 'appearance'"], Renamed(appearance="none")),
        (
            {"gaps": {"carry_on_seconds": 2}},
            ["'gaps.carry_on_seconds' is now called 'gaps.extrapolate_seconds'"],
            Renamed(gaps=Gaps(extrapolate_seconds=2)),
        ),
        (
            {"output": {"smooth": False}},
            ["'output.smooth' is now called 'gaps.smooth'"],
            Renamed(gaps=Gaps(smooth=False)),
        ),
        (
            {"holes": {"smooth": False}, "gaps": {"extrapolate_seconds": 2}},
            ["'holes' is now called 'gaps'"],
            Renamed(gaps=Gaps(extrapolate_seconds=2, smooth=False)),
        ),
        (
            {"holes": {"carry_on_seconds": 2}},
            ["'holes' is now", "'gaps.carry_on_seconds' is now"],
            Renamed(gaps=Gaps(extrapolate_seconds=2)),
        ),
        ({"gaps": {"smooth": False}}, [], Renamed(gaps=Gaps(smooth=False))),
    ],
)
def test_former_keys_are_accepted_with_a_warning(values, warnings, made):
    before = repr(values)
    with catch_warnings(record=True) as caught:
        simplefilter("always")
        assert build(Renamed, values, "my.yaml") == made
    assert repr(values) == before
    assert [each.category for each in caught] == [FutureWarning] * len(warnings)
    for warning, text in zip(caught, warnings, strict=True):
        assert str(warning.message).startswith(f"my.yaml: {text}")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"looks": "none", "appearance": "none"}, "'looks' is the former name of 'appearance'; give only one of them"),
        (
            {"holes": {"smooth": True}, "gaps": {"smooth": True}},
            "'holes' is the former name of 'gaps'; give only one of them",
        ),
        ({"look": "none"}, "unknown key 'look'"),
        ({"output": {"smoth": True}}, "unknown key 'output'"),
        ({"output": 3}, "unknown key 'output'"),
        ({"holes": 3}, "'gaps' is a group of settings"),
        ({"carry_on_seconds": 2}, "unknown key 'carry_on_seconds'"),
    ],
)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_former_key_is_an_error_next_to_the_present_key_or_where_it_never_was(values, message):
    with pytest.raises(ConfigError) as caught:
        build(Renamed, values, "my.yaml")
    assert str(caught.value).startswith(f"my.yaml: {message}")


@pytest.mark.parametrize(
    ("overrides", "values"),
    [
        (["gate.gaps=7", "name=a", "gate.gaps=8"], {"gate": {"gaps": 8}, "name": "a"}),
        (["gate={gaps: 7}"], {"gate": {"gaps": 7}}),
        (["name="], {"name": ""}),
        (["name=[a"], {"name": "[a"}),
        (["gate.gaps= 7 "], {"gate": {"gaps": 7}}),
    ],
)
def test_overrides_are_yaml_under_dotted_keys(overrides, values):
    made = {}
    for override in overrides:
        apply_override(Settings, made, override)
    assert made == values


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("gate.gaps", "--set gate.gaps: expected key=value"),
        ("=3", "--set =3: expected key=value"),
        ("name.first=a", "--set name.first=a: 'name' is a single value and has no keys below it"),
    ],
)
def test_a_wrong_override_is_an_error(override, message):
    with pytest.raises(ConfigError) as caught:
        apply_override(Settings, {"name": "b"}, override)
    assert str(caught.value).startswith(message)


def test_an_override_by_a_former_key_replaces_the_value_of_the_present_key():
    with pytest.warns(FutureWarning, match=r"my.yaml: 'holes' is now called 'gaps'"):
        values = use_present_keys(Renamed, {"holes": {"smooth": False, "extrapolate_seconds": 1}}, "my.yaml")
    with pytest.warns(FutureWarning) as caught:
        apply_override(Renamed, values, "holes.carry_on_seconds=3")
    assert [str(each.message).partition(";")[0] for each in caught] == [
        "--set holes.carry_on_seconds=3: 'holes' is now called 'gaps'",
        "--set holes.carry_on_seconds=3: 'gaps.carry_on_seconds' is now called 'gaps.extrapolate_seconds'",
    ]
    assert values == {"gaps": {"smooth": False, "extrapolate_seconds": 3}}
    with catch_warnings():
        simplefilter("error")
        assert build(Renamed, values, "--set") == Renamed(gaps=Gaps(smooth=False, extrapolate_seconds=3))


def test_values_that_contain_themselves_are_an_error_of_one_line():
    values = {"gaps": {"smooth": False}}
    values["gaps"]["holes"] = values
    with pytest.raises(ConfigError, match=r"my.yaml: unknown key 'gaps\.holes'") as caught:
        build(Renamed, values, "my.yaml")
    assert "\n" not in str(caught.value)


def test_renamed_parameters_are_described_by_their_present_keys_alone():
    assert [key for key, _, _ in describe(Renamed)] == ["gaps.extrapolate_seconds", "gaps.smooth", "appearance"]
