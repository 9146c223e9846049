"""The figures in documents are those of files that commands wrote: docs/figures, with the list tables.yaml."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "figures"
LIST = yaml.safe_load((FIGURES / "tables.yaml").read_text(encoding="utf-8"))
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w])")
LOWER_IS_BETTER = {"IDSW", "FP", "FN", "Frag"}


@dataclass(frozen=True)
class Row:
    """A row of a table: the section and the place of its table there, its first cell, and the numbers of the others."""

    section: str
    table: int
    name: str
    numbers: tuple[str, ...]


@cache
def rows_of(document: str) -> list[Row]:
    """The rows with numbers of all tables of a document."""
    rows: list[Row] = []
    section, table, inside = "", -1, False
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"#+ (.+)", line):
            section, table = heading[1], -1
        if line.startswith("|"):
            table += not inside
            name, *cells = re.split(r"(?<!\\)\|", line.strip("| "))
            numbers = tuple(number for cell in cells for number in NUMBER.findall(cell.replace("*", "")))
            if numbers and inside:  # not the header
                rows.append(Row(section, table, re.sub(r"[*`]", "", name).strip(), numbers))
        inside = line.startswith("|")
    return rows


@cache
def read(name: str) -> Any:
    return json.loads((FIGURES / name).read_text(encoding="utf-8"))


def value(figures: Any, place: str, column: str) -> float:
    """The figure of a column at a place such as `sequences/KITTI-17`, `limit/overall/{}/limit` or `best`.

    `best` is the best of the other trackers, for each column by itself.
    """
    if place == "best":
        of_all = [scores["COMBINED_SEQ"][column] for name, scores in figures.items() if name != "oracle"]
        return min(of_all) if column in LOWER_IS_BETTER else max(of_all)
    found = figures
    for key in (place.format(column) if "{}" in place else f"{place}/{column}").split("/"):
        found = found[key]
    return float(found)


def shown_as(number: float, text: str) -> str:
    """A number with the digits that a text has."""
    decimals = len(text.partition(".")[2])
    return f"{number:,.{decimals}f}" if "," in text else f"{number:.{decimals}f}"


@pytest.mark.parametrize(
    ("entry", "name"),
    [(entry, name) for entry in LIST["tables"] for name in entry["rows"]],
    ids=lambda each: each if isinstance(each, str) else f"{each['document']}, {each['file']}",
)
def test_the_figures_are_those_of_the_file(entry: dict[str, Any], name: str) -> None:
    (row,) = [
        row
        for row in rows_of(entry["document"])
        if (row.section, row.table, row.name) == (entry["section"], entry.get("table", 0), name)
    ]
    columns, first = entry["columns"], entry.get("first", 0)
    shown = row.numbers[first : first + len(columns)]
    figures = [value(read(entry["file"]), entry["rows"][name], column) for column in columns]
    assert list(shown) == [shown_as(figure, text) for figure, text in zip(figures, shown, strict=True)]


@pytest.mark.parametrize("document", LIST["documents"])
def test_every_row_is_compared_or_said_not_to_be(document: str) -> None:
    """A new row comes from a file, or is named with the command that makes it."""
    compared = {
        (entry["section"], entry.get("table", 0), name)
        for entry in LIST["tables"]
        if entry["document"] == document
        for name in entry["rows"]
    }
    not_compared = {
        (entry["section"], entry.get("rows")) if "rows" not in entry else (entry["section"], name)
        for entry in LIST["not compared"]
        if entry["document"] == document
        for name in entry.get("rows", [None])
    }
    missing = [
        row
        for row in rows_of(document)
        if (row.section, row.table, row.name) not in compared
        and (row.section, None) not in not_compared
        and (row.section, row.name) not in not_compared
    ]
    assert missing == []


def test_every_file_has_its_command_and_is_used() -> None:
    written = {path.name for path in FIGURES.glob("*.json")}
    assert set(LIST["commands"]) == written == {entry["file"] for entry in LIST["tables"]}
    assert all(entry["command"] and entry["why"] for entry in LIST["not compared"])
