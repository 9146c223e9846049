"""The results of `siamlink study retrieve`: a table, JSON and a picture."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.tools.console.tables import Table
from siamlink.tools.drawing.figures import drawn_figure
from siamlink.tools.studies.matching.report import short_names
from siamlink.tools.studies.retrieval.evaluation import Measure, RetrievalResult

MEASURES = {"rank1": "rank-1", "rank5": "rank-5", "mean_precision": "mAP"}
"""Attributes of a result, and their headings."""


def table(results: list[RetrievalResult]) -> Table:
    """A row for each folder and appearance: shares in per cent, with their 95 % intervals."""
    short = short_names(result.appearance for result in results)
    rows = [
        (
            result.folder,
            short[result.appearance],
            *(str(count) for count in (result.identities, result.images, result.queries)),
            *(cell for name in MEASURES for cell in _cells(getattr(result, name))),
        )
        for result in results
    ]
    measures = (heading for name in MEASURES.values() for heading in (name, "95 %"))
    return Table(("crops", "appearance", "identities", "images", "queries", *measures), tuple(rows), texts=2)


def _cells(measure: Measure) -> tuple[str, str]:
    if math.isnan(measure.value):
        return "-", "-"
    return f"{100 * measure.value:.1f}", f"{100 * measure.low:.0f}-{100 * measure.high:.0f}"


def as_dict(results: list[RetrievalResult]) -> dict[str, Any]:
    """`{"folders": {NAME: {APPEARANCE: figures}}}`; a measure is [value, low, high] in [0, 1], or None."""
    folders: dict[str, dict[str, Any]] = {}
    for result in results:
        folders.setdefault(result.folder, {})[result.appearance] = {
            "identities": result.identities,
            "images": result.images,
            "queries": result.queries,
            **{name: _defined(getattr(result, name)) for name in MEASURES},
        }
    return {"folders": folders}


def _defined(measure: Measure) -> list[float] | None:
    return None if math.isnan(measure.value) else [measure.value, measure.low, measure.high]


def draw(results: list[RetrievalResult], path: Path) -> None:
    """Draw rank-1 and mAP of every folder as PNG, a bar for each appearance, with the intervals."""
    folders = list(dict.fromkeys(result.folder for result in results))
    short = short_names(result.appearance for result in results)
    width = 0.8 / len(short)
    with drawn_figure(path, 2.5 + 0.9 * len(folders), 6) as figure:
        for panel, name in zip(figure.subplots(2, 1, sharex=True), ("rank1", "mean_precision"), strict=True):
            for index, (appearance, label) in enumerate(short.items()):
                own = {each.folder: getattr(each, name) for each in results if each.appearance == appearance}
                value, low, high = 100 * np.array([[each.value, each.low, each.high] for each in own.values()]).T
                place = np.arange(len(own)) + (index - (len(short) - 1) / 2) * width
                # rounding may put the mean a hair outside its interval
                error = np.maximum([value - low, high - value], 0)
                panel.bar(place, value, width, yerr=error, label=label, error_kw={"linewidth": 0.9})
            panel.set(ylabel=f"{MEASURES[name]}, %", ylim=(0, 100))
        panel.set_xticks(range(len(folders)), folders)
        figure.legend(*panel.get_legend_handles_labels(), loc="outside upper left", ncols=2)
