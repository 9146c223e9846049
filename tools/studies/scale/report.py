"""The table and the picture of the model of cost."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamlink.tools.console.tables import Table, table
from siamlink.tools.drawing.figures import drawn_figure
from siamlink.tools.studies.scale.model import DAY_FRAMES, CostModel
from siamlink.tools.studies.scale.points import Point

VIDEOS, MINUTE_FRAMES = 10_000, 1500
"""The plan: so many videos of a minute at 25 frames a second."""
MONTH_FRAMES = 30 * DAY_FRAMES
CORES = (1, 16, 128, 1024)
RESULTS, PICTURE = "scale.json", "scale.png"


def plan_table(model: CostModel) -> Table:
    """Hours of 10,000 videos of a minute, and of a month of one camera, by the number of cores."""
    rows = []
    for kind, many in model.many.items():
        rows.append(
            (f"{VIDEOS:,} {kind} of a minute", *(_hours(many.wall(VIDEOS, MINUTE_FRAMES, n, n)) for n in CORES))
        )
        segments = MONTH_FRAMES / MINUTE_FRAMES
        rows.append(
            (f"a month as {kind} of a minute", *(_hours(many.wall(segments, MINUTE_FRAMES, n, n)) for n in CORES))
        )
    if model.stream_seconds:
        for name, frames in (("a day", DAY_FRAMES), ("a month", MONTH_FRAMES)):
            rows.append(
                (f"{name} of detections linked as one", _hours(float(model.stream_seconds.of(frames))), "", "", "")
            )
    return table(("work, hours by cores", *map(str, CORES)), rows)


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.2f}" if seconds < 36_000 else f"{seconds / 3600:,.0f}"


def draw(points: Sequence[Point], model: CostModel, path: Path) -> None:
    """Draw measured points and the model: many sources by number of workers, and streams by length."""
    with drawn_figure(path, 10, 3.6) as figure:
        left, right = figure.subplots(1, 2)
        for kind, many in model.many.items():
            own = [each for each in points if each.kind == kind]
            for workers in sorted({each.workers for each in own}):
                chosen = [each for each in own if each.workers == workers]
                more = " (more than cores)" if workers > many.cores else ""
                measured = left.plot(
                    [each.all_frames for each in chosen],
                    [each.cpu_seconds for each in chosen],
                    "o",
                    markersize=4,
                    label=f"{kind}, {workers} at once{more}",
                )
                fitted = sorted((each.all_frames, many.cpu(each.videos, each.frames, workers)) for each in chosen)
                left.plot(*zip(*fitted, strict=True), color=measured[0].get_color(), linewidth=0.8)
        totals = sorted({each.all_frames for each in points if each.kind in model.many})
        left.set(xlabel="frames of all sources", ylabel="CPU seconds", xscale="log", yscale="log")
        left.set_xticks(totals, [f"{each:,}" for each in totals])
        left.set_yticks([1, 3, 10, 30, 100, 300], ["1", "3", "10", "30", "100", "300"])
        for axis in (left.xaxis, left.yaxis):
            axis.set_minor_formatter("")
        left.legend(fontsize=7, loc="upper left")
        streams = [each for each in points if each.kind == "stream"]
        if model.stream_seconds:
            frames = np.geomspace(min(each.frames for each in streams), MONTH_FRAMES)
            right.plot(
                [each.frames for each in streams], [each.wall_seconds / 60 for each in streams], "o", label="minutes"
            )
            right.plot(frames, model.stream_seconds.of(frames) / 60, linewidth=0.8, color="C0")
        if model.stream_bytes:
            right.plot(
                [e.frames for e in streams if e.peak_bytes],
                [e.peak_bytes / 1e9 for e in streams if e.peak_bytes],
                "s",
                label="GB",
                color="C1",
            )
            right.plot(frames, model.stream_bytes.of(frames) / 1e9, linewidth=0.8, color="C1")
        for name, frames_of in (("a day", DAY_FRAMES), ("a month", MONTH_FRAMES)):
            right.axvline(frames_of, linewidth=0.6, linestyle=":", color="grey")
            right.text(frames_of, 1.02, name, transform=right.get_xaxis_transform(), ha="center", fontsize=7)
        right.set(xlabel="frames of one stream of detections", xscale="log", yscale="log")
        right.legend(fontsize=7)
        for axes in (left, right):
            axes.grid(which="major")
