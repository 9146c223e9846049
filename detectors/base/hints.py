"""Hints in messages on words that are not known."""

import difflib
from collections.abc import Iterable

OTHER_NAMES = {
    "conf": "confidence",
    "config": "parameters",
    "dets": "detections",
    "fps": "frame_rate",
    "img": "image",
    "pts": "timestamp",
    "settings": "parameters",
    "source": "video",
    "time": "timestamp",
    "video": "source",
}
"""What arguments and settings are called elsewhere, in small letters, and what they are called here."""

SIMILAR = 0.6
"""The similarity from which on a word is taken for a misspelling of another."""


def similarity(word: str, other: str) -> float:
    """How similar two words are, 0 to 1: twice the number of letters in common, divided by the number of all."""
    return difflib.SequenceMatcher(None, word, other).ratio()


def nearest(word: str, choices: Iterable[str], cutoff: float = SIMILAR) -> str:
    """The choice that has a word as another name, or is most similar to it; empty if none is similar enough.

    Args:
        word: as a user wrote it.
        choices: the words that are known.
        cutoff: the lowest similarity that counts, 0 to 1.
    """
    choices = list(choices)
    if (here := OTHER_NAMES.get(word.lower(), "")) in choices:
        return here
    return next(iter(difflib.get_close_matches(word, choices, 1, cutoff)), "")


def did_you_mean(word: str, choices: Iterable[str], cutoff: float = SIMILAR) -> str:
    """The end of a message on an unknown word: `; did you mean 'x'?`, or empty. Arguments as for `nearest`."""
    return suggestion(nearest(word, choices, cutoff))


def suggestion(near: str) -> str:
    """The end of a message on an unknown word that is similar to `near`; empty if `near` is."""
    return f"; did you mean '{near}'?" if near else ""
