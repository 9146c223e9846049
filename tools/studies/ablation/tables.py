"""The tables of an ablation, for a terminal and for the documentation."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.console.files import write_text
from siamlink.tools.console.tables import Table, table
from siamlink.tools.studies.ablation.study import ALL, Row

COUNTS, PERCENTS = ("IDSW",), ("HOTA", "MOTA", "IDF1")


def overall(title: str, rows: dict[str, Row], measures: Sequence[str], facts: Sequence[str] = ()) -> Table:
    """A table of the rows on all sequences together, with facts about them."""
    lines = [
        (name, *(_fact(row, fact) for fact in facts), *(_cell(row, each, ALL) for each in measures))
        for name, row in rows.items()
    ]
    return table(("", *facts, *measures), lines, title=title)


def by_sequence(
    title: str, rows: dict[str, Row], measures: Sequence[str], headings: Sequence[str] | None = None
) -> Table:
    """A table of the rows on each sequence and on all; the headings are the names of the measures unless given."""
    known = [each for row in rows.values() for values in row.measures.values() for each in values]
    sequences = [*dict.fromkeys(each for each in known if each != ALL), ALL]
    lines = [
        (sequence, name, *(_cell(row, each, sequence) for each in measures))
        for sequence in sequences
        for name, row in rows.items()
    ]
    return table(("sequence", "", *(headings or measures)), lines, title=title, texts=2)


def joined(rows: Iterable[Row]) -> Row:
    """One row with the facts and measures of several."""
    whole = Row()
    for row in rows:
        whole = Row(whole.facts | row.facts, whole.measures | row.measures)
    return whole


def _fact(row: Row, name: str) -> str:
    value = row.facts.get(name)
    if value is None:
        return "-"
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def _cell(row: Row, name: str, sequence: str) -> str:
    value = row.measures.get(name, {}).get(sequence)
    if value is None:
        return "-"
    if name in COUNTS:
        return f"{value:.0f}"
    return f"{value:.1f}" if name in PERCENTS else f"{value:.3f}"


def check_block(path: Path, name: str) -> None:
    """Check that a document has a block for the tables.

    Raises:
        ConfigError: it is not there, or has no such block.
    """
    _parts(path, name)


def fill_block(path: Path, name: str, text: str) -> None:
    """Replace the text between `<!-- name -->` and `<!-- /name -->` in a document.

    Raises:
        ConfigError: it is not there, or has no such block.
    """
    before, after = _parts(path, name)
    write_text(path, f"{before}<!-- {name} -->\n{text.strip()}\n<!-- /{name} -->{after}", overwrite=True)


def _parts(path: Path, name: str) -> tuple[str, str]:
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise ConfigError(f"--docs: cannot read {path}") from None
    before, began, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not began or not ended:
        raise ConfigError(f"--docs: {path} has no block '{begin}' ... '{end}'")
    return before, after
