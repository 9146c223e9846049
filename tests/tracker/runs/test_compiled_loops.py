"""Tracks are the same, wherever in a run the compiled loops come in."""

import numpy as np
import pytest

from siamlink.detectors.base import machine_code
from siamlink.detectors.base.machine_code import Savings
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.track import track
from siamlink.tracker.tracks import Tracks


def walks(frames: int) -> Detections:
    """Six people who walk past one another, and are missed at times."""
    rng, person = np.random.default_rng(0), np.tile(np.arange(6), frames)
    frame = np.repeat(np.arange(1, frames + 1), 6)
    left = 60.0 * person + np.where(person % 2, 2.0, -2.0) * (frame - 30) + rng.normal(0, 1, len(frame)) + 200
    top = 40.0 + 3 * person + rng.normal(0, 1, len(frame))
    box, score = np.column_stack([left, top, left + 30, top + 80]), rng.uniform(0.5, 1, len(frame))
    seen = rng.random(len(frame)) < 0.85
    return Detections(frame[seen], box[seen], score[seen], np.zeros(seen.sum()))


@pytest.mark.parametrize("mode", ["online", "windowed", "offline"])
def test_tracks_do_not_depend_on_when_the_loops_are_loaded(mode, monkeypatch):
    """Never, after some calls, or from the start."""
    monkeypatch.setattr(machine_code, "LOADING_SECONDS", 1.0)

    def tracks(saved: float) -> Tracks:
        monkeypatch.setattr(Savings, "seconds", saved)
        settings = {"matching": "learned", "appearance": "none"}
        images = [np.zeros((200, 600, 3), np.uint8)] * 60
        return track(images, detections=walks(60), mode=mode, **settings).tracks

    never, always, midway = tracks(-1e9), tracks(1.0), tracks(0.998)
    assert Savings.seconds >= 1
    assert machine_code.load("siamlink.association.pairs.loops") is not None
    for column, found in vars(never).items():
        assert np.array_equal(found, vars(midway)[column], equal_nan=True), column
        assert np.array_equal(found, vars(always)[column], equal_nan=True), column
    assert len(np.unique(never.track_id)) >= 6
