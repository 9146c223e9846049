"""Pieces of Markdown."""

from collections.abc import Iterable, Sequence


def code(text: str) -> str:
    """A text in the font of programs; empty where there is none."""
    return f"`{text}`" if text.strip("'") else ""


def plain(text: str) -> str:
    """A text in which no character has a meaning in Markdown or HTML."""
    for character in "\\`*_<>[]":
        text = text.replace(character, f"&#{ord(character)};")
    return text


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines) + "\n"
