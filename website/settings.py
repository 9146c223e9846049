"""The page of all settings, from the classes that define them."""

from markdown_text import code, table

from siamlink.tools.commands.parameters import parameter_rows
from siamlink.tracker.configuration import config_names

START = """# Settings

Every setting of the tracker, for `--set KEY=VALUE`, for files that `--config` reads, and for keywords in Python:

    siamlink track street.mp4 -o results --set mode=online --set gaps.interpolate=false

`siamlink parameters` prints the same table.
"""


def settings_page() -> str:
    """Markdown: a table for each group of settings."""
    groups: dict[str, list[tuple[str, ...]]] = {}
    for key, default, allowed, meaning in parameter_rows():
        group = key.rpartition(".")[0]
        groups.setdefault(group, []).append((code(key), code(default), meaning, allowed))
    names = ", ".join(map(code, config_names()))
    parts = [START, f"Shipped configurations, for `--config`: {names}.\n"]
    for group, rows in groups.items():
        parts += [
            f"## {code(group) if group else 'The tracker'}\n",
            table(("setting", "default", "meaning", "values"), rows),
        ]
    return "\n".join(parts)
