"""Which models are used while settings are searched."""

from types import SimpleNamespace
from typing import Any

import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.tuning.choices import Models
from siamlink.tools.tuning.models import choose_models
from siamlink.tracker.configuration import load_parameters


def chosen(wanted: Models | None, *overrides: str, names: tuple[str, ...]) -> tuple[Models, list[str]]:
    videos: Any = [SimpleNamespace(sequences=[SimpleNamespace(name=name)]) for name in names]
    notes: list[str] = []
    return choose_models(wanted, load_parameters(None, overrides), videos, notes.append), notes


def test_shipped_models_are_used_on_videos_that_they_do_not_know() -> None:
    assert chosen(None, names=("a", "b")) == (Models.SHIPPED, [])
    models, (note,) = chosen(None, names=("a", "KITTI-17"))
    assert models is Models.CROSSVALIDATED
    assert note.startswith("the shipped models were trained on KITTI-17: each video is tracked with models trained on")


def test_what_the_user_wants_is_done_and_a_leak_is_said() -> None:
    assert chosen(Models.CROSSVALIDATED, names=("a", "b")) == (Models.CROSSVALIDATED, [])
    models, (note,) = chosen(Models.SHIPPED, names=("a", "KITTI-17"))
    assert (models, note) == (
        Models.SHIPPED,
        "the shipped models were trained on KITTI-17: their scores are better than on new videos",
    )
    models, (note,) = chosen(None, "model=mine", names=("a", "KITTI-17"))
    assert (models, note) == (Models.SHIPPED, "the models in mine must not have been trained on these videos")


def test_models_of_their_own_contradict_other_models() -> None:
    with pytest.raises(ConfigError, match="give it, or a setting model, not both"):
        chosen(Models.CROSSVALIDATED, "model=mine", names=("a", "b"))
    with pytest.raises(ConfigError, match="matching learned, not calibrated"):
        chosen(Models.CROSSVALIDATED, "matching=calibrated", names=("a", "b"))
