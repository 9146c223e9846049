"""The list that a person works through: the least sure links first, then what is suspicious about the tracks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from siamlink.detectors.base.arrays import FloatArray
from siamlink.detectors.base.counted import counted
from siamlink.tools.report.crossings import crossings
from siamlink.tools.report.track_ends import track_ends
from siamlink.tools.report.track_rows import TrackRows

MOST_OF_A_KIND = 100
UNSURE = 0.5
"""Links of lower probabilities are in the list."""
CLOSE = 0.4
"""Nats; so are links of a smaller loss: the best solution without such a link is at least two thirds as likely."""
FENCE = 3.0
"""An appearance similarity is an outlier so many times the distance of median and lower quartile below the latter."""
RAREST = 0.01
"""Share of the links that an outlier is among, by its similarity."""
LEAST_KNOWN = 20
"""Links with a known similarity that are needed to say what is usual."""


@dataclass(frozen=True)
class Item:
    """An entry of the list.

    Attributes:
        kind: link, crossing, appearance, begins_inside or ends_inside.
        frame: where to look.
        tracks: ids of the tracks.
        text: a sentence about it.
        until: the last frame of it; None for one frame.
        link: the row of the link in the report; None for none.
    """

    kind: str
    frame: int
    tracks: Sequence[int]
    text: str
    until: int | None = None
    link: int | None = None

    def entry(self) -> dict[str, Any]:
        """As the report holds it."""
        return {
            "kind": self.kind,
            "frame": self.frame,
            "until": self.until,
            "tracks": list(self.tracks),
            "link": self.link,
            "text": self.text,
        }


def review(
    rows: TrackRows,
    probability: FloatArray,
    loss: FloatArray,
    appearance: FloatArray,
    frames: tuple[int, int],
    size: tuple[int, int] | None,
    frame_rate: float | None,
) -> tuple[list[Item], list[str]]:
    """The list, and a note for each kind of which only the first are in it.

    Args:
        rows: the boxes.
        probability: (M,) of each link, NaN where it is not known.
        loss: (M,) nats that the objective loses without each link, NaN where it is not known.
        appearance: (M,) the similarity across each link, NaN where it is not known.
        frames: the first and the last frame of the video.
        size: width and height of the picture; None where it is not known.
        frame_rate: frames per second; None where it is not known.
    """
    kinds: dict[str, Iterable[Item]] = {
        "least sure links": _unsure(rows, probability, loss),
        "crossings": (
            Item("crossing", each.first, each.tracks, each.text, each.last) for each in crossings(rows, frame_rate)
        ),
        "jumps in appearance": _jumps(rows, appearance),
        "tracks that begin or end inside the picture": (
            Item(each.kind, each.frame, each.tracks, each.text, each.until)
            for each in track_ends(rows, frames, size, frame_rate)
        ),
    }
    items, notes = [], []
    for name, every in kinds.items():
        found = list(every)
        items += found[:MOST_OF_A_KIND]
        if len(found) > MOST_OF_A_KIND:
            notes.append(f"the list has the first {MOST_OF_A_KIND} of {len(found)} {name}")
    return items, notes


def _unsure(rows: TrackRows, probability: FloatArray, loss: FloatArray) -> Iterable[Item]:
    """The links that are less likely than not, by probability; then those that are hardly better than others."""
    unlikely, close = np.flatnonzero(probability < UNSURE), np.flatnonzero((loss < CLOSE) & ~(probability < UNSURE))
    for link in unlikely[np.argsort(probability[unlikely], kind="stable")].tolist():
        yield _link(rows, link, f" with probability {probability[link]:.2f}")
    for link in close[np.argsort(loss[close], kind="stable")].tolist():
        yield _link(rows, link, f"; without this link, other tracks are nearly as likely (loss {loss[link]:.2f})")


def _link(rows: TrackRows, link: int, why: str) -> Item:
    first, second, number = _ends(rows, link)
    gap = second - first - 1
    over = f" over {counted(gap, 'frame')} without detection" if gap else ""
    return Item(
        "link", first, [number], f"Track {number} is linked from frame {first} to {second}{over}{why}.", second, link
    )


def _jumps(rows: TrackRows, appearance: FloatArray) -> Iterable[Item]:
    """The links whose boxes look less alike than is usual in this video, the least alike first.

    Of neighbouring ones of a track, only the least alike is listed.
    """
    known = np.flatnonzero(~np.isnan(appearance))
    if len(known) < LEAST_KNOWN:
        return
    rare, lower, middle = np.quantile(appearance[known], [RAREST, 0.25, 0.5])
    odd = known[(appearance[known] <= rare) & (appearance[known] < lower - FENCE * (middle - lower))]
    listed = set[int]()
    for link in odd[np.argsort(appearance[odd], kind="stable")].tolist():
        neighbours = {link - 1, link + 1} & listed
        listed.add(link)
        if any(rows.track[rows.links.start[each]] == rows.track[rows.links.start[link]] for each in neighbours):
            continue
        first, second, number = _ends(rows, link)
        text = (
            f"The appearance of track {number} changes between frames {first} and {second}: the similarity is "
            f"{appearance[link]:.2f}, usual is {middle:.2f}."
        )
        yield Item("appearance", first, [number], text, second, link)


def _ends(rows: TrackRows, link: int) -> tuple[int, int, int]:
    """The frames of both boxes of a link, and the id of its track."""
    start, end = int(rows.links.start[link]), int(rows.links.end[link])
    return int(rows.frame[start]), int(rows.frame[end]), int(rows.ids[rows.track[start]])
