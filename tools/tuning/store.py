"""Outcomes in a file that grows: no settings are tried twice on a video, even if the search was interrupted."""

import json
from pathlib import Path

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.console.files import output_errors
from siamlink.tools.tuning.evaluation import Figures, Outcome, Task

TRIALS_FILE = "trials.jsonl"


class OutcomeStore:
    """The outcomes of tasks. Each is one line of the file, below a line that says what they are of.

    Args:
        path: the file; it may be missing.
        identity: data, configuration, ranges and version, by names; outcomes of another identity are of no use.
        overwrite: whether outcomes of another identity are discarded.

    Raises:
        OutputError: the file holds outcomes of another identity, or cannot be written.
    """

    def __init__(self, path: Path, identity: dict[str, str], overwrite: bool = False) -> None:
        self._path = path
        self._known: dict[Task, Outcome] = {}
        with output_errors(path):
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            earlier = _read(lines[0]) if lines else None
            if lines and earlier != identity and not overwrite:
                before = earlier if isinstance(earlier, dict) else {}
                different = ", ".join(key for key, value in identity.items() if before.get(key) != value)
                raise OutputError(f"{path} is of a search with other {different}; --overwrite begins anew")
            if earlier != identity:
                path.write_text(json.dumps(identity) + "\n", encoding="utf-8")
                lines = []
            elif not path.read_bytes().endswith(b"\n"):  # the last line was being written
                path.write_text("".join(f"{line}\n" for line in lines[:-1]), encoding="utf-8")
        for line in lines[1:]:
            self._take(_read(line))

    def __contains__(self, task: Task) -> bool:
        return task in self._known

    def __getitem__(self, task: Task) -> Outcome:
        return self._known[task]

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self._path.parent

    def add(self, task: Task, outcome: Outcome) -> None:
        """Remember an outcome, and write it.

        Raises:
            OutputError: the file cannot be written.
        """
        self._known[task] = outcome
        line = [dict(task.changes), task.video, list(outcome.figures), sorted(outcome.matchings)]
        with output_errors(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _take(self, line: object) -> None:
        match line:
            case [dict(changes), int(video), [float(), float(), float()] as figures, list(matchings)]:
                task = Task(tuple(sorted(changes.items())), video)
                self._known[task] = Outcome(Figures(*figures), frozenset(matchings))


def _read(line: str) -> object:
    """A line of JSON; None if it is none."""
    try:
        value: object = json.loads(line)
    except ValueError:
        return None
    return value
