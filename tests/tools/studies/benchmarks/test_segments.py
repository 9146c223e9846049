"""Recordings linked in segments, as the benchmark does it, against the tracker."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.tools.studies.benchmarks.seams import KINDS
from siamlink.tools.studies.benchmarks.segments import link_in_segments
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters


def test_the_first_level_is_that_of_the_tracker() -> None:
    parameters = TrackerParameters(matching="learned", appearance="none")
    setup = TrackerSetup(25.0, parameters, parameters.load_matcher(), (1920, 1080), explains=True)
    detections = Detections.concatenate([found for found, _ in Walkers(frame_rate=25.0).frames(420)])
    tracker = LinearProgramTracker(setup)
    for _ in tracker.update_many(detections):
        pass
    tracker.finish()
    assert tracker.explained is not None
    whole = tracker.explained.programs[0]
    detections = detections[setup.without_duplicates(detections)]
    linked = link_in_segments(detections, setup, 100, lambda *_: None)
    assert len(linked.seams) == 4
    assert linked.cost == pytest.approx(whole.solution.objective, abs=1e-3)
    assert linked.successor.tolist() == whole.solution.successor.tolist()
    assert linked.track_ids().tolist() == whole.solution.track_ids().tolist()
    assert np.isfinite(linked.probability).all()


@pytest.mark.slow
def test_the_benchmark_measures_each_length(siamlink: Callable, here: Path) -> None:
    done = siamlink("study", "bench", "segments", "--frames", "150,300", "--segment", 100, "--json", "segments.json")
    assert (done.code, done.err) == (0, "")
    short, long = json.loads((here / "segments.json").read_text())["runs"]
    assert (short["frames"], short["segments"], long["segments"]) == (150, 2, 3)
    assert long["detections"] > 1.5 * short["detections"] > 1500
    assert 0 < short["tracks"] <= short["tracklets"]
    assert min(long["first_level"], long["second_level"], long["peak_megabytes"]) > 0


@pytest.mark.slow
def test_the_seams_of_real_sequences_are_counted(data: Path, here: Path, siamlink: Callable) -> None:
    (here / "some").mkdir()
    (here / "some" / "TUD-Campus").symlink_to((data / "TUD-Campus").resolve())
    done = siamlink("study", "bench", "seams", "some", "--json", "seams.json")
    assert (done.code, done.err) == (0, "")
    reaches = json.loads((here / "seams.json").read_text())["reaches"]
    assert {reach["program"] for reach in reaches} == set(KINDS)
    assert all(reach["seams"] == 4 * 7 and reach["different"] == 0 for reach in reaches)
    assert all(reach["widened"] == 0 for reach in reaches if reach["halo"] >= 2 and reach["program"] != "second level")
    done = siamlink("study", "bench", "seams", here)
    assert done.code == 2
    assert "no MOT sequence" in done.line
