"""Records of the frames of a video in memory, on top of those on the disk if there are any."""

from siamlink.tracker.cache.record_store import Record, RecordStore


class MemoryStore:
    """Keeps every record that is read or added; used like a `RecordStore`.

    Args:
        below: records are read from it, and added to it too; None: they are in memory alone.
    """

    def __init__(self, below: RecordStore | None = None) -> None:
        self._below = below
        self._records: dict[int, list[Record]] = {}

    @property
    def damaged(self) -> int:
        """How many records on the disk were damaged."""
        return self._below.damaged if self._below else 0

    @property
    def frame_count(self) -> int:
        """How many frames had records on the disk."""
        return self._below.frame_count if self._below else 0

    def records(self, frame: int) -> list[Record]:
        """The records of a frame."""
        if frame not in self._records:
            self._records[frame] = self._below.records(frame) if self._below else []
        return self._records[frame]

    def add(self, frame: int, record: Record) -> None:
        """Keep a record."""
        self.records(frame).append(record)
        if self._below:
            self._below.add(frame, record)
