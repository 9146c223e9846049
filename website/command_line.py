"""The page of all commands and options, from the program itself."""

import inspect
from collections.abc import Iterator
from typing import Any

from markdown_text import plain, table
from typer.main import get_command

from siamlink.tools.cli import app

START = """# Command line

Every command with its arguments and options, as `siamlink COMMAND --help` prints them.
"""


def commands() -> Iterator[tuple[str, Any, Any]]:
    """The name, the command and its context, for the program and all commands below it, in the order of the help."""
    program = get_command(app)
    yield from _below("siamlink", program, program.context_class(program, info_name="siamlink"))


def options(command: Any, context: Any) -> list[tuple[str, str]]:
    """The arguments and options of a command, as its help lists them: names with values, and meaning."""
    records = (parameter.get_help_record(context) for parameter in command.get_params(context))
    return [(names.strip(), meaning) for names, meaning in filter(None, records)]


def command_line_page() -> str:
    """Markdown: a section for each command."""
    parts = [START]
    for name, command, context in commands():
        depth = min(4, 1 + len(name.split()))
        parts += [f"{'#' * depth} {name}\n", _help(command), *_table(command, context)]
    return "\n".join(parts)


def _below(name: str, command: Any, context: Any) -> Iterator[tuple[str, Any, Any]]:
    yield name, command, context
    for child in command.list_commands(context) if hasattr(command, "list_commands") else ():
        found = command.get_command(context, child)
        if found is not None and not found.hidden:
            yield from _below(f"{name} {child}", found, found.context_class(found, info_name=child, parent=context))


def _help(command: Any) -> str:
    return plain(inspect.cleandoc(command.help or "").replace("\b", "")) + "\n"


def _table(command: Any, context: Any) -> list[str]:
    rows = [(f"<code>{plain(names)}</code>", plain(meaning)) for names, meaning in options(command, context)]
    return [table(("option", "meaning"), rows)] if rows else []
