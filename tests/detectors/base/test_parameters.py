from typing import Literal

import pytest
from pydantic import Field, ValidationError

from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.parameters import Parameters, build, describe


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
        ({"gate": {"gaps": 1.5}}, "gate.gaps: input should be a valid integer"),
        ({"gate": {"gaps": "many"}}, "gate.gaps: input should be a valid integer"),
        ({"draw": "perhaps"}, "draw: input should be a valid boolean"),
        ({"name": [3]}, "name: input should be a valid string, got [3]"),
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
