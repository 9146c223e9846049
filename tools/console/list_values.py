"""Lists that a space has cut into several arguments, as in `--export cvat, csv`."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from siamlink.detectors.base.errors import ConfigError


def check_lists(arguments: Sequence[str]) -> None:
    """Check that no value of an option goes on in the next argument.

    Args:
        arguments: those of a command, as the shell gave them.

    Raises:
        ConfigError: one ends with a comma, or the next one begins with one; the message says how to write the list.
    """
    for place, (value, following) in enumerate(pairwise(arguments)):
        if not _goes_on(value, following) or _names_a_file(value):
            continue
        option = [] if value.startswith("--") else arguments[max(place - 1, 0) : place]
        if _is_option([*option, value][0]):
            raise ConfigError(f"a list has no spaces: write {' '.join([*option, _joined(arguments[place:])])}")


def _joined(parts: Sequence[str]) -> str:
    """The list that begins with the first of these arguments."""
    count = next((n for n in range(1, len(parts)) if not _goes_on(parts[n - 1], parts[n])), len(parts))
    return "".join(parts[:count])


def _goes_on(value: str, following: str) -> bool:
    return (value.endswith(",") and not _is_option(following)) or following.startswith(",")


def _names_a_file(value: str) -> bool:
    try:
        return Path(value).exists()
    except OSError:  # longer than a name may be
        return False


def _is_option(argument: str) -> bool:
    return argument.startswith("-") and not argument[1:2].isdigit()
