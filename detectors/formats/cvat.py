"""Reads CVAT for video 1.1: XML with a track for each object."""

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from siamlink.detectors.formats.checks import MAX_ID
from siamlink.detectors.formats.cvat_xml import CvatBox, CvatTrack, parse_cvat
from siamlink.detectors.formats.named_columns import numbered_names
from siamlink.detectors.formats.raw_boxes import Place, RawBoxes, no_boxes

NAME = "CVAT XML"
UNNAMED = "object"
"""The label that siamlink writes where classes are not known."""
MAX_BOXES = 5_000_000
"""Boxes of a file, those between key frames included."""


def read_cvat(path: Path, text: str) -> RawBoxes:
    """Boxes from tracks. Where a track has no box between two others, the boxes on the line between these are added.

    A track keeps the id of siamlink, the attribute `siamlink_id` of most of its boxes, unless more boxes of another
    track have it; else it gets a new id. The attributes `score`, `interpolated`, `link_probability` and
    `found` are read too.

    Raises:
        FormatError: it is not XML, holds images instead of tracks, or a box is malformed.
    """
    content = parse_cvat(path, text)
    tracks = [track for track in content.tracks if not all(box.outside for box in track.boxes)]
    if not tracks:
        return no_boxes(path, NAME)
    names = numbered_names(path, {track.label for track in tracks})
    number_of = {name: number for number, name in names.items()}
    rows: list[tuple[float, ...]] = []
    lines: list[int] = []
    for track, track_id in zip(tracks, _ids(tracks), strict=True):
        if len(rows) + track.boxes[-1].frame - track.boxes[0].frame > MAX_BOXES:
            Place(path, track.boxes[-1].line).fail(f"more than {MAX_BOXES} boxes, those between key frames included")
        for frame, box, sides in _filled(track):
            rows.append((frame, track_id, *sides, *_attributes(box), number_of[track.label]))
            lines.append(box.line)
    table = np.array(rows)
    table[:, 4:6] -= table[:, 2:4]
    raw = RawBoxes(path, NAME, table[:, :7].copy(), lambda row, _: Place(path, lines[row]), counts_from=0)
    raw.interpolated = table[:, 7] > 0
    raw.link_probability, raw.found = table[:, 8].astype(np.float32), table[:, 9] > 0
    if set(number_of) != {UNNAMED}:
        raw.label, raw.class_names = table[:, 10], names
    if content.other_shapes:
        raw.notes.append(f"{content.other_shapes} shapes that are no boxes are left out")
    return raw


def _filled(track: CvatTrack) -> Iterator[tuple[int, CvatBox, list[float]]]:
    """Frame and sides of each box that is not outside, and the box that states its attributes."""
    for box, following in zip(track.boxes, [*track.boxes[1:], None], strict=True):
        if box.outside:
            continue
        yield box.frame, box, box.sides
        if following is None:
            continue
        steps = following.frame - box.frame
        for step in range(1, steps):
            moved = [a + (b - a) * step / steps for a, b in zip(box.sides, following.sides, strict=True)]
            yield box.frame + step, box, moved


def _attributes(box: CvatBox) -> tuple[float, float, float, float]:
    """Score, whether the box is interpolated, link probability, NaN where it is not known, and whether it was found."""
    link = box.number("link_probability", -1.0)
    interpolated, found = (
        float(box.attributes.get(name, "").strip().casefold() == "true") for name in ("interpolated", "found")
    )
    return box.number("score", 1.0), interpolated, link if 0 <= link <= 1 else math.nan, found


def _ids(tracks: list[CvatTrack]) -> list[int]:
    """The id of each track; see `read_cvat`."""
    votes = []
    for place, track in enumerate(tracks):
        stated = Counter(int(box.number("siamlink_id", 0)) for box in track.boxes)
        votes += [(count, -place, each) for each, count in stated.items() if 0 < each <= MAX_ID]
    ids: dict[int, int] = {}
    for _, place, each in sorted(votes, reverse=True):
        if -place not in ids and each not in ids.values():
            ids[-place] = each
    unused = max(ids.values(), default=0)
    for place in range(len(tracks)):
        if place not in ids:
            unused += 1
            ids[place] = unused
    return [ids[place] for place in range(len(tracks))]
