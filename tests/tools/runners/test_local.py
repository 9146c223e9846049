"""Tasks in processes of this machine: answers, errors, deaths and early ends."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.detectors.base.errors import InputError, ModelError, SiamlinkError
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.runners.messages import Step, TotalProgress

Make = Callable[..., Any]


class Heard:
    """What a run says."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int | None]] = []
        self.notes: list[str] = []

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self.steps.append((stage, done, total))

    def of(self, work: Any, tasks: list[str], jobs: int) -> dict[str, Any]:
        """The answers of tasks."""
        with LocalRunner(jobs) as runner:
            return dict(runner.run(work, tasks, self.progress, self.notes.append))


@pytest.fixture
def heard() -> Heard:
    return Heard()


def test_steps_of_all_tasks_are_added_up(heard: Heard) -> None:
    total = TotalProgress(heard.progress)
    total.update("A", Step("detect", 3, 24))
    total.update("B", Step("detect", 5, 30))
    total.update("A", Step("detect", 4, 24))
    total.update("A", Step("draw", 1, 24))
    assert heard.steps == [("detect", 3, 24), ("detect", 8, 54), ("detect", 9, 54), ("draw", 1, 24)]


def test_a_total_is_unknown_while_that_of_one_task_is(heard: Heard) -> None:
    total = TotalProgress(heard.progress)
    total.update("A", Step("detect", 3, 24))
    total.update("B", Step("detect", 1, None))
    assert heard.steps[-1] == ("detect", 4, None)


def test_one_job_needs_no_other_process(work: Make, heard: Heard, tmp_path: Path) -> None:
    answers = heard.of(work(), ["a", "raises b", "notes c"], 1)
    assert (answers["a"], answers["notes c"], heard.notes) == ("a", "notes c", ["from notes c"])
    assert isinstance(answers["raises b"], InputError)
    assert [step for step in heard.steps if step[0] == "fakes"] == [("fakes", done, 3) for done in range(4)]
    assert [path.name for path in tmp_path.iterdir()] == [f"worker {os.getpid()}"]
    with pytest.raises(ZeroDivisionError):
        heard.of(work(), ["bug"], 1)


def test_a_task_alone_needs_no_other_process(work: Make, heard: Heard, tmp_path: Path) -> None:
    assert heard.of(work(), ["a"], 4) == {"a": "a"}
    assert [path.name for path in tmp_path.iterdir()] == [f"worker {os.getpid()}"]


@pytest.mark.slow
def test_errors_and_deaths_cost_their_own_task_alone(work: Make, heard: Heard, tmp_path: Path) -> None:
    tasks = ["dies once", "raises b", "dies", "notes d", "bug", "dies staged", "cores"]
    answers = heard.of(work(), tasks, 2)
    assert sorted(answers) == sorted(tasks)
    assert (answers["dies once"], answers["dies staged"], answers["notes d"]) == (2, "dies staged", "notes d")
    assert str(answers["raises b"]) == "no file raises b"
    assert str(answers["dies"]).startswith("its process died, 3 times; there may not be memory enough")
    assert str(answers["bug"]).startswith("unexpected ZeroDivisionError: by nothing (")
    assert str(answers["bug"]).endswith("); please report this")
    assert {note for note in heard.notes if "again" in note} == {
        "dies once: its process died (SIGKILL); it is done again",
        "dies staged: its process died (SIGKILL); it is done again",
        "dies: its process died; it is done again",
    }
    assert [step for step in heard.steps if step[0] == "fakes"] == [("fakes", done, 7) for done in range(8)]
    assert not list(tmp_path.glob(".siamlink-*"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    assert answers["cores"] == (max(1, cores // 2), os.environ["OMP_NUM_THREADS"])


@pytest.mark.slow
def test_what_cannot_be_sent_is_said_and_costs_no_process(work: Make, heard: Heard, tmp_path: Path) -> None:
    answers = heard.of(work(), ["answers unsendable", "answers unreadable", "answers failing", "a"], 2)
    assert answers["a"] == "a"
    for task, reason in (("answers unsendable", "lambda"), ("answers unreadable", "ValueError: invalid literal")):
        assert str(answers[task]).startswith("its answer cannot be sent from one process to another: ")
        assert reason in str(answers[task])
    assert type(answers["answers failing"]) is SiamlinkError
    assert str(answers["answers failing"]) == "nothing here"
    assert heard.notes == []
    assert len(list(tmp_path.glob("worker *"))) <= 2


@pytest.mark.slow
def test_a_crew_stays_from_one_list_of_tasks_to_the_next(work: Make, heard: Heard, tmp_path: Path) -> None:
    with LocalRunner(2).crew(work()) as crew:
        for tasks in (["a", "b"], ["c", "d", "e"]):
            assert sorted(task for task, _ in crew.run(tasks, heard.progress, heard.notes.append)) == tasks
    assert len(list(tmp_path.glob("worker *"))) <= 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fails", "error", "message"),
    [
        ("error", ModelError, "no model"),
        ("bug", SiamlinkError, "unexpected ValueError: no number"),
        ("dies", SiamlinkError, "processes die before they are ready"),
    ],
)
def test_work_that_cannot_be_prepared_ends_the_run(
    work: Make, heard: Heard, fails: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        heard.of(work(fails), ["a", "b"], 2)


@pytest.mark.slow
def test_a_process_that_dies_before_it_is_ready_is_replaced(work: Make, heard: Heard) -> None:
    assert heard.of(work("dies once"), ["a", "b", "c"], 2) == {"a": "a", "b": "b", "c": "c"}


@pytest.mark.slow
def test_an_early_end_leaves_no_process_and_no_temporary_file(work: Make, heard: Heard, tmp_path: Path) -> None:
    workers: list[int] = []

    def interrupt(text: str) -> None:
        workers.append(int(text))
        if len(workers) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(LocalRunner(2).run(work(), ["slow a", "slow b"], heard.progress, interrupt))
    assert not list(tmp_path.glob(".siamlink-*"))
    for process_id in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)
