"""The result of an evaluation, as a table, JSON or CSV."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from siamlink.tools.console.files import write_text
from siamlink.tools.console.tables import Table
from siamlink.tools.evaluation.events import IdentitySwitch
from siamlink.tools.evaluation.ground_truth import PLAIN
from siamlink.tools.evaluation.limit import Limits
from siamlink.tools.evaluation.metrics import OVERALL, Scores

METRICS = tuple(field.name for field in fields(Scores))
COUNTS_FROM = next(place for place, field in enumerate(fields(Scores)) if field.type is int)
"""The place of the first metric that is a count; those before are ratios."""
SWITCH_COLUMNS = (
    *("sequence", "frame", "gt_id", "previous_track_id", "new_track_id"),
    *("gt_left", "gt_top", "gt_width", "gt_height"),
    *("track_left", "track_top", "track_width", "track_height"),
)
CLASS_MEAN = "mean"
"""Of the classes, in a table of several."""
ALL = "all"
"""All classes, in a table of several."""


@dataclass(frozen=True)
class ClassScores:
    """The scores of one class: of each sequence by its name, and of all together."""

    sequences: dict[str, Scores]
    overall: Scores


@dataclass(frozen=True)
class Evaluation:
    """The scores of results against ground truth.

    Attributes:
        sequences: the scores of each sequence by its name, all its classes together.
        overall: all sequences together as TrackEval combines them: counts are added up, ratios come last.
        benchmarks: the benchmark by whose rules each sequence was scored.
        switches: every identity switch of every sequence.
        missing: sequences with ground truth that have no results and were not scored.
        limits: the scores beside those of perfect links, if detections were given.
        classes: the scores of each class by its name, if several were scored, each for itself.
        notes: what is not as expected in the files, one sentence each.
        remarks: what was assumed when the files were read, one sentence each.
    """

    sequences: dict[str, Scores]
    overall: Scores
    benchmarks: dict[str, str]
    switches: tuple[IdentitySwitch, ...]
    missing: tuple[str, ...] = ()
    limits: Limits | None = None
    classes: dict[str, ClassScores] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def class_mean(self) -> Scores | None:
        """The mean of the classes that have ground truth, of all sequences; None unless several were scored."""
        return Scores.mean(each.overall for each in self.classes.values()) if self.classes else None

    def as_dict(self) -> dict[str, Any]:
        """`{"sequences": {NAME: {"HOTA": percent, ...}}, "overall": {"HOTA": percent, ...}}`.

        Ratios are None without ground truth. Of several classes also `classes`, each with `sequences` and `overall`,
        and `class_mean`; `limit` if detections were given; `notes` if there are any.
        """
        parts: dict[str, Any] = _as_dict(self.sequences, self.overall)
        if self.class_mean:
            by_class = {name: _as_dict(each.sequences, each.overall) for name, each in self.classes.items()}
            parts |= {"classes": by_class, "class_mean": self.class_mean.as_dict()}
        if self.limits:
            parts["limit"] = self.limits.as_dict()
        return {**parts, "notes": list(self.notes)} if self.notes else parts

    def table(self) -> Table:
        """One row for each sequence, or each of its classes, and the overall ones set apart; ratios in percent."""
        labelled, sections = self._rows()
        texts = len(labelled[0][0])
        return Table(
            (*("sequence", "class")[:texts], *METRICS),
            tuple((*labels, *scores.cells()) for labels, scores in labelled),
            caption=_caption(set(self.benchmarks.values())),
            texts=texts,
            sections=frozenset(sections),
            bold=len(labelled) - sections[-1],
            accent="HOTA",
        )

    def to_json(self, path: str | Path, overwrite: bool = False) -> None:
        """Write `as_dict` with full precision; raises as `check_output` does."""
        write_text(path, json.dumps(self.as_dict(), indent=2) + "\n", overwrite)

    def to_csv(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the table's rows with full precision, the last ones overall; raises as `check_output` does."""
        rows, _ = self._rows()
        header = ("sequence", "class")[: len(rows[0][0])]
        lines = ((*labels, *scores.as_dict().values()) for labels, scores in rows)
        write_text(path, _csv((*header, *METRICS), lines), overwrite)

    def switches_to_csv(self, path: str | Path, overwrite: bool = False) -> None:
        """Write a row of `SWITCH_COLUMNS` for every identity switch, and the class if there are several.

        Raises as `check_output` does.
        """
        lines = (
            (s.sequence, s.frame, s.truth_id, s.previous_track_id, s.track_id, *s.truth_box, *s.track_box)
            + ((s.class_name,) if self.classes else ())
            for s in self.switches
        )
        write_text(path, _csv((*SWITCH_COLUMNS, *(["class"] if self.classes else [])), lines), overwrite)

    def _rows(self) -> tuple[list[tuple[tuple[str, ...], Scores]], list[int]]:
        """The rows of the table, each with the texts before its figures, and where its sections begin."""
        if not self.class_mean:
            rows: list[tuple[tuple[str, ...], Scores]] = [((name,), each) for name, each in self.sequences.items()]
            return [*rows, ((OVERALL,), self.overall)], [len(rows)]
        rows, sections = [], []
        for name, scores in self.sequences.items():
            sections.append(len(rows))
            parts = {label: each.sequences[name] for label, each in self.classes.items() if name in each.sequences}
            if len(parts) > 1:
                rows += [((name, label), part) for label, part in parts.items() if part.has_boxes]
            rows.append(((name, ALL if len(parts) > 1 else next(iter(parts))), scores))
        sections.append(len(rows))
        rows += [((OVERALL, label), each.overall) for label, each in self.classes.items()]
        return [*rows, ((OVERALL, ALL), self.overall), ((OVERALL, CLASS_MEAN), self.class_mean)], sections


def _as_dict(sequences: dict[str, Scores], overall: Scores) -> dict[str, Any]:
    return {"sequences": {name: scores.as_dict() for name, scores in sequences.items()}, OVERALL: overall.as_dict()}


def _csv(header: Iterable[str], lines: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()


def _caption(benchmarks: set[str]) -> str:
    """By which rules sequences were scored, and the unit of the figures."""
    rules = ", ".join(sorted(each.upper() for each in benchmarks - {PLAIN}))
    unit = f"{METRICS[0]} to {METRICS[COUNTS_FROM - 1]} in percent, {METRICS[COUNTS_FROM]} to {METRICS[-1]} are counts"
    if not rules:
        return f"scored without the rules of a benchmark; {unit}"
    return f"scored by the rules of {rules}{', or of no benchmark' if PLAIN in benchmarks else ''}; {unit}"
