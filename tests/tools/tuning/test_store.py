"""Outcomes that outlast an interruption."""

from pathlib import Path

import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.tuning.evaluation import Figures, Outcome, Task
from siamlink.tools.tuning.store import OutcomeStore

TASK = Task((("gaps.smooth", False), ("min_detections", 2), ("overlap_limit", 0.3)), 1)
OUTCOME = Outcome(Figures(50.123456789012345, 60.0, -3.5), frozenset({"learned", "calibrated"}))
IDENTITY = {"data": "a", "settings": "b"}


def test_outcomes_are_read_again_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    OutcomeStore(path, IDENTITY).add(TASK, OUTCOME)
    store = OutcomeStore(path, IDENTITY)
    assert TASK in store
    assert store[TASK] == OUTCOME
    assert Task((), 1) not in store
    assert Task(TASK.changes, 0) not in store


def test_a_line_that_was_being_written_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    OutcomeStore(path, IDENTITY).add(TASK, OUTCOME)
    path.write_text(path.read_text() + '[{"gaps.smo')
    store = OutcomeStore(path, IDENTITY)
    store.add(Task((), 0), OUTCOME)
    again = OutcomeStore(path, IDENTITY)
    assert (again[TASK], again[Task((), 0)]) == (OUTCOME, OUTCOME)


def test_outcomes_of_something_else_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    OutcomeStore(path, IDENTITY).add(TASK, OUTCOME)
    other = {"data": "a", "settings": "c"}
    with pytest.raises(OutputError, match=r"is of a search with other settings; --overwrite begins anew"):
        OutcomeStore(path, other)
    assert TASK in OutcomeStore(path, IDENTITY), "nothing was changed"
    assert TASK not in OutcomeStore(path, other, overwrite=True)
    path.write_text("not ours\n")
    with pytest.raises(OutputError, match="other data, settings"):
        OutcomeStore(path, IDENTITY)
