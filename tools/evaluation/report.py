"""The result of an evaluation, as a table, JSON or CSV."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from siamlink.tools.console.files import write_text
from siamlink.tools.console.tables import Table
from siamlink.tools.evaluation.events import IdentitySwitch
from siamlink.tools.evaluation.limit import Limits
from siamlink.tools.evaluation.metrics import OVERALL, Scores

METRICS = tuple(field.name for field in fields(Scores))
SWITCH_COLUMNS = (
    *("sequence", "frame", "gt_id", "previous_track_id", "new_track_id"),
    *("gt_left", "gt_top", "gt_width", "gt_height"),
    *("track_left", "track_top", "track_width", "track_height"),
)


@dataclass(frozen=True)
class Evaluation:
    """The scores of results against ground truth.

    Attributes:
        sequences: the scores of each sequence by its name.
        overall: all sequences together as TrackEval combines them: counts are added up, ratios come last.
        benchmarks: the benchmark by whose rules each sequence was scored.
        switches: every identity switch of every sequence.
        missing: sequences with ground truth that have no results and were not scored.
        limits: the scores beside those of perfect links, if detections were given.
    """

    sequences: dict[str, Scores]
    overall: Scores
    benchmarks: dict[str, str]
    switches: tuple[IdentitySwitch, ...]
    missing: tuple[str, ...] = ()
    limits: Limits | None = None

    def as_dict(self) -> dict[str, Any]:
        """`{"sequences": {NAME: {"HOTA": percent, ...}}, "overall": {"HOTA": percent, ...}}`, and `limit` if known."""
        scores = {
            "sequences": {name: asdict(scores) for name, scores in self.sequences.items()},
            OVERALL: asdict(self.overall),
        }
        return {**scores, "limit": self.limits.as_dict()} if self.limits else scores

    def table(self) -> Table:
        """One row for each sequence, and the overall one set apart; ratios in percent."""
        rules = ", ".join(sorted({benchmark.upper() for benchmark in self.benchmarks.values()}))
        rows = [(name, *_cells(scores)) for name, scores in [*self.sequences.items(), (OVERALL, self.overall)]]
        return Table(
            ("sequence", *METRICS),
            tuple(rows),
            caption=f"scored by the rules of {rules}",
            sections=frozenset({len(self.sequences)}),
            bold=1,
            accent="HOTA",
        )

    def to_json(self, path: str | Path, overwrite: bool = False) -> None:
        """Write `as_dict` with full precision; raises as `check_output` does."""
        write_text(path, json.dumps(self.as_dict(), indent=2) + "\n", overwrite)

    def to_csv(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the table's rows with full precision, the last one overall; raises as `check_output` does."""
        rows = [*self.sequences.items(), (OVERALL, self.overall)]
        lines = ((name, *asdict(scores).values()) for name, scores in rows)
        write_text(path, _csv(("sequence", *METRICS), lines), overwrite)

    def switches_to_csv(self, path: str | Path, overwrite: bool = False) -> None:
        """Write a row of `SWITCH_COLUMNS` for every identity switch; raises as `check_output` does."""
        lines = (
            (s.sequence, s.frame, s.truth_id, s.previous_track_id, s.track_id, *s.truth_box, *s.track_box)
            for s in self.switches
        )
        write_text(path, _csv(SWITCH_COLUMNS, lines), overwrite)


def _cells(scores: Scores) -> tuple[str, ...]:
    return tuple(f"{value:.1f}" if isinstance(value, float) else str(value) for value in asdict(scores).values())


def _csv(header: Iterable[str], lines: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()
