"""Picture of one link: what speaks for and against it, and what it costs."""

from pathlib import Path

import numpy as np

from siamlink.tools.drawing.figures import BLUE, GREEN, INK, RED, drawn_figure
from siamlink.tools.studies.pictures.crossing import Clip
from siamlink.tracker.runs.explanations import Explanations, LinkDetail
from siamlink.tracker.runs.track import track

REACH = 4
"""Frames around the middle of the clip, where the two people are close."""
STRONGEST = 9
"""Features shown, each with a bar; the others have one bar together."""


def draw_link_costs(clip: Clip, path: Path) -> None:
    """Draw the least sure link of two consecutive frames in the middle of a clip, by the shipped models."""
    numbers = sorted(clip.frames)
    detections = clip.detections.later(1 - numbers[0])
    images = [clip.frames[number] for number in numbers]
    result = track(images, detections=detections, frame_rate=clip.frame_rate, matching="learned", explain=True)
    links = result.explanations
    assert links is not None
    link = _least_sure(links, len(numbers) // 2)
    (detail,) = links.details(np.array([link]))
    names, values = _bars(detail)
    total = float(sum(values))
    start = np.append(0, np.cumsum(values))[:-1]
    with drawn_figure(path, 9.5, 4.2) as figure:
        axes = figure.subplots()
        place = np.arange(len(values), 0, -1)
        colour = [GREEN if value > 0 else RED for value in values]
        axes.barh(place, values, left=start, color=[INK, *colour[1:]], height=0.62)
        axes.barh(0, total, color=BLUE, height=0.62)
        for y, value, left in zip(place, values, start, strict=True):
            axes.annotate(f"{value:+.2f}", (max(left, left + value), y), xytext=(4, -3), textcoords="offset points")
        p = 1 / (1 + np.exp(-total))
        axes.annotate(
            f"{total:+.2f},  P = {p:.2f},  cost -log P = {-np.log(p):.2f}",
            (max(total, 0), 0),
            xytext=(4, -3),
            textcoords="offset points",
            color=BLUE,
        )
        frames = links.frame[link] + numbers[0] - 1
        axes.set_yticks([*place, 0], [*names, "log-odds of the link"])
        axes.set(xlabel="nats", title=f"why the boxes of frames {frames[0]} and {frames[1]} are linked")
        axes.axvline(0, color=INK, linewidth=0.8)
        low, high = min(0.0, start.min(), total), max(0.0, start.max(), total)
        axes.set_xlim(low - 0.05 * (high - low), high + 0.85 * (high - low))
        axes.grid(visible=False, axis="y")


def _least_sure(links: Explanations, middle: int) -> int:
    """The link near a frame, without a gap, whose loss is smallest."""
    near = np.abs(links.frame - middle).max(axis=1) <= REACH
    usable = near & (np.diff(links.frame, axis=1)[:, 0] == 1) & np.isfinite(links.loss) & np.isfinite(links.log_odds)
    return int(np.flatnonzero(usable)[links.loss[usable].argmin()])


def _bars(detail: LinkDetail) -> tuple[list[str], list[float]]:
    """The base, the strongest features and the sum of the rest."""
    shown, rest = detail.features[:STRONGEST], detail.features[STRONGEST:]
    names = [
        "before anything is known",
        *(each.name + ("" if each.value is None else f": {each.value:.2f}") for each in shown),
        f"{len(rest)} other features",
    ]
    return names, [detail.base, *(each.contribution for each in shown), sum(each.contribution for each in rest)]
