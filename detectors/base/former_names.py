"""The note on a name that was changed: one text for commands, options, settings, files and methods."""


def former_name_note(former: str, present: str) -> str:
    """The text of a note or warning that a former name was used, which is accepted for one release."""
    return f"'{former}' is now called '{present}'; the next release will not accept the former name"
