"""What tracks do at lines and in zones: crossings and visits, with their times."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from siamlink.detectors.base.arrays import FloatArray
from siamlink.tracker.summary.geometry import Line, Zone, crossings, inside
from siamlink.tracker.summary.track_summary import TrackSummary, time_of
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class LineCrossing:
    """A track crosses a line.

    Attributes:
        line: the name of the line.
        track_id: the track.
        class_id: its class.
        class_name: the name of this class; empty if the names are not known.
        direction: `in`, from the left of the line to its right, seen from its first point to its second; or `out`.
        frame: the first frame in which it is beyond the line.
        time: of this frame, in seconds; None if the frame rate is not known.
    """

    line: str
    track_id: int
    class_id: int
    class_name: str
    direction: str
    frame: int
    time: float | None


@dataclass(frozen=True)
class ZoneVisit:
    """A track is in a zone, in all of its frames from one to another.

    Attributes:
        zone: the name of the zone.
        track_id: the track.
        class_id: its class.
        class_name: the name of this class; empty if the names are not known.
        first_frame: the first frame in the zone.
        last_frame: the last frame in the zone.
        first_time: of the first frame, in seconds; None if the frame rate is not known.
        seconds: how long the visit lasts, until the end of its last frame; None likewise.
        entered: whether the track was outside before; false if it begins in the zone.
        left: whether it is outside afterwards; false if it ends in the zone.
    """

    zone: str
    track_id: int
    class_id: int
    class_name: str
    first_frame: int
    last_frame: int
    first_time: float | None
    seconds: float | None
    entered: bool
    left: bool


def crossings_of(
    track: TrackSummary, boxes: Tracks, points: FloatArray, line: Line, margin: float, frame_rate: float | None
) -> Iterator[LineCrossing]:
    """The crossings of a line by one track, given its N boxes and their anchor points (N, 2)."""
    for row, inwards in crossings(points, line, margin):
        frame = int(boxes.frame[row])
        direction, time = "in" if inwards else "out", time_of(frame, frame_rate)
        yield LineCrossing(line.name, track.track_id, track.class_id, track.class_name, direction, frame, time)


def visits_of(
    track: TrackSummary, boxes: Tracks, points: FloatArray, zone: Zone, frame_rate: float | None
) -> Iterator[ZoneVisit]:
    """The visits of one track to a zone, given its N boxes and their anchor points (N, 2)."""
    change = np.diff(inside(points, zone).astype(np.int8), prepend=0, append=0)
    for first, stop in zip(np.flatnonzero(change > 0).tolist(), np.flatnonzero(change < 0).tolist(), strict=True):
        first_frame, last_frame = int(boxes.frame[first]), int(boxes.frame[stop - 1])
        yield ZoneVisit(
            zone=zone.name,
            track_id=track.track_id,
            class_id=track.class_id,
            class_name=track.class_name,
            first_frame=first_frame,
            last_frame=last_frame,
            first_time=time_of(first_frame, frame_rate),
            seconds=(last_frame - first_frame + 1) / frame_rate if frame_rate else None,
            entered=first > 0,
            left=stop < len(boxes),
        )
