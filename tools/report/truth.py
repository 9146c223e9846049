"""Tracks against ground truth: scores, and where there are switches, misses and false alarms."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.tools.evaluation.classes import Annotated
from siamlink.tools.evaluation.events import IdentitySwitch, clear_matches, identity_switches
from siamlink.tools.evaluation.ground_truth import Rows, SequencePair
from siamlink.tools.evaluation.layouts import find_truth
from siamlink.tools.evaluation.metrics import Scores, combine, measure
from siamlink.tools.evaluation.reading import classed_tracks, read_truth, written_rows
from siamlink.tools.evaluation.scoring import sequence_pairs
from siamlink.tracker.tracks import Tracks

SHOWN_SCORES = ("HOTA", "IDF1", "MOTA", "IDSW")
MOST_EVENTS = 5000


@dataclass(frozen=True)
class Comparison:
    """Tracks compared with ground truth.

    Attributes:
        entry: scores and events, as the report holds them.
        notes: what is not as expected, a line each.
    """

    entry: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Truth:
    """The ground truth of one sequence."""

    annotated: Annotated

    @classmethod
    def read(cls, path: Path, name: str) -> "Truth":
        """Read ground truth.

        Args:
            path: a file, a MOT sequence, or a folder of these.
            name: of the sequence, to choose among several.

        Raises:
            InputError: there is none, or none of this sequence.
            FormatError: the file is malformed.
        """
        found = find_truth(path)
        files = [each for each in found if each.name == name] or found
        if len(files) > 1:
            raise InputError(f"{path} has ground truth of {len(files)} sequences, and none is {name}; name one of them")
        return cls(read_truth(files[0]))

    def compare(self, tracks: Tracks, class_names: ClassNames | None = None) -> Comparison:
        """Score tracks, and list where they are wrong; boxes count as in `siamlink evaluate`.

        Raises:
            InputError: a class of the ground truth is not one of its benchmark's.
        """
        rows = written_rows(tracks, class_names)
        pairs, notes = sequence_pairs(self.annotated, classed_tracks(rows, class_names))
        scores = Scores.from_counts(combine({pair.class_name: measure(pair) for pair in pairs})).as_dict()
        events = [event for pair in pairs for event in _events(pair)]
        events.sort(key=lambda event: (event["kind"] != "switch", event["first"] - event["last"]))
        if len(events) > MOST_EVENTS:
            notes = (*notes, f"of {len(events)} differences from the ground truth, the longest {MOST_EVENTS} are shown")
        shown = sorted(events[:MOST_EVENTS], key=lambda event: event["first"])
        return Comparison({"scores": {name: scores[name] for name in SHOWN_SCORES}, "events": shown}, notes)


def _events(pair: SequencePair) -> Iterator[dict[str, Any]]:
    """Every switch, then every run of consecutive frames in which an object or a track has no match."""
    matches = clear_matches(pair)
    found, right = np.zeros(len(pair.truth), bool), np.zeros(len(pair.tracks), bool)
    for truth, tracks in matches:
        found[truth], right[tracks] = True, True
    yield from map(_switch, identity_switches(pair))
    for run in _runs(pair.truth[~found]):
        identity, span = int(run[0, 1]), _span(run)
        yield _event("miss", run, f"Object {identity} has no track {span}.", identity=identity)
    for run in _runs(pair.tracks[~right]):
        track, span = int(run[0, 1]), _span(run)
        yield _event("false_alarm", run, f"Track {track} shows no object of the ground truth {span}.", track=track)


def _switch(switch: IdentitySwitch) -> dict[str, Any]:
    text = (
        f"Object {switch.truth_id} goes from track {switch.previous_track_id}, last in frame {switch.previous_frame}, "
        f"to track {switch.track_id} in frame {switch.frame}."
    )
    return {
        "kind": "switch",
        "first": switch.frame,
        "last": switch.frame,
        "track": switch.track_id,
        "previous": {"track": switch.previous_track_id, "frame": switch.previous_frame},
        "object": switch.truth_id,
        "box": _rounded(np.array(switch.truth_box)),
        "text": text,
    }


def _runs(rows: Rows) -> Iterator[Rows]:
    """The rows of each identity, divided where it misses a frame."""
    ordered = rows[np.lexsort((rows[:, 0], rows[:, 1]))]
    breaks = (np.diff(ordered[:, 1]) != 0) | (np.diff(ordered[:, 0]) > 1)
    yield from np.split(ordered, 1 + np.flatnonzero(breaks)) if len(rows) else ()


def _event(kind: str, run: Rows, text: str, track: int | None = None, identity: int | None = None) -> dict[str, Any]:
    first, last = int(run[0, 0]), int(run[-1, 0])
    box = _rounded(run[0, 2:6])
    return {"kind": kind, "first": first, "last": last, "track": track, "object": identity, "box": box, "text": text}


def _span(run: Rows) -> str:
    first, last = int(run[0, 0]), int(run[-1, 0])
    return f"in frame {first}" if first == last else f"in frames {first} to {last}"


def _rounded(box: NDArray[np.float64]) -> list[float]:
    return [round(float(side), 2) for side in box]
