"""The results of `siamlink study match`: tables, JSON and a picture of ROC curves."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from siamlink.association.training.verification_metrics import Roc
from siamlink.detectors.base.counted import counted
from siamlink.tools.console.tables import Table
from siamlink.tools.drawing.figures import INK, drawn_figure
from siamlink.tools.studies.matching.evaluation import MatchResult, PairScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEAN = "mean"
LEAST_RATE = 1e-3
"""The smallest false positive rate in the picture."""
PANELS = 3
"""Largest number in a row of the picture."""


class _Column(NamedTuple):
    heading: str
    value: Callable[[MatchResult], float]
    has_mean: bool = True


def tables(results: list[MatchResult]) -> list[Table]:
    """A table for each measure: a row for each sequence and appearance, then the means over the sequences."""
    starts = sorted({each.first_gap: None for result in results for each in result.gaps})
    ways = sorted({result.ways for result in results if result.ways})
    by_gap = [
        _table(f"pairs of detections by gap in frames: {measure}", results, [_gap_column(at, name) for at in starts])
        for measure, name in (("AP", "average_precision"), ("FPR at 95 % recall", "fpr95"))
    ]
    tracklets = [
        _Column("same", lambda result: result.tracklets.same, False),
        _Column("different", lambda result: result.tracklets.different, False),
        _Column("AP", lambda result: result.tracklets.average_precision),
        _Column("FPR95", lambda result: result.tracklets.fpr95),
    ]
    one_shot = [_Column(f"{count}-way", _one_shot_among(count)) for count in ways]
    return [
        *by_gap,
        _table("pairs of tracklets", results, tracklets),
        _table("one-shot accuracy", results, one_shot),
    ]


def _gap_column(first_gap: int, name: str) -> _Column:
    def value(result: MatchResult) -> float:
        found = (getattr(each.score, name) for each in result.gaps if each.first_gap == first_gap)
        return float(next(found, np.nan))

    return _Column(f"{first_gap}-{2 * first_gap - 1}" if first_gap > 1 else "1", value)


def _one_shot_among(ways: int) -> Callable[[MatchResult], float]:
    return lambda result: result.one_shot if result.ways == ways else np.nan


def _table(title: str, results: list[MatchResult], columns: list[_Column]) -> Table:
    short = short_names(result.appearance for result in results)
    rows = [
        (result.sequence, short[result.appearance], *(_cell(column.value(result)) for column in columns))
        for result in results
    ]
    for name, display in short.items():
        own = [result for result in results if result.appearance == name]
        means = [_mean(map(column.value, own)) if column.has_mean else np.nan for column in columns]
        rows.append((MEAN, display, *map(_cell, means)))
    return Table(
        ("sequence", "appearance", *(column.heading for column in columns)),
        tuple(rows),
        title,
        texts=2,
        sections=frozenset({len(results)}),
        bold=len(short),
    )


def _cell(value: float) -> str:
    if np.isnan(value):
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def _mean(values: Iterable[float]) -> float:
    """The mean of the values that are defined."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else float("nan")


def short_names(names: Iterable[str]) -> dict[str, str]:
    """For each name of an appearance the name without folders, if these are all different."""
    short = {name: ":".join(Path(part).name for part in name.split(":")) for name in names}
    return short if len(set(short.values())) == len(short) else {name: name for name in short}


def as_dict(results: list[MatchResult]) -> dict[str, Any]:
    """`{"sequences": {NAME: {APPEARANCE: figures}}, "mean": {APPEARANCE: figures}}`; shares in [0, 1], None for NaN."""
    sequences: dict[str, dict[str, Any]] = {}
    for result in results:
        sequences.setdefault(result.sequence, {})[result.appearance] = {
            "detections": [
                {"first_gap": each.first_gap, "last_gap": each.last_gap, **_figures(each.score)} for each in result.gaps
            ],
            "tracklets": _figures(result.tracklets),
            "one_shot": {"ways": result.ways, "accuracy": _defined(result.one_shot)},
        }
    names = dict.fromkeys(result.appearance for result in results)
    means = {name: _means([result for result in results if result.appearance == name]) for name in names}
    return {"sequences": sequences, MEAN: means}


