"""Records of the frames of videos in an SQLite database: shared by processes, with a checksum in each record."""

import json
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from siamlink.detectors.base.fingerprint import text_digest

Record = dict[str, NDArray[np.generic]]
"""Arrays by name."""

DATABASE = "siamlink-cache-1.sqlite3"
"""The file in a folder. Another format takes another number, so that two versions of siamlink never share a file."""
WHOLE_VIDEO = 0
"""In place of a frame number: a record about the video as a whole."""
SYNC_SECONDS = 5.0
"""Work that a power cut can cost at most. A killed process loses at most the record that it is writing."""
LOCK_SECONDS = 30.0
"""How long to wait for another process that is writing."""
SCHEMA = """
PRAGMA auto_vacuum = FULL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA trusted_schema = OFF;
CREATE TABLE IF NOT EXISTS entry (key TEXT PRIMARY KEY, label TEXT, used REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    key TEXT, frame INTEGER, time INTEGER, checksum INTEGER, data BLOB, PRIMARY KEY (key, frame, time)
) WITHOUT ROWID;
"""
SELECT_RECORDS = """
SELECT CAST(data AS BLOB) FROM record
WHERE key = ?1 AND frame = ?2 AND checksum = crc(?1, CAST(frame AS INTEGER), CAST(data AS BLOB)) ORDER BY time
"""
COUNT_DAMAGED = """
SELECT count(*) FROM record WHERE key = ?1 AND checksum IS NOT crc(?1, CAST(frame AS INTEGER), CAST(data AS BLOB))
"""
DELETE_DAMAGED = """
DELETE FROM record WHERE key = ?1 AND checksum IS NOT crc(?1, CAST(frame AS INTEGER), CAST(data AS BLOB))
"""
DELETE_FRAMES = """
DELETE FROM record WHERE key = ?1 AND frame IN (SELECT frame FROM record WHERE key = ?1 LIMIT 500)
"""
SELECT_ENTRIES = """
SELECT CAST(label AS BLOB), count(DISTINCT nullif(frame, 0)), total(length(data)),
    max(0, min(4e9, ifnull(used, 0))) AS time
FROM entry LEFT JOIN record USING (key) GROUP BY key ORDER BY time DESC
"""
SELECT_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


class Entry(NamedTuple):
    """The records of one video by one detector or appearance.

    Attributes:
        label: names video and detector or appearance.
        frames: how many frames have records.
        size: bytes.
        used: when the records were last used, in seconds since 1970.
    """

    label: str
    frames: int
    size: int
    used: float


