"""The report as it is served: its page, its data after corrections, and the files that are saved."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.report.data import Scene, build_report_data
from siamlink.tools.report.html_page import html_page, json_text
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.serving.corrected_files import CorrectedFiles
from siamlink.tools.serving.newest import Newest
from siamlink.tools.serving.session import Session, Solved


class ReportSite:
    """A report that is solved again; see `Site` for its methods.

    Args:
        scene: what the report shows besides the tracks.
        session: solves.
        files: that are saved.
        record: of the run that made the results.
        video: the file that the page plays; None without one.
        token: what every request must state.
        lines: corrections that were saved before.

    Raises:
        FormatError: one of these is wrong.
    """

    def __init__(
        self,
        scene: Scene,
        session: Session,
        files: CorrectedFiles,
        record: dict[str, Any],
        video: Path | None,
        token: str,
        lines: Sequence[str] = (),
    ) -> None:
        self._scene, self._session, self._files, self._record = scene, session, files, record
        self.video, self.token = video, token
        self._newest = Newest()
        self._solved = session.solve(lines, from_file=True)
        self._data = self._data_of(self._solved)

    @property
    def notes(self) -> list[str]:
        """What the reader should know, a line each."""
        notes: list[str] = self._data["notes"]
        return notes

    def page(self) -> str:
        """The page, with the tracks as they were solved last."""
        return html_page(self._data, served=True)

    def solve(self, lines: Sequence[str]) -> str:
        """The data of the page after these corrections, as JSON, with the `seconds` that it took."""
        start = time.perf_counter()
        with self._newest.turn() as check:
            self._solve(lines, check)
            data = self._data
            check()
        return json_text({**data, "seconds": round(time.perf_counter() - start, 3)})

    def save(self, lines: Sequence[str]) -> list[str]:
        """Write the corrections, the corrected tracks and their record."""
        if not any(line.split("#")[0].strip() for line in lines):
            raise ConfigError("there are no corrections to save")
        with self._newest.alone():
            self._solve(lines)
            result = self._solved.result
            tracks = result.tracks.to_mot_text(result.class_names)
            return self._files.write(self._session.text(lines), tracks, self._record_text())

    def close(self, seconds: float) -> bool:
        """End the work; returns whether this took less time."""
        return self._newest.close(seconds)

    def _solve(self, lines: Sequence[str], check: Callable[[], None] = lambda: None) -> None:
        """Solve, unless these corrections were solved last."""
        if tuple(lines) != self._solved.lines:
            solved = self._session.solve(lines, check)
            data = self._data_of(solved)
            self._solved, self._data = solved, data

    def _data_of(self, solved: Solved) -> dict[str, Any]:
        return build_report_data(
            self._scene,
            solved.result.tracks,
            solved.result.explanations,
            original=solved.original if solved.lines else None,
            lines=solved.lines,
            served={"token": self.token},
        )

    def _record_text(self) -> str:
        """The record of the last run, which has the detections of the run that made the results."""
        solved = self._solved
        record = Outcome(solved.source, solved.result, solved.seconds).record(self._session.parameters)
        stated = self._record.get("input", {})
        record["input"]["detections"] = stated.get("detections", record["input"]["detections"])
        record["detector"] = self._record.get("detector", record["detector"])
        return json.dumps(record, indent=2) + "\n"
