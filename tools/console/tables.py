"""Tables: their content, and how they are laid out on a terminal and in Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Table as RichTable

LONGEST_TEXT = 24
"""Characters that a column of text keeps on a narrow terminal; longer words are folded."""


@dataclass(frozen=True)
class Table:
    """Cells below headings. Columns of text come first; the others are figures, which are never cut.

    Attributes:
        headings: one for each column.
        rows: the cells.
        title: above the table; empty for none.
        caption: below the table; empty for none.
        texts: how many columns, from the left, hold text.
        folded: the indices of columns that a narrow terminal folds; by default those of text.
        sections: the indices of rows that a line separates from the row before.
        bold: how many rows at the end are printed bold.
        accent: the heading of a coloured column; empty for none.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    caption: str = ""
    texts: int = 1
    folded: tuple[int, ...] | None = None
    sections: frozenset[int] = frozenset()
    bold: int = 0
    accent: str = ""

    @property
    def least_width(self) -> int:
        """The number of characters below which figures would be cut."""
        widths = enumerate(self._widths(split=True))
        return sum(min(width, LONGEST_TEXT) if self._folds(column) else width for column, width in widths)

    @property
    def full_width(self) -> int:
        """The number of characters in which every row is one line."""
        return sum(self._widths(split=False))

    def _folds(self, column: int) -> bool:
        return column < self.texts if self.folded is None else column in self.folded

    def _widths(self, split: bool) -> list[int]:
        """The widest cell of each column with its padding; of folded columns the longest word if `split`."""
        from rich.cells import cell_len

        widths = []
        for index, column in enumerate(zip(self.headings, *self.rows, strict=True)):
            words = [word for cell in column for word in (cell.split() if split and self._folds(index) else [cell])]
            widths.append(max(map(cell_len, words), default=0) + 1 + (index > 0))
        return widths

    def rich(self) -> "RichTable":
        """For a terminal; cells are plain text, in which brackets mean nothing."""
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
        table.title, table.title_justify = (Text(self.title), "left") if self.title else (None, "left")
        table.caption, table.caption_justify = (Text(self.caption), "left") if self.caption else (None, "left")
        for column, heading in enumerate(self.headings):
            justify: JustifyMethod = "left" if column < self.texts else "right"
            style = "cyan" if heading == self.accent else None
            table.add_column(
                Text(heading), justify=justify, no_wrap=not self._folds(column), overflow="fold", style=style
            )
        for index, row in enumerate(self.rows):
            if index in self.sections:
                table.add_section()
            style = "bold" if index >= len(self.rows) - self.bold else None
            table.add_row(*(Text(cell, overflow="fold") for cell in row), style=style)
        return table

    def markdown(self) -> str:
        """For a document."""
        aligned = ["---"] * self.texts + ["---:"] * (len(self.headings) - self.texts)
        lines = "".join(f"| {' | '.join(line)} |\n" for line in (self.headings, aligned, *self.rows))
        return f"**{self.title}**\n\n{lines}" if self.title else lines


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "", caption: str = "", texts: int = 1
) -> Table:
    """A table of anything that `str` can show; see `Table` for the arguments."""
    return Table(tuple(headings), tuple(tuple(map(str, row)) for row in rows), title, caption, texts)
