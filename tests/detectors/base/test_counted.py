"""Numbers with their nouns."""

import pytest

from siamlink.detectors.base.counted import counted


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (0, "frame", "0 frames"),
        (1, "frame", "1 frame"),
        (2, "frame", "2 frames"),
        (1, "box", "1 box"),
        (3, "box", "3 boxes"),
        (2, "class", "2 classes"),
        (2, "switch", "2 switches"),
        (2, "entry", "2 entries"),
        (2, "day", "2 days"),
        ("1", "second", "1 second"),
        ("1.5", "second", "1.5 seconds"),
    ],
)
def test_the_noun_agrees_with_its_number(count: int | str, noun: str, text: str) -> None:
    assert counted(count, noun) == text


def test_words_after_the_noun_are_given_for_both() -> None:
    assert counted(1, "box was", "boxes were") == "1 box was"
    assert counted(0, "box was", "boxes were") == "0 boxes were"
