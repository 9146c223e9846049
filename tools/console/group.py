"""A command with commands below it, whose list shows what each does, in whole."""

from typing import Any

from typer.core import TyperGroup

NO_LIMIT = 1000
"""Characters of a short help: it is wrapped, but not cut."""


class Group(TyperGroup):
    """A group of commands; in a narrow terminal, its list has more lines instead of texts that end in dots."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of the commands."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, each.get_short_help_str(NO_LIMIT)) for name, each in commands if each and not each.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
