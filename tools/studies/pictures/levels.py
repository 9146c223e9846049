"""Picture of the two levels: detections, safe tracklets, and tracks of a street."""

from pathlib import Path

import numpy as np

from siamlink.association.tracklets.linking import TRACKLETS
from siamlink.detectors.base.arrays import IntArray
from siamlink.tools.drawing.figures import COLOURS, INK, drawn_figure
from siamlink.tools.synthetic.street import street
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.runs.track import track

FRAMES, FRAME_RATE = 150, 25


def draw_levels(path: Path) -> None:
    """Draw place over time: first the tracklets of the first level, then the tracks that the second level made."""
    scene = street(FRAMES, seed=2, width=720, height=405, frame_rate=FRAME_RATE)
    frames = [image for _, _, image in scene]
    detections = scene.detections(miss_rate=0.12, false_rate=0.6)
    result = track(frames, detections=detections, frame_rate=FRAME_RATE, matching="learned", explain=True)
    links = result.explanations
    assert links is not None
    second = links.programs.index(TRACKLETS)
    place, seconds = result.detections.centre[:, 0], result.detections.frame / FRAME_RATE
    with drawn_figure(path, 9.5, 5.6) as figure:
        upper, lower = figure.subplots(2, 1, sharex=True, sharey=True)
        for number, track_id in enumerate(np.unique(links.track_id).tolist()):
            of_track = links.of(track_id)
            colour = COLOURS[number % len(COLOURS)]
            between = links.row[of_track[links.program[of_track] == second]]
            for rows in between:
                lower.plot(seconds[rows], place[rows], color=colour, linestyle=":", linewidth=2)
            for part, rows in enumerate(_tracklets(links, of_track, second)):
                upper.plot(seconds[rows], place[rows], color=COLOURS[(number + 2 * part) % len(COLOURS)], linewidth=2)
                lower.plot(seconds[rows], place[rows], color=colour, linewidth=2)
        alone = ~np.isin(np.arange(len(place)), links.row)
        upper.scatter(seconds[alone], place[alone], s=3, color=INK)
        upper.set(ylabel="x in pixels", title="first level: safe tracklets, each in a colour; dots: other detections")
        lower.set(ylabel="x in pixels", xlabel="seconds", title="second level: tracks; dotted: links between tracklets")


def _tracklets(links: Explanations, of_track: IntArray, second: int) -> list[IntArray]:
    """The detections of each tracklet of a track, which links of the second level divide."""
    inside = links.program[of_track] != second
    parts = np.split(of_track, np.flatnonzero(~inside) + 1)
    rows = [links.row[part[links.program[part] != second]] for part in parts]
    return [np.append(each[:, 0], each[-1:, 1]) for each in rows if len(each)]
