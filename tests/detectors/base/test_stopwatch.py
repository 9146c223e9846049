"""Stages that are timed, one within another and in several threads."""

import pickle
import threading

from siamlink.detectors.base import stopwatch as module
from siamlink.detectors.base.stopwatch import Stopwatch


def test_a_nested_stage_counts_for_itself_alone(monkeypatch):
    clock = iter([0, 1, 4, 10])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    stopwatch = Stopwatch()
    with stopwatch.stage("outer"), stopwatch.stage("inner"):
        pass
    assert stopwatch.seconds == {"inner": 3, "outer": 7}


def test_a_stage_of_another_thread_is_not_nested(monkeypatch):
    clock = iter([0, 1, 4, 10])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    stopwatch = Stopwatch()

    def work() -> None:
        with stopwatch.stage("beside"):
            pass

    with stopwatch.stage("outer"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert stopwatch.seconds == {"beside": 3, "outer": 10}


def test_only_the_time_to_compute_items_is_counted(monkeypatch):
    clock = iter([0, 1, 10, 12, 20, 24])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    stopwatch = Stopwatch()
    assert list(stopwatch.over("decode", "ab")) == ["a", "b"]
    assert stopwatch.seconds == {"decode": 1 + 2 + 4}


def test_a_stored_stopwatch_goes_on_from_its_seconds():
    stopwatch = Stopwatch()
    with stopwatch.stage("detect"):
        pass
    again = pickle.loads(pickle.dumps(stopwatch))
    assert again.seconds == stopwatch.seconds
    with again.stage("link"):
        pass
    assert set(again.seconds) == {"detect", "link"}
    assert set(stopwatch.seconds) == {"detect"}
