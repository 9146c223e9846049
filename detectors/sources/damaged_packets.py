"""The packets of one video stream of a file, each marked as damaged where something is lost before it."""

from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

Packets = Iterator["Packet[VideoStream]"]

_REACH = 16
"""Packets looked at before and after a place; none stands further from its place in the order of display."""
_SEAM_PACKETS = 2
"""A mark of damage stands one packet early in H.264 from MPEG-TS."""
_RESYNCHRONISING = ("matroska", "avi", "flv")
"""Containers whose readers skip what they cannot read without a word."""
_LARGEST_HEADER = 64
"""Bytes between the payloads of two packets of these containers; more were skipped, or are an index."""
_AVI_INDEX = (b"ix", b"idx1", b"JUNK", b"LIST", b"RIFF")
"""How what lies between the packets of an undamaged AVI file begins."""
_LONGEST_INTERVAL = 1.5
"""Times the usual interval; two frames further apart have lost another between them."""


def marked_packets(container: InputContainer, stream: VideoStream) -> Packets:
    """The packets of a stream in the order of decoding; an `FFmpegError` where reading fails, after what came before.

    A packet is marked as damaged (`is_corrupt`) by FFmpeg, or here where bytes of the file were skipped before it and
    the time stamps around it have a gap. A mark right before a key frame that no time is missing from is taken back:
    there, whole streams were joined.
    """
    earlier: deque[int] = deque(maxlen=_REACH)
    held: deque[tuple[Packet[VideoStream], bool]] = deque()
    failure: FFmpegError | None = None

    def release() -> "Packet[VideoStream]":
        packet, skipped = held.popleft()
        later = [each for each, _ in held]
        if packet.is_corrupt and _is_seam(earlier, packet, later):
            packet.is_corrupt = False
        # the time stamps of an AVI file are numbers of packets, without gaps
        if skipped and (_is_avi(container) or _has_gap(list(earlier), _times([packet, *later]))):
            packet.is_corrupt = True
        earlier.extend(_times([packet]))
        return packet

    try:
        for each in _with_skips(container, stream):
            held.append(each)
            if len(held) > _REACH:
                yield release()
    except FFmpegError as error:
        failure = error
    while held:
        yield release()
    if failure is not None:
        raise failure


def _with_skips(container: InputContainer, stream: VideoStream) -> Iterator[tuple["Packet[VideoStream]", bool]]:
    """Each packet of a stream, and whether bytes of the file were skipped since the one before."""
    looks = container.format.name.split(",")[0] in _RESYNCHRONISING
    end, skipped = None, False
    for packet in container.demux():
        if looks and packet.size and packet.pos is not None:
            if end is not None and packet.pos - end > _LARGEST_HEADER:
                skipped |= not (_is_avi(container) and _is_avi_index(container, end))
            end = max(end or 0, packet.pos + packet.size)
        if packet.stream is stream:
            yield packet, skipped  # type: ignore[misc]
            skipped = False


def _is_avi(container: InputContainer) -> bool:
    return bool(container.format.name == "avi")


def _is_avi_index(container: InputContainer, place: int) -> bool:
    """Whether an index or filling starts in an AVI file at a place, or behind the byte that makes it even."""
    with Path(container.name.removeprefix("file:")).open("rb") as file:
        file.seek(place)
        head = file.read(5)
    return head.startswith(_AVI_INDEX) or head[1:].startswith(_AVI_INDEX)


def _is_seam(earlier: deque[int], packet: "Packet[VideoStream]", later: list["Packet[VideoStream]"]) -> bool:
    """Whether a key frame follows a mark of damage right away, and no time is missing before it."""
    start = next((index for index, each in enumerate(later[:_SEAM_PACKETS], 1) if each.is_keyframe), None)
    if start is None:
        return False
    packets = [packet, *later]
    return not _has_gap([*earlier, *_times(packets[:start])], _times(packets[start:]))


def _has_gap(before: list[int], after: list[int]) -> bool:
    """Whether two neighbours among time stamps are further apart than is usual, unless the clock starts over."""
    ordered = sorted(before + after)
    usual = _usual_interval(ordered)
    if before and after and min(after) < max(before) - _REACH * usual:
        return False
    return max((later - earlier for earlier, later in pairwise(ordered)), default=0) > _LONGEST_INTERVAL * usual


def _usual_interval(times: list[int]) -> float:
    return median([later - earlier for earlier, later in pairwise(sorted(set(times)))] or [0])


def _times(packets: list["Packet[VideoStream]"]) -> list[int]:
    return [packet.pts for packet in packets if packet.pts is not None]
