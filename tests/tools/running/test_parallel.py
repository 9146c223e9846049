"""Sources tracked in several processes: messages, and what a dead process costs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.tools.running.job import Job
from siamlink.tools.running.outcome import Outcome
from siamlink.tools.running.parallel import DIED, Step, _TotalProgress, run_at_once
from siamlink.tools.running.prepare import prepare

Make = Callable[..., Path]
DIES = """
import os

class Dies:
    def detect(self, image):
        os._exit(9)
"""


def test_steps_of_all_inputs_are_added_up() -> None:
    steps: list[tuple[str, int, int | None]] = []
    total = _TotalProgress(lambda *step: steps.append(step))
    total.update("A", Step("detect", 3, 24))
    total.update("B", Step("detect", 5, 30))
    total.update("A", Step("detect", 4, 24))
    total.update("A", Step("draw", 1, 24))
    assert steps == [("detect", 3, 24), ("detect", 8, 54), ("detect", 9, 54), ("draw", 1, 24)]


def test_a_total_is_unknown_while_that_of_one_input_is() -> None:
    steps: list[tuple[str, int, int | None]] = []
    total = _TotalProgress(lambda *step: steps.append(step))
    total.update("A", Step("detect", 3, 24))
    total.update("B", Step("detect", 1, None))
    assert steps[-1] == ("detect", 4, None)


@pytest.mark.slow
def test_a_process_that_dies_costs_its_input_alone(here: Path, sequence: Make) -> None:
    (here / "dies.py").write_text(DIES)
    job = Job(here / "out", video=False)
    job.output.mkdir()
    dying = prepare("walk.mp4", Job(here / "out", detector="dies.py:Dies", video=False))
    inputs = [dying, prepare(str(sequence("A", None)), job)]
    steps: list[tuple[str, int, int | None]] = []
    job = Job(here / "out", detector="dies.py:Dies", video=False)
    results = {opened.name: outcome for opened, outcome in run_at_once(inputs, job, 2, lambda *s: steps.append(s))}
    assert isinstance(results["walk"], SiamlinkError)
    assert str(results["walk"]) == DIED
    assert isinstance(results["A"], Outcome)
    assert results["A"].result.tracks.count == 2
    assert [step for step in steps if step[0] == "sources"] == [("sources", done, 2) for done in range(3)]
    assert sorted(path.name for path in (here / "out").glob("*.txt")) == ["A.txt"]
