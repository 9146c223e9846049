"""What the server serves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from siamlink.detectors.base.errors import SiamlinkError


class SupersededError(SiamlinkError):
    """Newer corrections have come while these were worked on, so their result is of no use."""


class Site(Protocol):
    """A page with its video, which solves and saves corrections. The methods are called by several threads at once."""

    @property
    def video(self) -> Path | None:
        """The file that the page plays; None without one."""
        ...

    @property
    def token(self) -> str:
        """What every request must state."""
        ...

    def page(self) -> str:
        """The page as HTML, whose requests state the token."""
        ...

    def solve(self, lines: Sequence[str]) -> str:
        """The data of the page after these corrections, as JSON.

        Raises:
            SupersededError: there are newer ones.
            SiamlinkError: a line is wrong.
        """
        ...

    def save(self, lines: Sequence[str]) -> list[str]:
        """Write these corrections and the corrected tracks, and return the names of the files.

        Raises:
            SiamlinkError: a line is wrong, or a file cannot be written.
        """
        ...
