"""Hints in messages on words that are not known."""

import difflib
from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """The choice that is most similar to a word; empty if none is similar enough.

    Args:
        word: as a user wrote it.
        choices: the words that are known.
        cutoff: the lowest similarity that counts, 0 to 1.
    """
    return next(iter(difflib.get_close_matches(word, list(choices), 1, cutoff)), "")


def did_you_mean(word: str, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """The end of a message on an unknown word: `; did you mean 'x'?`, or empty. Arguments as for `nearest`."""
    near = nearest(word, choices, cutoff)
    return f"; did you mean '{near}'?" if near else ""
