"""The packets of a video stream of a file, each marked as damaged if data is missing before it."""

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

REACH = 16
"""Packets examined before and after each; no packet is further from its position in the order of display."""
_SEAM_PACKETS = 2
"""FFmpeg marks damage one packet too early in H.264 from MPEG-TS."""
_RESYNCHRONISING = ("matroska", "avi", "flv")
"""Containers whose readers skip unreadable bytes without an error."""
_FILE = "file:"
"""What the name of a container begins with that is read from a file."""
_LARGEST_HEADER = 64
"""Most bytes between the payloads of two packets of these containers; more are skipped data, or an index."""
_AVI_INDEX = (b"ix", b"idx1", b"JUNK", b"LIST", b"RIFF")
"""First bytes of the chunks between the packets of an undamaged AVI file."""
_GAP_INTERVALS = 1.5
"""In units of the usual interval; between two frames further apart, a frame is missing."""


def marked_packets(container: InputContainer, stream: VideoStream) -> Packets:
    """The packets of a stream in the order of decoding; a read error is raised after the packets before it.

    FFmpeg marks damaged packets (`is_corrupt`). Here a packet is marked too if bytes of the file were skipped before it
    and the time stamps around it have a gap. A mark right before a key frame without a gap in time is removed: there,
    complete streams were joined.

    Raises:
        FFmpegError: the file cannot be read further.
    """
    earlier: deque[int] = deque(maxlen=REACH)
    waiting: deque[tuple[Packet[VideoStream], bool]] = deque()
    failure: FFmpegError | None = None

    def release() -> "Packet[VideoStream]":
        packet, skipped = waiting.popleft()
        later = [each for each, _ in waiting]
        if packet.is_corrupt and _is_seam(earlier, packet, later):
            packet.is_corrupt = False
        # in AVI files, time stamps are packet numbers and have no gaps
        if skipped and (_is_avi(container) or _has_gap(list(earlier), _times([packet, *later]))):
            packet.is_corrupt = True
        earlier.extend(_times([packet]))
        return packet

    try:
        for each in _with_skips(container, stream):
            waiting.append(each)
            if len(waiting) > REACH:
                yield release()
    except FFmpegError as error:
        failure = error
    while waiting:
        yield release()
    if failure is not None:
        raise failure


def _with_skips(container: InputContainer, stream: VideoStream) -> Iterator[tuple["Packet[VideoStream]", bool]]:
    """Each packet of a stream, and whether bytes of the file were skipped since the previous packet."""
    skips = container.format.name.split(",")[0] in _RESYNCHRONISING and container.name.startswith(_FILE)
    end, skipped = None, False
    for packet in container.demux():
        if skips and packet.size and packet.pos is not None:
            if end is not None and packet.pos - end > _LARGEST_HEADER:
                skipped |= not (_is_avi(container) and _is_avi_index(container, end))
            end = max(end or 0, packet.pos + packet.size)
        if packet.stream is stream:
            yield packet, skipped  # type: ignore[misc]
            skipped = False


def _is_avi(container: InputContainer) -> bool:
    return bool(container.format.name == "avi")


def _is_avi_index(container: InputContainer, position: int) -> bool:
    """Whether an index or padding starts at a position of an AVI file, or after one byte of alignment."""
    with Path(container.name.removeprefix(_FILE)).open("rb") as file:
        file.seek(position)
        head = file.read(5)
    return head.startswith(_AVI_INDEX) or head[1:].startswith(_AVI_INDEX)


def _is_seam(earlier: deque[int], packet: "Packet[VideoStream]", later: list["Packet[VideoStream]"]) -> bool:
    """Whether a key frame follows a packet marked as damaged at once, without a gap in time."""
    start = next((index for index, each in enumerate(later[:_SEAM_PACKETS], 1) if each.is_keyframe), None)
    if start is None:
        return False
    packets = [packet, *later]
    return not _has_gap([*earlier, *_times(packets[:start])], _times(packets[start:]))


def _has_gap(before: list[int], after: list[int]) -> bool:
    """Whether two successive time stamps are further apart than usual; not where the clock starts again."""
    ordered = sorted(before + after)
    usual = _usual_interval(ordered)
    if before and after and min(after) < max(before) - REACH * usual:
        return False
    return max((later - earlier for earlier, later in pairwise(ordered)), default=0) > _GAP_INTERVALS * usual


def _usual_interval(times: list[int]) -> float:
    return median([later - earlier for earlier, later in pairwise(sorted(set(times)))] or [0])


def _times(packets: list["Packet[VideoStream]"]) -> list[int]:
    return [packet.pts for packet in packets if packet.pts is not None]
