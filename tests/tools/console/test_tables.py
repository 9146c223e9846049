"""Tables as a terminal and Markdown show them."""

from rich.console import Console

from siamlink.tools.console.tables import Table, table

SCORES = Table(
    ("sequence", "HOTA", "IDSW"),
    (("street [bold]:car:", "61.5", "3"), ("all", "61.5", "3")),
    "Scores",
    "of two",
    sections=frozenset({1}),
    bold=1,
    accent="HOTA",
)


def lines_of(shown: Table, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(shown.rich())
    return [line.rstrip() for line in captured.get().splitlines()]


def test_text_is_left_figures_are_right_and_brackets_mean_nothing() -> None:
    title, header, rule, street, line, last, caption = lines_of(SCORES, 80)
    assert (title, caption) == ("Scores", "of two")
    assert header.split() == ["sequence", "HOTA", "IDSW"]
    assert set(rule) == {"─"}
    assert set(line) <= {"─", " "}
    assert street == "street [bold]:car:  61.5     3"
    assert last == "all                 61.5     3"


def test_the_full_width_holds_every_row_in_a_line_and_the_least_width_every_figure() -> None:
    long = table(("name", "figure"), [(" ".join(["word"] * 20), "1" * 30)])
    assert len(lines_of(long, long.full_width)) == 3
    assert len(lines_of(long, long.full_width - 1)) > 3
    assert any("1" * 30 in line for line in lines_of(long, long.least_width))


def test_a_table_without_rows_has_its_headings() -> None:
    assert lines_of(table(("a", "b"), []), 80)[0].split() == ["a", "b"]


def test_markdown_aligns_figures_to_the_right() -> None:
    assert (
        table(("name", "n"), [("a", 1)], title="T").markdown() == "**T**\n\n| name | n |\n| --- | ---: |\n| a | 1 |\n"
    )
    assert table(("name", "n"), [("a", 1)]).markdown().startswith("| name | n |")
