"""The table of settings in docs/train.md names all settings of the network, with their defaults."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from siamlink.association.training.siamese_parameters import SiameseTrainingParameters

PAGE = Path(__file__).parents[2] / "docs" / "train.md"


def settings(parameters: BaseModel, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Key and default of every setting."""
    for name in type(parameters).model_fields:
        value = getattr(parameters, name)
        if isinstance(value, BaseModel):
            yield from settings(value, f"{prefix}{name}.")
        else:
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            yield f"{prefix}{name}", "-" if value == {} else shown


def test_settings_of_the_network() -> None:
    section = PAGE.read_text(encoding="utf-8").split("## Settings of the network")[1].split("\n## ")[0]
    rows = [line[2:].split(" | ")[:2] for line in section.splitlines() if line.startswith("| `")]
    assert [(key.strip("`"), default) for key, default in rows] == list(settings(SiameseTrainingParameters()))
