"""Which part of a file a request wants: the header Range of HTTP (RFC 9110, section 14)."""

import re
from typing import NamedTuple

_SINGLE = re.compile(r"bytes=([0-9]{0,100})-([0-9]{0,100})", re.IGNORECASE)


class ByteRange(NamedTuple):
    """The bytes of a file from `start` to `stop`, without the one at `stop`."""

    start: int
    stop: int


class RangeError(ValueError):
    """The file has none of the bytes that were asked for."""


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """The one range that a header names; None if the whole file is the answer.

    The whole file also answers what is malformed, of another unit, or of several ranges, as RFC 9110 allows.

    Args:
        header: as `bytes=0-99`, `bytes=100-` or `bytes=-100` for the last 100 bytes; None without one.
        size: of the file, bytes.

    Raises:
        RangeError: the file ends before the range, or the range is of no bytes.
    """
    match = _SINGLE.fullmatch(header.strip()) if header else None
    if match is None or match[0].endswith("=-"):
        return None
    first, last = match.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise RangeError
    return ByteRange(start, stop)
