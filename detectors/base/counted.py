"""Numbers with their nouns, for messages."""


def counted(count: int | str, one: str, several: str = "") -> str:
    """The number and its noun: `1 frame`, `2 frames`, `1 box`, `0 entries`.

    Args:
        count: the number; a text where it is to be shown in another way, such as `1.5`.
        one: what stands after 1.
        several: what stands after other numbers, where it is more than the plural of the noun: `boxes were`.
    """
    return f"{count} {one if str(count) == '1' else several or _plural(one)}"


def _plural(noun: str) -> str:
    if noun.endswith(("x", "s", "ch", "sh")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
