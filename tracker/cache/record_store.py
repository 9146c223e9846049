"""What was found out of each frame of a video, kept on disk: append-only, checksummed, by several processes at once."""

import json
import os
import re
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from siamlink.detectors.base.fingerprint import text_digest

Record = dict[str, NDArray[np.generic]]
"""Arrays by name."""

SUFFIX = ".seen"
MAGIC = b"siamlink seen 1 "
LONGEST_IDENTITY, LONGEST_LABEL = 1 << 16, 1 << 12
"""Bytes."""
ABOUT_ALL = 0
"""In place of a frame's number: a record about the video as a whole."""
SYNC_SECONDS = 5.0
"""Of work that a power cut may cost at most; a process that is killed alone loses the record it is writing."""
_HEAD, _SUM = struct.Struct("<III"), struct.Struct("<I")
"""Frame, length of the record and its CRC-32; and the CRC-32 of these."""


class _Place(NamedTuple):
    """Where a whole record lies in a file."""

    file: BinaryIO
    frame: int
    start: int
    length: int

    def read(self) -> bytes:
        self.file.seek(self.start)
        return self.file.read(self.length)


class RecordStore:
    """Records about the frames of a video that are all of one identity: the same input seen by the same eyes.

    Every process writes a file of its own, `KEY.RANDOM.seen`, made with the first record, and reads those that are
    there when it begins. A file is a line of identity, a line for people, and then records, each with checksums. What a
    killed process has left half written at the end is passed over; a file with a damaged record is replaced by one with
    the others.

    Args:
        folder: where the files are; made with the first record.
        identity: what all records depend on.
        label: what people call it.

    Attributes:
        key: digest of the identity.
        damaged: how many records could not be read.
        fault: why records are no longer written; None as long as they are.
    """

    def __init__(self, folder: Path, identity: dict[str, str], label: str) -> None:
        text = json.dumps(identity, sort_keys=True)
        self.folder, self.label, self.key = folder, " ".join(label.split()), text_digest(text)
        self.damaged = 0
        self.fault: str | None = None
        self._header = MAGIC + text.encode() + b"\n"
        self._places: dict[int, list[_Place]] = {}
        self._readers: list[BinaryIO] = []
        self._writer: BinaryIO | None = None
        self._synced = time.monotonic()
        for path in files_of(folder, self.key):
            with suppress(OSError):  # who may not write may read
                os.utime(path)
            with suppress(OSError):  # another process may just have removed it
                self._open(path)

    @property
    def frame_count(self) -> int:
        """How many frames there are records of."""
        return len(self._places.keys() - {ABOUT_ALL})

    def records(self, frame: int) -> list[Record]:
        """What was known of a frame when the store was opened."""
        found = []
        for place in self._places.get(frame, ()):
            with suppress(SafetensorError, OSError, KeyError, TypeError, ValueError):
                found.append(load(place.read()))
        return found

    def add(self, frame: int, record: Record) -> None:
        """Write a record down, unless that has failed before: the work goes on without."""
        contiguous = {name: np.ascontiguousarray(values) for name, values in record.items()}  # others are saved wrongly
        self._append(frame, save(contiguous))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all files, what was written being on disk."""
        for reader in self._readers:
            reader.close()
        if self._writer is not None:
            with suppress(OSError):
                os.fsync(self._writer.fileno())
            with suppress(OSError):
                self._writer.close()

    def _append(self, frame: int, payload: bytes) -> None:
        if self.fault is not None:
            return
        try:
            writer = self._writer = self._writer or self._begin()
            head = _HEAD.pack(frame, len(payload), zlib.crc32(payload))
            writer.write(head + _SUM.pack(zlib.crc32(head)) + payload)
            writer.flush()
            if time.monotonic() - self._synced > SYNC_SECONDS:
                os.fsync(writer.fileno())
                self._synced = time.monotonic()
        except OSError as error:
            self.fault = f"cannot write {self.folder}: {error.strerror or error}"

    def _begin(self) -> BinaryIO:
        self.folder.mkdir(parents=True, exist_ok=True)
        writer = (self.folder / f"{self.key}.{secrets.token_hex(4)}{SUFFIX}").open("xb")
        writer.write(self._header + self.label.encode()[: LONGEST_LABEL - 1] + b"\n")
        return writer

    def _open(self, path: Path) -> None:
        """Find the whole records of a file; where others are damaged, write these anew and remove it."""
        file = path.open("rb")
        self._readers.append(file)
        header = file.readline(len(self._header))
        whole = header == self._header
        places = list(_whole_records(file)) if whole else []
        good = [place for place in places if place]
        for place in good:
            self._places.setdefault(place.frame, []).append(place)
        damaged = len(places) - len(good) + (not self._header.startswith(header))
        self.damaged += damaged
        if damaged:
            for place in good:
                self._append(place.frame, place.read())
            if self.fault is None:
                path.unlink()


def _whole_records(file: BinaryIO) -> Iterator[_Place | None]:
    """The records after a file's first line, None for each damaged one; a torn last one is passed over."""
    size = os.fstat(file.fileno()).st_size
    file.readline(LONGEST_LABEL)
    while len(head := file.read(_HEAD.size + _SUM.size)) == _HEAD.size + _SUM.size:
        frame, length, checksum = _HEAD.unpack_from(head)
        if _SUM.pack(zlib.crc32(head[: _HEAD.size])) != head[_HEAD.size :]:
            yield None  # where the next one begins is not known
            return
        place = _Place(file, frame, file.tell(), length)
        if place.start + length > size:
            return
        yield place if zlib.crc32(file.read(length)) == checksum else None


def label_of(path: Path) -> str:
    """What people call the store that a file is part of.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        file.readline(LONGEST_IDENTITY)
        return "".join(filter(str.isprintable, file.readline(LONGEST_LABEL).decode("utf-8", "replace")))


def frames_of(path: Path) -> set[int]:
    """The frames that a file has records of.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        file.readline(LONGEST_IDENTITY)
        return {place.frame for place in _whole_records(file) if place} - {ABOUT_ALL}


def files_of(folder: Path, key: str = "[0-9a-f]{64}") -> list[Path]:
    """The files of a store, or of all stores, in a folder; none but these."""
    name = re.compile(rf"{key}\.[0-9a-f]+{re.escape(SUFFIX)}")
    try:
        return sorted(path for path in folder.iterdir() if name.fullmatch(path.name))
    except OSError:
        return []
