"""The summary of a result: tracks, classes, crossings of lines and visits to zones, as tables and as JSON."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

import numpy as np

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.keywords import checks_keywords
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.sources.frame_source import check_frame_rate
from siamlink.tracker.html import html_table
from siamlink.tracker.summary.events import LineCrossing, ZoneVisit, crossings_of, visits_of
from siamlink.tracker.summary.geometry import Anchor, Line, Zone, anchor_points, parse_line, parse_zone
from siamlink.tracker.summary.track_summary import TrackSummary, summarise_track
from siamlink.tracker.table import Columns, data_frame
from siamlink.tracker.tracks import Tracks

Shape = TypeVar("Shape", Line, Zone)


@dataclass(frozen=True)
class ClassSummary:
    """How many objects of a class there are.

    Attributes:
        class_id: the class.
        class_name: its name; empty if the names are not known.
        tracks: how many tracks are of it.
        boxes: how many boxes these have.
        most_at_once: the largest number of its tracks in one frame.
    """

    class_id: int
    class_name: str
    tracks: int
    boxes: int
    most_at_once: int


@dataclass(frozen=True, repr=False)
class Summary:
    """The tracks of one video in numbers.

    Attributes:
        tracks: of each track, in order of the ids.
        classes: of each class, the most frequent one first.
        crossings: of the lines, in order of time.
        visits: to the zones, in order of time.
        lines: that were asked for.
        zones: likewise.
        frame_rate: frames per second; None if it is not known, and no times are.
    """

    tracks: tuple[TrackSummary, ...]
    classes: tuple[ClassSummary, ...]
    crossings: tuple[LineCrossing, ...]
    visits: tuple[ZoneVisit, ...]
    lines: tuple[Line, ...]
    zones: tuple[Zone, ...]
    frame_rate: float | None

    @property
    def has_classes(self) -> bool:
        """Whether any class is known: one has a name, or a number other than 0."""
        return any(each.class_name or each.class_id for each in self.classes)

    def line_counts(self, line: str) -> tuple[int, int]:
        """How many crossings of a line lead in, and how many out."""
        directions = [each.direction for each in self.crossings if each.line == line]
        return directions.count("in"), directions.count("out")

    def columns(self) -> Columns:
        """The columns of a table with a row for each track: the fields of `TrackSummary`, then lines and zones.

        For each line there are `NAME in` and `NAME out`, the numbers of crossings, and for each zone `NAME seconds`,
        the time in it.
        """
        columns: Columns = {
            each.name: np.array([_number(getattr(track, each.name)) for track in self.tracks])
            for each in fields(TrackSummary)
        }
        columns["class_name"] = columns["class_name"].astype(object)
        crossed = Counter((each.line, each.direction, each.track_id) for each in self.crossings)
        for line in self.lines:
            for direction in ("in", "out"):
                counts = [crossed[line.name, direction, each.track_id] for each in self.tracks]
                columns[f"{line.name} {direction}"] = np.array(counts)
        for zone in self.zones:
            seconds = dict.fromkeys((each.track_id for each in self.tracks), 0.0)
            for visit in self.visits:
                if visit.zone == zone.name:
                    seconds[visit.track_id] += _number(visit.seconds)
            columns[f"{zone.name} seconds"] = np.array(list(seconds.values()))
        return columns

    def to_dataframe(self) -> Any:
        """The `columns` as a `pandas.DataFrame`.

        Raises:
            InputError: the package pandas is not installed.
        """
        return data_frame(self.columns())

    def to_dict(self) -> dict[str, Any]:
        """All of it in the types of JSON; what is not known is None."""
        return {
            "frame_rate": self.frame_rate,
            "tracks": [asdict(each) for each in self.tracks],
            "classes": [asdict(each) for each in self.classes],
            "lines": [
                {**asdict(line), **dict(zip(("in", "out"), self.line_counts(line.name), strict=True))}
                for line in self.lines
            ],
            "crossings": [asdict(each) for each in self.crossings],
            "zones": [asdict(zone) for zone in self.zones],
            "visits": [asdict(each) for each in self.visits],
        }

    def __repr__(self) -> str:
        known = self.classes if self.has_classes else ()
        classes = ", ".join(f"{each.tracks} {each.class_name or f'of class {each.class_id}'}" for each in known)
        counts = {line.name: self.line_counts(line.name) for line in self.lines}
        lines = "".join(f"; {name}: {inwards} in, {outwards} out" for name, (inwards, outwards) in counts.items())
        return f"Summary({counted(len(self.tracks), 'track')}{classes and f': {classes}'}{lines})"

    def _repr_html_(self) -> str:
        return html_table(self.columns(), repr(self))


@checks_keywords
def summarise(
    tracks: Tracks,
    frame_rate: float | None = None,
    class_names: ClassNames | None = None,
    lines: Sequence[Line | str] | Line | str = (),
    zones: Sequence[Zone | str] | Zone | str = (),
    anchor: Anchor = "bottom",
    margin: float = 0.0,
) -> Summary:
    """Summarise tracks.

    Args:
        tracks: of one video.
        frame_rate: frames per second; None: not known.
        class_names: names of the classes; None: not known.
        lines: whose crossings are counted; each a `Line` or a text `[NAME=]X1,Y1,X2,Y2`.
        zones: whose visits are listed; each a `Zone` or a text `[NAME=]X,Y,X,Y,X,Y,...`.
        anchor: the point of a box that moves: `bottom`, the centre of its lower side, or `centre`.
        margin: in pixels; a track crosses a line when it is farther than this beyond it.

    Raises:
        ConfigError: one is no line or zone, two have one name, the anchor is unknown, or a number is out of range.
    """
    named_lines, named_zones = _shapes(lines, Line, parse_line), _shapes(zones, Zone, parse_zone)
    names = [line.name for line in named_lines] + [zone.name for zone in named_zones]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"two lines or zones are called {twice!r}; give each a name of its own")
    if anchor not in ("bottom", "centre"):
        raise ConfigError(f"the anchor is bottom or centre, not {anchor!r:.40}")
    if not 0 <= margin < float("inf"):
        raise ConfigError(f"the margin is a number of pixels from 0 up, not {margin:g}")
    if frame_rate is not None:
        check_frame_rate(frame_rate)
    summaries, crossings, visits = list[TrackSummary](), list[LineCrossing](), list[ZoneVisit]()
    for track_id, boxes in tracks.by_track():
        points = anchor_points(boxes.box, anchor)
        track = summarise_track(track_id, boxes, frame_rate, class_names, anchor)
        summaries.append(track)
        for line in named_lines:
            crossings += crossings_of(track, boxes, points, line, margin, frame_rate)
        for zone in named_zones:
            visits += visits_of(track, boxes, points, zone, frame_rate)
    return Summary(
        tuple(summaries),
        _count_classes(tracks, summaries),
        tuple(sorted(crossings, key=lambda each: (each.frame, each.track_id))),
        tuple(sorted(visits, key=lambda each: (each.first_frame, each.track_id))),
        tuple(named_lines),
        tuple(named_zones),
        frame_rate,
    )


def _count_classes(tracks: Tracks, summaries: list[TrackSummary]) -> tuple[ClassSummary, ...]:
    """The classes of the tracks, the one of most tracks first."""
    class_of = {each.track_id: each.class_id for each in summaries}
    box_class = np.array([class_of[track_id] for track_id in tracks.track_id.tolist()], np.int64)
    counts = []
    for label, name in sorted({(each.class_id, each.class_name) for each in summaries}):
        frames = tracks.frame[box_class == label]
        count, most = sum(each.class_id == label for each in summaries), int(np.unique_counts(frames).counts.max())
        counts.append(ClassSummary(label, name, count, len(frames), most))
    return tuple(sorted(counts, key=lambda each: -each.tracks))


def _number(value: Any) -> Any:
    """The value, NaN for None."""
    return np.nan if value is None else value


def _shapes(given: object, kind: type[Shape], parse: Callable[[str, int], Shape]) -> list[Shape]:
    """Lines or zones, of which each is one or its text; one alone may be given without a list."""
    each_given = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    shapes = [parse(each, number) if isinstance(each, str) else each for number, each in enumerate(each_given, 1)]
    for shape in shapes:
        if not isinstance(shape, kind):
            name = kind.__name__
            raise ConfigError(f"a {name.lower()} is a text or a {name}, not {type(shape).__name__} {shape!r:.60}")
    return shapes
