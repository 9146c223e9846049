"""The command `siamlink bench track`."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.tools.benchmark.peer_trackers import PEERS, track_by_peer
from siamlink.tools.benchmark.track import LOAD, OURS, WRITE, Measured, TrackBenchmark, _median
from siamlink.tools.running.job import Job

Run = Callable[..., Any]
Make = Callable[..., Path]

SUPERVISION = """
class Detections:
    def __init__(self, xyxy, confidence, class_id):
        self.xyxy, self.confidence, self.class_id = xyxy, confidence, class_id
"""
TRACKERS = """
SEEN = []

class SORTTracker:
    def __init__(self, frame_rate, enable_cmc=None):
        SEEN.append((frame_rate, enable_cmc))

    def update(self, detections):
        SEEN.append(detections.confidence.tolist())

ByteTrackTracker = OCSORTTracker = BoTSORTTracker = SORTTracker
"""


@pytest.fixture
def seen(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What stand-ins for the other trackers were given."""
    for name, text in (("supervision", SUPERVISION), ("trackers", TRACKERS)):
        (here / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(here)
    import trackers

    for name in ("supervision", "trackers"):
        monkeypatch.setitem(sys.modules, name, __import__(name))
    given: list[Any] = trackers.SEEN
    return given


@pytest.mark.slow
def test_the_stages_of_all_sources_are_added_up(siamlink: Run, sequence: Make, here: Path) -> None:
    sequence("A", None)
    sequence("B", None)
    before = sorted(here.rglob("*"))
    learned = ("--config", "fast", "--set", "matching=learned")
    done = siamlink("bench", "track", "sequences", *learned, "--repeat", 1, "--json", "track.json")
    assert (done.code, done.err) == (0, "")
    figures = json.loads(Path("track.json").read_text())
    ours = figures[OURS]
    assert (figures["repeats"], figures["peers"], ours["frames"]) == (1, [], 48)
    assert [*ours["seconds"]] == [LOAD, "features", "link", "boosting", "solve", "tracklets", "gaps", WRITE]
    assert all(seconds > 0 and stage in done.out for stage, seconds in ours["seconds"].items())
    tracking = sum(seconds for stage, seconds in ours["seconds"].items() if stage not in (LOAD, WRITE))
    assert tracking < ours["tracking_seconds"] < ours["wall_seconds"]
    assert ours["cpu_seconds"] > 0
    assert ours["peak_megabytes"] is None or ours["peak_megabytes"] > 10
    assert sorted(here.rglob("*")) == sorted([*before, here / "track.json"])


@pytest.mark.parametrize("score", [0.5, 25.0])
def test_other_trackers_see_each_frame_with_scores_that_are_probabilities(
    seen: list[Any], sequence: Make, score: float
) -> None:
    text = "".join(f"{frame},-1,{50 * frame},10,20,40,{score + frame / 10}\n" for frame in (1, 3))
    folder = sequence("SEQ", None, text)
    for name in PEERS:
        seen.clear()
        frames, seconds, tracking = track_by_peer(name, [str(folder)], Job(Path("out")), time.time())
        assert frames == len(seen) - 1 == 24
        assert seen[0] == (12, False if name.startswith("BoT") else None)
        scores = [seen[1], seen[3]]
        assert [len(each) for each in seen[1:4]] == [1, 0, 1]
        assert np.allclose(scores, [[0.6], [0.8]]) if score < 1 else 0 <= scores[0][0] < scores[1][0] <= 1
        assert min(seconds.values()) > 0
        assert tracking == seconds["track"]


def test_the_medians_count_and_ratios_are_to_siamlink() -> None:
    runs = [Measured(OURS, 10, {"solve": taken}, *[taken] * 3, peak) for taken, peak in ((3, 80), (1, None), (2, 90))]
    ours = _median(runs)
    assert ours == Measured(OURS, 10, {"solve": 2}, 2, 2, 2, 85)
    peer = Measured("SORT", 10, {"track": 1}, 1, 1, 1, None)
    assert json.loads(TrackBenchmark(3, ours, (peer,)).json())["peers"][0]["ratio"] == 0.5
    assert len(TrackBenchmark(3, ours).tables()) == 1
    assert len(TrackBenchmark(3, ours, (peer,)).tables()) == 2


def test_an_input_that_cannot_be_measured_is_one_line(siamlink: Run, seen: list[Any], here: Path, stream: str) -> None:
    line = siamlink("bench", "track", "walk.mp4", "--other-trackers").line
    assert line == "siamlink: walk has no detections: --other-trackers compares on MOT sequences with det.txt"
    line = siamlink("bench", "track", stream, "--set", "mode=online").line
    assert line == "siamlink: gate is live, so that runs would differ: measure a recording of it"
    assert siamlink("bench", "track", "missing.mp4").line == "siamlink: no such file or folder: missing.mp4"


def test_the_missing_package_is_named(siamlink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siamlink.tools.benchmark.track.find_spec", lambda name: None)
    line = siamlink("bench", "track", "walk.mp4", "--other-trackers").line
    assert line == "siamlink: --other-trackers needs the package trackers: pip install 'trackers>=2.6.1,<3'"


def test_the_former_name_of_the_option_is_a_note(siamlink: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siamlink.tools.benchmark.track.find_spec", lambda _: None)
    former = siamlink("bench", "track", "walk.mp4", "--against")
    note = "note: '--against' is now called '--other-trackers'; the next release will not accept the former name"
    assert former.err.splitlines()[0] == note
    assert former.err.splitlines()[1:] == siamlink("bench", "track", "walk.mp4", "--other-trackers").err.splitlines()
    assert "--against" not in siamlink("bench", "track", "--help").out
