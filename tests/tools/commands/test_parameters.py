"""The command `siamlink parameters`."""

from collections.abc import Callable
from typing import Any

import pytest

from siamlink.tools.commands.parameters import parameter_rows
from siamlink.tracker.configuration import load_parameters


def test_every_setting_has_a_row_that_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {key: (default, allowed, meaning) for key, default, allowed, meaning in parameter_rows()}
    assert rows["mode"][:2] == ("offline", "offline | windowed | online")
    assert rows["gaps.interpolate"][:2] == ("true", "true | false")
    assert rows["gate.max_gap_seconds"][:2] == ("1.0", "> 0, <= 60")
    assert rows["model"][:2] == ("''", "text")
    assert all(meaning for _, _, meaning in rows.values())
    overrides = [f"{key}={default}" for key, (default, _, _) in rows.items()]
    assert load_parameters(overrides=overrides) == load_parameters()


@pytest.mark.parametrize("columns", ["80", "160"])
def test_the_table_names_keys_defaults_and_configurations(
    siamlink: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = siamlink("parameters")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    shown = [line.split()[:2] for line in lines]
    for key, default, _, _ in parameter_rows():
        assert [key, default] in shown
    assert lines[-1] == "shipped configurations: default, fast, general, online, paper, windowed"
