"""The folder of an ablation: each finished row is its own file, so that little is lost by an interruption."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.console.files import make_folder, write_text

ROWS, RESULTS, STUDY = "rows", "ablation.json", "study.json"
ALL = "all"
"""The key of all sequences together in a measure."""

Measure = dict[str, float | None]
"""A figure by sequence, and for `ALL` together; None where it is not defined."""


@dataclass(frozen=True)
class Row:
    """The results of one variant.

    Attributes:
        facts: about the variant itself, such as its speed, by name.
        measures: its scores, by name.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)


class Study:
    """A folder of rows on one choice of data; rows in it are not computed again.

    Args:
        folder: created if it is missing.
        data: the folder of the sequences.
        tested: those of them that are tested; None for all.

    Raises:
        ConfigError: the folder holds rows of other data or sequences.
        OutputError: it cannot be written.
    """

    def __init__(self, folder: Path, data: Path, tested: list[str] | None) -> None:
        self.folder = folder
        make_folder(folder / ROWS)
        self._agree(folder / STUDY, {"data": str(data.resolve()), "sequences": tested})

    def _agree(self, path: Path, settings: dict[str, Any]) -> None:
        if not path.is_file():
            write_text(path, json.dumps(settings, indent=2) + "\n")
        elif _read(path) != settings:
            raise ConfigError(f"{self.folder} holds an ablation on other data or sequences; name another folder")

    def row(self, name: str, settings: dict[str, Any], make: Callable[[], Row]) -> Row:
        """The row of a name: read if it is finished, else computed and written.

        Raises:
            ConfigError: it was made with other settings.
        """
        finished = self.finished(name, settings)
        if finished is not None:
            return finished
        row = make()
        whole = {"settings": settings, "facts": row.facts, "measures": row.measures}
        write_text(self._path(name), json.dumps(whole, indent=2, allow_nan=False) + "\n", overwrite=True)
        return row

    def finished(self, name: str, settings: dict[str, Any]) -> Row | None:
        """A finished row; None if there is none.

        Raises:
            ConfigError: it was made with other settings.
        """
        path = self._path(name)
        if not path.is_file():
            return None
        found = _read(path)
        if found.get("settings") != settings:
            raise ConfigError(f"{path} was made with other settings; name another folder, or remove that file")
        return Row(found["facts"], found["measures"])

    def write_results(self, kind: str, command: str, rows: dict[str, Row]) -> None:
        """Write one kind of ablation to `ablation.json`, or replace it there."""
        path = self.folder / RESULTS
        results = _read(path) if path.is_file() else {}
        shown = {name: {"facts": row.facts, "measures": row.measures} for name, row in rows.items()}
        results[kind] = {"command": command, "rows": shown}
        write_text(path, json.dumps(results, indent=2, allow_nan=False) + "\n", overwrite=True)

    def _path(self, name: str) -> Path:
        return self.folder / ROWS / f"{name}.json"


def measure(values: dict[str, float]) -> Measure:
    """A measure of sequences by their names, and its mean over those where it is defined."""
    whole: Measure = {name: defined(value) for name, value in values.items()}
    return {**whole, ALL: mean(values.values())}


def mean(values: Iterable[float]) -> float | None:
    """The mean of the values that are defined; None without any."""
    values_defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(values_defined)) if values_defined else None


def defined(value: float) -> float | None:
    """The value, or None for NaN."""
    return None if np.isnan(value) else float(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConfigError(f"{path} cannot be read; remove it, and it is computed again") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{path} is no result of an ablation; remove it, and it is computed again")
    return found
