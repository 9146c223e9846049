"""Offline tracking is windowed tracking with infinite latency, whatever the options."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import cannot_link, must_link
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.trackers import OfflineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input
from siamlink.tracker.tracks import Tracks

RATE = 30
WHOLE = {"mode": "windowed", "latency_seconds": 3600.0}
"""A latency longer than every sequence."""


class Hue:
    """Describes a box by the grey in its middle, as an angle."""

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        x, y = ((box[:, axis] + box[:, axis + 2]) / 2 for axis in (0, 1))
        rows = np.clip(y.astype(int), 0, image.shape[0] - 1)
        angle = image[rows, np.clip(x.astype(int), 0, image.shape[1] - 1), 0] / 40
        return np.column_stack([np.cos(angle), np.sin(angle)])


@pytest.mark.parametrize("solver", ["lp", "hungarian"])
@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize(("smooth", "fill"), [*product([True, False], repeat=2)])
def test_by_geometry(two_levels: Matcher, solver: str, levels: int, smooth: bool, fill: bool) -> None:
    found = street(frame_count=60, seed=1).detections(miss_rate=0.3, false_rate=2)
    chosen = {
        "matching": "learned",
        "levels": levels,
        "solver": solver,
        "gaps": {"interpolate": fill, "smooth": smooth},
    }
    texts = []
    for tracker in (
        OfflineTracker(RATE, TrackerParameters(**chosen), two_levels, image_size=(480, 270)),
        WindowedTracker(RATE, TrackerParameters(**chosen, **WHOLE), two_levels, image_size=(480, 270)),
    ):
        parts = [tracker.update(found.in_frame(k)) for k in range(1, 61)]
        texts.append(Tracks.concatenate([*parts, tracker.finish()]).to_mot_text())
    assert texts[0] == texts[1] != ""


@pytest.mark.slow
@pytest.mark.parametrize("solver", ["lp", "hungarian"])
@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("gaps", [{}, {"camera": False}, {"smooth": False}, {"interpolate": False}], ids=str)
def test_by_appearance(painted, two_levels: Matcher, solver: str, levels: int, gaps: dict[str, bool]) -> None:
    """Offline the video is decoded again for the best crops alone; in a window every box is described in passing."""
    hue = Appearances([LoadedAppearance("hue", "hue", Hue())])
    matcher = painted.matcher if levels == 1 else replace(two_levels, appearance=hue)
    chosen = {"matching": "learned", "levels": levels, "solver": solver, "gaps": gaps}
    offline, windowed = (
        track_input(open_input(painted.folder), TrackingOptions(TrackerParameters(**each), matcher=matcher))
        for each in (chosen, {**chosen, **WHOLE})
    )
    assert offline.tracks.to_mot_text() == windowed.tracks.to_mot_text() != ""
    for result in (offline, windowed):
        assert 0 < result.appearance.requested == result.appearance.described
        assert ("camera" in result.seconds) == (gaps.get("camera", True) and gaps.get("smooth", True))
    assert levels == 1 or offline.appearance.described < windowed.appearance.described


@pytest.mark.parametrize("levels", [1, 2])
def test_under_constraints(painted, two_levels: Matcher, levels: int) -> None:
    found = painted.scene.detections()
    first, other = np.flatnonzero(found.frame == 5)[:2].tolist()
    last = int(np.flatnonzero(found.frame == 50)[0])
    constraints = [must_link(first, last), cannot_link(other, last)]
    hue = Appearances([LoadedAppearance("hue", "hue", Hue())])
    matcher = painted.matcher if levels == 1 else replace(two_levels, appearance=hue)
    texts = []
    for mode in ({}, WHOLE):
        parameters = TrackerParameters(matching="learned", levels=levels, **mode)
        source = open_input(painted.folder, found, constraints=constraints)
        texts.append(track_input(source, TrackingOptions(parameters, matcher=matcher)).tracks.to_mot_text())
    assert texts[0] == texts[1] != ""
