"""The links of a report: their columns, and the details of those that are not certain."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.tools.report.columns import number_or_none
from siamlink.tools.report.packing import packed
from siamlink.tools.report.track_rows import TrackRows
from siamlink.tracker.runs.explanations import Alternative, Explanations, LinkDetail

MOST_DETAILS = 3000
"""Links with details, the least sure of those that are not certain; each takes about 2 kB."""
MOST_FEATURES = 12
"""Features of a link that are shown; the others are added up."""
OTHER_FEATURES = "other features"


@dataclass(frozen=True)
class LinkFacts:
    """What is known of the M links between detected boxes, NaN where it is not.

    Attributes:
        probability: (M,) of each link.
        loss: (M,) nats that the objective of the tracker loses if the link is forbidden.
        appearance: (M,) similarity of appearance.
        details: what spoke for and against some links, by their row, as the report holds it.
        notes: what is left out, a line each.
    """

    probability: FloatArray
    loss: FloatArray
    appearance: FloatArray
    details: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def columns(self, rows: TrackRows) -> dict[str, str]:
        """The columns of the links, as the report holds them."""
        links = rows.links
        return {
            "track": packed(rows.track[links.start], np.int32),
            "from": packed(rows.frame[links.start], np.int32),
            "to": packed(rows.frame[links.end], np.int32),
            "probability": packed(self.probability, np.float32),
            "loss": packed(self.loss, np.float32),
            "appearance": packed(self.appearance, np.float32),
        }


def link_facts(rows: TrackRows, explanations: Explanations | None) -> LinkFacts:
    """What is known of links, with the explanations of their tracks if there are any."""
    start = rows.links.start
    probability, unknown = rows.probability[start], np.full(len(start), np.nan)
    if explanations is None:
        return LinkFacts(probability, unknown, unknown)
    place = _places(rows, explanations)
    known = np.flatnonzero(place >= 0)
    loss, appearance = unknown.copy(), unknown.copy()
    loss[known] = explanations.loss[place[known]]
    appearance[known] = explanations.similarity[place[known]]
    doubtful = known[explanations.doubtful[place[known]]]
    shown = doubtful[np.argsort(probability[doubtful], kind="stable")[:MOST_DETAILS]]
    details = {
        str(row): _detail(each)
        for row, each in zip(shown.tolist(), explanations.details(place[shown]), strict=True)
        if each.features or each.after or each.before
    }
    notes = explanations.notes
    if len(shown) < len(doubtful):
        notes = (
            *notes,
            f"of {len(doubtful)} links that are not certain, the {len(shown)} least sure have details",
        )
    return LinkFacts(probability, loss, appearance, details, notes)


def _places(rows: TrackRows, explanations: Explanations) -> IntArray:
    """(M,) the row of each link in the explanations; -1 for none."""
    start, end = rows.links.start, rows.links.end
    ours = np.column_stack([rows.ids[rows.track[start]], rows.frame[start], rows.frame[end]])
    theirs = np.column_stack([explanations.track_id, explanations.frame])
    found = {key: row for row, key in enumerate(map(tuple, theirs.tolist()))}
    return np.array([found.get(tuple(key), -1) for key in ours.tolist()], np.int64)


def _detail(detail: LinkDetail) -> dict[str, Any]:
    shown, others = detail.features[:MOST_FEATURES], detail.features[MOST_FEATURES:]
    features: list[list[Any]] = [
        [each.name, None if each.value is None else number_or_none(each.value, 4), round(each.contribution, 4)]
        for each in shown
    ]
    if others:
        features.append([OTHER_FEATURES, None, round(sum(each.contribution for each in others), 4)])
    return {
        "features": features,
        "base": number_or_none(detail.base, 4),
        "after": [_alternative(each) for each in detail.after],
        "before": [_alternative(each) for each in detail.before],
    }


def _alternative(other: Alternative) -> dict[str, Any]:
    left, top, right, bottom = other.box.astype(float).tolist()
    return {
        "frame": other.frame,
        "box": [round(side, 2) for side in (left, top, right - left, bottom - top)],
        "track": other.track_id,
        "probability": number_or_none(other.probability, 4),
        "loss": number_or_none(other.loss, 4),
    }
