"""Measured runs, and the files that they are kept in."""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import InputError

KINDS = ("videos", "detections", "stream")
"""Many short videos, many short sequences of detections alone, and one long stream of detections alone."""


@dataclass(frozen=True)
class Point:
    """One measured run of a whole program.

    Attributes:
        kind: one of `KINDS`.
        workers: processes that work at once.
        videos: how many.
        frames: of each.
        objects: in a frame, about.
        wall_seconds: from start to end.
        cpu_seconds: of all processes; None if not known.
        peak_bytes: memory of the largest process; None if not known.
        disk_bytes: that were written and stay; None if not known.
        note: on the circumstances.
    """

    kind: str
    workers: int
    videos: int
    frames: int
    objects: float
    wall_seconds: float
    cpu_seconds: float | None = None
    peak_bytes: float | None = None
    disk_bytes: float | None = None
    note: str = ""

    @property
    def all_frames(self) -> int:
        """Of all videos together."""
        return self.videos * self.frames


def read_points(path: Path) -> list[Point]:
    """The points of a JSON file: `{"points": [{"kind": ..., ...}]}`.

    Raises:
        InputError: it cannot be read, or is malformed.
    """
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        names = {field.name for field in fields(Point)}
        points = [Point(**{name: value for name, value in each.items() if name in names}) for each in found["points"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} holds no measured points: {error}") from None
    if unknown := [each.kind for each in points if each.kind not in KINDS]:
        raise InputError(f"{path}: there is no kind '{unknown[0]}', only {', '.join(KINDS)}")
    for point in points:
        for name, value in asdict(point).items():
            if name not in ("kind", "note") and not _is_possible(name, value):
                raise InputError(f"{path}: {name} is {value!r:.40}, which is no measured figure")
    return points


def _is_possible(name: str, value: object) -> bool:
    """Whether a figure of a point can have this value."""
    if value is None:
        return name in ("cpu_seconds", "peak_bytes", "disk_bytes")
    least = 0.0 if name == "disk_bytes" else 1e-9
    return isinstance(value, int | float) and least <= value < math.inf


def points_text(points: Iterable[Point]) -> list[dict[str, Any]]:
    """The points for a JSON file."""
    return [asdict(each) for each in points]
