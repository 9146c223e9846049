"""A folder that keeps what was seen of videos, bounded in size: what was not used for longest goes first."""

from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from siamlink.tracker.cache.record_store import files_of, label_of

GIGABYTE = 10**9
DEFAULT_GIGABYTES = 10.0


@dataclass(frozen=True)
class Entry:
    """What is kept of one video by one detector or appearance.

    Attributes:
        size: bytes.
        used: when it was last used, in seconds since 1970.
        files: that hold it.
    """

    size: int
    used: float
    files: tuple[Path, ...]

    @property
    def label(self) -> str:
        """Which video and by what; `?` where that cannot be read."""
        try:
            return label_of(self.files[0])
        except OSError:
            return "?"

    def remove(self) -> None:
        """Remove its files; one that is in use where this prevents it stays."""
        for path in self.files:
            with suppress(OSError):
                path.unlink()


@dataclass(frozen=True)
class Cache:
    """The folder, which need not be there, and the bytes that it may hold."""

    folder: Path
    limit: int = int(DEFAULT_GIGABYTES * GIGABYTE)

    def entries(self) -> list[Entry]:
        """What is kept, latest used first."""
        by_key = groupby(files_of(self.folder), lambda path: path.name.partition(".")[0])
        made = [entry for _, files in by_key if (entry := _entry(tuple(files)))]
        return sorted(made, key=lambda entry: entry.used, reverse=True)

    def trim(self) -> None:
        """Remove what was not used for longest until the rest is within the limit."""
        room = self.limit
        for entry in self.entries():
            room -= entry.size
            if room < 0:
                entry.remove()

    def clear(self) -> list[Entry]:
        """Remove all that is kept, and nothing else in the folder; returns it."""
        entries = self.entries()
        for entry in entries:
            entry.remove()
        return entries


def _entry(files: tuple[Path, ...]) -> Entry | None:
    try:
        stats = [path.stat() for path in files]
        return Entry(sum(stat.st_size for stat in stats), max(stat.st_mtime for stat in stats), files)
    except OSError:  # another process removes it
        return None