def _figures(score: PairScore) -> dict[str, Any]:
    shares = {"ap": _defined(score.average_precision), "fpr95": _defined(score.fpr95)}
    return {"same": score.same, "different": score.different, **shares}


def _means(results: list[MatchResult]) -> dict[str, Any]:
    starts = sorted({each.first_gap for result in results for each in result.gaps})
    ways = sorted({result.ways for result in results if result.ways})

    def mean(value: Callable[[MatchResult], float]) -> float | None:
        return _defined(_mean(map(value, results)))

    measures = {"ap": "average_precision", "fpr95": "fpr95"}
    return {
        "detections": [
            {"first_gap": at, **{key: mean(_gap_column(at, name).value) for key, name in measures.items()}}
            for at in starts
        ],
        "tracklets": {
            "ap": mean(lambda result: result.tracklets.average_precision),
            "fpr95": mean(lambda result: result.tracklets.fpr95),
        },
        "one_shot": [{"ways": count, "accuracy": mean(_one_shot_among(count))} for count in ways],
    }


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else value


def draw_roc(results: list[MatchResult], path: Path) -> None:
    """Draw the ROC curves of the tracklet pairs as PNG: a panel for each sequence, a line for each appearance."""
    sequences = list(dict.fromkeys(result.sequence for result in results))
    short = short_names(result.appearance for result in results)
    columns = min(PANELS, len(sequences))
    rows = -(-len(sequences) // columns)
    with drawn_figure(path, 5.2 * columns, (4.8 + 0.3 * len(short)) * rows) as figure:
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for sequence, panel in zip(sequences, panels, strict=False):
            scores = [(short[each.appearance], each.tracklets) for each in results if each.sequence == sequence]
            _draw_panel(panel, sequence, scores)
        for panel in panels[len(sequences) :]:
            panel.remove()


def _draw_panel(panel: "Axes", sequence: str, scores: list[tuple[str, PairScore]]) -> None:
    same, different = scores[0][1].same, scores[0][1].different
    panel.set_title(f"{sequence}: {counted(same, 'pair')} of one identity, {different} of two", fontsize=10)
    panel.set(xscale="log", xlim=(LEAST_RATE, 1), ylim=(0, 1.01), xlabel="false positive rate", ylabel="recall")
    panel.axhline(0.95, color=INK, linewidth=0.8, linestyle=":")
    chance = np.geomspace(LEAST_RATE, 1, 200)
    panel.plot(chance, chance, color=INK, linewidth=0.8, linestyle="--", label="chance")
    if not same or not different:
        panel.text(0.5, 0.5, "no pairs of both kinds", transform=panel.transAxes, ha="center")
        return
    if different * LEAST_RATE < 1:
        panel.axvspan(LEAST_RATE, 1 / different, color=INK, alpha=0.15, linewidth=0, label="under one false pair")
    for index, (name, score) in enumerate(scores):
        label = f"{name}\nAP {score.average_precision:.3f}, FPR95 {score.fpr95:.3f}"
        panel.plot(*_visible(score.roc), color=f"C{index}", drawstyle="steps-post", label=label)
        panel.plot(max(score.fpr95, LEAST_RATE), 0.95, "o", color=f"C{index}", markersize=4, clip_on=False)
    panel.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.14))


def _visible(curve: Roc) -> tuple[np.ndarray, np.ndarray]:
    """False positive rates and recalls from the picture's left border on, with the height of the curve there."""
    rate, recall = curve.false_positive_rate, curve.recall
    first = int(np.searchsorted(rate, LEAST_RATE, side="right"))
    return np.append(LEAST_RATE, rate[first:]), np.append(recall[first - 1], recall[first:])