class RecordDatabase:
    """The database of a folder. Several processes may use it at once, and several threads the same object.

    No state of the database raises an error: after one, `fault` says what is wrong, nothing more is written, and what
    cannot be read counts as not recorded. A damaged database is removed.

    Args:
        folder: where the database is; both are made if they are not there.

    Attributes:
        fault: why nothing more is written; None as long as there is no reason.
    """

    def __init__(self, folder: Path) -> None:
        self.fault: str | None = None
        self._path = folder / DATABASE
        self._connection: sqlite3.Connection | None = None
        self._synced, self._lock = time.monotonic(), RLock()
        with self._faults():
            folder.mkdir(parents=True, exist_ok=True)
            # where nothing can be written, there is no place for a lock either
            read_only = self._path.exists() and not os.access(folder, os.W_OK)
            uri = self._path.absolute().as_uri() + ("?immutable=1" if read_only else "")
            self._connection = sqlite3.connect(uri, LOCK_SECONDS, check_same_thread=False, uri=True)
            self._connection.create_function("crc", 3, checksum)
            self._connection.executescript(SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; from then on nothing is read or written."""
        with self._lock, suppress(sqlite3.Error):
            connection, self._connection = self._connection, None
            if connection:
                connection.close()

    def read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that answer a query."""
        with self._faults():
            return self._connection.execute(query, values).fetchall() if self._connection else []
        return []

    def write(self, *statements: tuple[str, tuple[object, ...]]) -> int:
        """Execute statements, each with its values, in one transaction; returns how many rows the last one changed."""
        count = 0
        with self._faults():
            if self._connection is None or self.fault is not None:
                return 0
            with self._connection as connection:
                for statement, values in statements:
                    count = connection.execute(statement, values).rowcount
            if time.monotonic() - self._synced > SYNC_SECONDS:
                connection.execute("PRAGMA wal_checkpoint").fetchall()
                self._synced = time.monotonic()
        return count

    def entries(self) -> list[Entry]:
        """What is recorded, last used first."""
        rows = self.read(SELECT_ENTRIES)
        return [Entry(_printable(label), frames, int(size), used) for label, frames, size, used in rows]

    def trim(self, limit: int) -> None:
        """Remove the least recently used entries until the database has at most so many bytes."""
        for row in self.read("SELECT key FROM entry ORDER BY used"):
            if sum(size for (size,) in self.read(SELECT_SIZE)) <= limit:
                return
            while self.write((DELETE_FRAMES, row)):
                pass  # a few frames in each transaction, so that other processes can write in between
            self.write(("DELETE FROM entry WHERE key = ?", row), ("DELETE FROM record WHERE key = ?", row))

    def clear(self) -> None:
        """Remove all entries."""
        self.write(("DELETE FROM entry", ()), ("DELETE FROM record", ()))

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Keep the reason of the first error. A sound database is never removed, as another process may use it."""
        try:
            with self._lock:
                yield
        except sqlite3.ProgrammingError:
            raise
        except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits are details
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or isinstance(error, UnicodeDecodeError):
                self.close()
                for suffix in ("", "-wal", "-shm"):
                    with suppress(OSError):
                        Path(f"{self._path}{suffix}").unlink()
                self.fault = f"{self._path} was damaged and is removed"
            self.fault = self.fault or f"cannot use {self._path}: {getattr(error, 'strerror', None) or error}"


class RecordStore:
    """The records of one entry of a database; damaged ones are removed first.

    Args:
        database: what holds them.
        identity: what all records depend on; another identity has other records.
        label: names the entry for the user.

    Attributes:
        key: digest of the identity.
        damaged: how many records were damaged.
    """

    def __init__(self, database: RecordDatabase, identity: dict[str, str], label: str) -> None:
        self.key = text_digest(json.dumps(identity, sort_keys=True))
        self._database, self._label = database, " ".join(label.split())
        database.write(("UPDATE entry SET used = ? WHERE key = ?", (time.time(), self.key)))
        self.damaged = sum(count for (count,) in database.read(COUNT_DAMAGED, self.key))
        if self.damaged:
            database.write((DELETE_DAMAGED, (self.key,)))
        frames = database.read("SELECT DISTINCT CAST(frame AS INTEGER) FROM record WHERE key = ?", self.key)
        self._frames = {frame for (frame,) in frames}

    @property
    def frame_count(self) -> int:
        """How many frames had records when the store was opened."""
        return len(self._frames - {WHOLE_VIDEO})

    def records(self, frame: int) -> list[Record]:
        """The records of a frame, if it had some when the store was opened."""
        records = []
        for (data,) in self._database.read(SELECT_RECORDS, self.key, frame) if frame in self._frames else []:
            with suppress(SafetensorError, KeyError, TypeError, ValueError):
                records.append(load(data))
        return records

    def add(self, frame: int, record: Record) -> None:
        """Write a record."""
        data = save({name: np.ascontiguousarray(values) for name, values in record.items()})  # views are saved wrongly
        row = self.key, int(frame), time.time_ns(), checksum(self.key, frame, data), data
        entry = "INSERT OR IGNORE INTO entry VALUES (?, ?, ?)", (self.key, self._label, time.time())
        self._database.write(entry, ("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)", row))


def checksum(key: str, frame: int, data: bytes | None) -> int:
    """CRC-32 of a record with its place, as damage can also move a record to another place."""
    return zlib.crc32(data or b"", zlib.crc32(f"{key} {frame}".encode()))


def _printable(label: bytes | None) -> str:
    return "".join(filter(str.isprintable, (label or b"").decode("utf-8", "replace")))
