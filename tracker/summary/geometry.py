"""Lines and zones in the picture: where a moving point crosses a line, and when it is in a zone.

Coordinates are pixels, with x to the right and y down.
"""

import math
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal, NamedTuple

import numpy as np

from siamlink.detectors.base.arrays import BoolArray, Boxes, FloatArray
from siamlink.detectors.base.errors import ConfigError

Point = tuple[float, float]
Anchor = Literal["bottom", "centre"]
"""The point of a box that counts: the centre of its bottom side, where a person stands, or its centre."""


@dataclass(frozen=True)
class Line:
    """A line from one point to another. A track that crosses it from its left to its right goes in, seen along it.

    A line from left to right of the picture is crossed inwards by what moves down.

    Raises:
        ConfigError: the points are one, or a coordinate is not finite.
    """

    name: str
    start: Point
    end: Point

    def __post_init__(self) -> None:
        _check_points(f"line {self.name!r}", (self.start, self.end))
        if self.start == self.end:
            raise ConfigError(f"line {self.name!r} needs two different points")


@dataclass(frozen=True)
class Zone:
    """A polygon; its edges belong to it. Where edges cross each other, the even-odd rule says what is inside.

    Raises:
        ConfigError: there are fewer than three corners, all are on one line, or a coordinate is not finite.
    """

    name: str
    corners: tuple[Point, ...]

    def __post_init__(self) -> None:
        _check_points(f"zone {self.name!r}", self.corners)
        if len(set(self.corners)) < 3:
            raise ConfigError(f"zone {self.name!r} needs three different corners or more")
        offsets = np.array(self.corners) - self.corners[0]
        if np.linalg.matrix_rank(offsets) < 2:
            raise ConfigError(f"zone {self.name!r} has no area: its corners are on one line")

    @property
    def crosses_itself(self) -> bool:
        """Whether two of its edges cross each other, as when corners are not in order around it."""
        corners = np.array(self.corners, np.float64)
        edges = list(zip(corners, np.roll(corners, -1, axis=0), strict=True))
        return any(_cross(*one, *other) for one, other in combinations(edges, 2))


class Crossing(NamedTuple):
    """A crossing of a line: the row of the first point beyond it, and whether it leads in."""

    row: int
    inwards: bool


def anchor_points(box: Boxes, anchor: Anchor) -> FloatArray:
    """(N, 2) the points of boxes (N, 4) that count."""
    x1, y1, x2, y2 = box.T.astype(np.float64)
    return np.column_stack([(x1 + x2) / 2, y2 if anchor == "bottom" else (y1 + y2) / 2])


def crossings(points: FloatArray, line: Line, margin: float = 0.0) -> list[Crossing]:
    """The crossings of a line by a point that moves straight from each of its places to the next.

    A point on the line is on neither side: what touches the line and returns, moves along it or starts on it does not
    cross it. The crossing is at the last place where the path meets the straight line through both points; it counts
    if this place is between them, or one of them.

    Args:
        points: (N, 2) the places, in order.
        line: the line.
        margin: in pixels; places that are no farther from the line count as on it. So an object whose box jitters on
            the line does not cross it again and again.
    """
    if not len(points):
        return []
    start, along = np.array(line.start), np.subtract(line.end, line.start)
    length = math.hypot(*along)
    offset = points - start
    distance = (along[0] * offset[:, 1] - along[1] * offset[:, 0]) / length
    side = np.sign(np.where(np.abs(distance) > margin, distance, 0))
    known = np.flatnonzero(side)
    found = []
    for before, after in pairwise(known.tolist()):
        if side[before] == side[after]:
            continue
        beyond = distance[before : after + 1] * side[after]
        leg = before + int(np.flatnonzero((beyond[:-1] <= 0) & (beyond[1:] > 0))[-1])
        share = distance[leg] / (distance[leg] - distance[leg + 1])
        place = offset[leg] + share * (points[leg + 1] - points[leg])
        if 0 <= place @ along <= length**2:
            found.append(Crossing(after, bool(side[after] > 0)))
    return found


def inside(points: FloatArray, zone: Zone) -> BoolArray:
    """(N,) which points (N, 2) are in a zone or on its edge."""
    corners = np.array(zone.corners, np.float64)
    (ax, ay), (bx, by) = corners.T, np.roll(corners, -1, axis=0).T
    x, y = points[:, :1], points[:, 1:]
    side = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
    on_edge = (
        (side == 0)
        & (np.minimum(ax, bx) <= x)
        & (x <= np.maximum(ax, bx))
        & (np.minimum(ay, by) <= y)
        & (y <= np.maximum(ay, by))
    )
    passes = ((ay > y) != (by > y)) & ((side > 0) == (by > ay))  # edges that a ray to the left of the point meets
    within: BoolArray = (passes.sum(axis=1) % 2 == 1) | on_edge.any(axis=1)
    return within


def _cross(start: FloatArray, end: FloatArray, other_start: FloatArray, other_end: FloatArray) -> bool:
    """Whether two edges between points (2,) cross within both of them; edges that only touch do not."""

    def side(first: FloatArray, second: FloatArray, point: FloatArray) -> float:
        (ax, ay), (bx, by) = second - first, point - first
        return float(np.sign(ax * by - ay * bx))

    return (
        side(start, end, other_start) * side(start, end, other_end) < 0
        and side(other_start, other_end, start) * side(other_start, other_end, end) < 0
    )


def parse_line(text: str, number: int) -> Line:
    """A line from the text `[NAME=]X1,Y1,X2,Y2`; without a name it is `line NUMBER`.

    Raises:
        ConfigError: the text is not such a line.
    """
    name, points = _parse(text, f"line {number}")
    if len(points) != 2:
        raise ConfigError(f"a line is [NAME=]X1,Y1,X2,Y2 in pixels, not {text[:60]!r}")
    return Line(name, *points)


def parse_zone(text: str, number: int) -> Zone:
    """A zone from the text `[NAME=]X1,Y1,X2,Y2,X3,Y3,...`; without a name it is `zone NUMBER`.

    Raises:
        ConfigError: the text is not such a zone.
    """
    name, points = _parse(text, f"zone {number}")
    if len(points) < 3:
        raise ConfigError(f"a zone is [NAME=]X,Y,X,Y,X,Y,... in pixels with three corners or more, not {text[:60]!r}")
    return Zone(name, tuple(points))


def _parse(text: str, default_name: str) -> tuple[str, list[Point]]:
    """The name and the points; no points where the text is not made of pairs of numbers."""
    name, equals, numbers = text.rpartition("=")
    name = name.strip() if equals else default_name
    if not name.isprintable() or not name:
        raise ConfigError(f"{text[:60]!r} has no printable name before '='")
    try:
        values = [float(each) for each in numbers.split(",")]
    except ValueError:
        return name, []
    return name, list(zip(values[::2], values[1::2], strict=True)) if len(values) % 2 == 0 else []


def _check_points(what: str, points: tuple[Point, ...]) -> None:
    if not np.isfinite(np.array(points, np.float64)).all():
        raise ConfigError(f"{what} has a coordinate that is not finite")
