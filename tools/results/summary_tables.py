"""The tables that `siamlink summary` prints."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from siamlink.tools.console.tables import Table, table
from siamlink.tracker.summary.events import LineCrossing, ZoneVisit
from siamlink.tracker.summary.summary import ClassSummary, Summary
from siamlink.tracker.summary.track_summary import TrackSummary

Event = TypeVar("Event", bound=LineCrossing | ZoneVisit)
CLASS = "class"
"""The heading of the column of classes."""
ALL = "all"
"""Stands for all classes together, where there are several."""


def summary_tables(summary: Summary) -> Iterator[Table]:
    """Tracks and classes; crossings and visits, with their counts, where lines and zones were asked for.

    Where no classes are known, no table names one.
    """
    for each in _tables(summary):
        yield each if summary.has_classes else _without_classes(each)


def _tables(summary: Summary) -> Iterator[Table]:
    yield _tracks(summary)
    yield table(
        (CLASS, "tracks", "boxes", "most at once"),
        [(_class(each), each.tracks, each.boxes, each.most_at_once) for each in summary.classes],
        title="classes" if summary.has_classes else "all tracks",
    )
    if summary.lines:
        yield _crossings(summary)
        yield _line_counts(summary)
    if summary.zones:
        yield _visits(summary)
        yield _zone_counts(summary)


def _without_classes(of: Table) -> Table:
    place = of.headings.index(CLASS)
    headings, *rows = ((*row[:place], *row[place + 1 :]) for row in (of.headings, *of.rows))
    return replace(of, headings=headings, rows=tuple(rows), texts=of.texts - 1)


def _tracks(summary: Summary) -> Table:
    rows = [
        (
            _class(each),
            each.track_id,
            f"{each.first_frame}-{each.last_frame}",
            _number(each.first_time),
            _number(each.last_time),
            _number(each.seconds),
            each.boxes,
            f"{100 * each.interpolated_share:.0f}",
            f"{each.mean_score:.3f}",
            f"{each.path_pixels:.0f}",
            _number(each.speed_pixels, 1),
            _number(each.speed_heights),
        )
        for each in summary.tracks
    ]
    headings = (CLASS, "track", "frames", "first s", "last s", "seconds", "boxes", "interpolated %")
    return table((*headings, "score", "path px", "px/s", "heights/s"), rows, title="tracks")


def _crossings(summary: Summary) -> Table:
    rows = [
        (
            each.line,
            _class(each),
            each.direction,
            each.track_id,
            each.frame,
            _number(each.time),
        )
        for each in summary.crossings
    ]
    return table(("line", CLASS, "direction", "track", "frame", "time s"), rows, title="crossings", texts=3)


def _line_counts(summary: Summary) -> Table:
    rows = []
    for line in summary.lines:
        crossings = [each for each in summary.crossings if each.line == line.name]
        for name, some in _by_class(crossings):
            directions = [each.direction for each in some]
            rows.append((line.name, name, directions.count("in"), directions.count("out")))
    return table(("line", CLASS, "in", "out"), rows, title="lines", texts=2)


def _visits(summary: Summary) -> Table:
    rows = [
        (
            each.zone,
            _class(each),
            "yes" if each.entered else "no",
            "yes" if each.left else "no",
            each.track_id,
            f"{each.first_frame}-{each.last_frame}",
            _number(each.first_time),
            _number(each.seconds),
        )
        for each in summary.visits
    ]
    headings = ("zone", CLASS, "came in", "went out", "track", "frames", "first s", "seconds")
    return table(headings, rows, title="visits", texts=4)


def _zone_counts(summary: Summary) -> Table:
    rows = []
    for zone in summary.zones:
        visits = [each for each in summary.visits if each.zone == zone.name]
        for name, some in _by_class(visits):
            tracks, seconds = len({each.track_id for each in some}), [each.seconds for each in some if each.seconds]
            came_in, went_out = sum(each.entered for each in some), sum(each.left for each in some)
            mean = sum(seconds) / tracks if seconds else None
            rows.append((zone.name, name, tracks, len(some), came_in, went_out, _number(mean)))
    return table(("zone", CLASS, "tracks", "visits", "in", "out", "seconds a track"), rows, title="zones", texts=2)


def _by_class(events: list[Event]) -> list[tuple[str, list[Event]]]:
    """The events of each class, then, if there is not just one class, all of them."""
    classes = {each.class_id: _class(each) for each in sorted(events, key=lambda each: each.class_id)}
    groups: list[tuple[str, list[Event]]] = [
        (name, [each for each in events if each.class_id == number]) for number, name in classes.items()
    ]
    return groups if len(groups) == 1 else [*groups, (ALL, events)]


def _class(of: TrackSummary | ClassSummary | LineCrossing | ZoneVisit) -> str:
    return of.class_name or str(of.class_id)


def _number(value: float | None, decimals: int = 2) -> str:
    return "" if value is None else f"{value:.{decimals}f}"
