"""The recursion against the smoothing of whole tracks."""

import numpy as np
import pytest

from siamlink.detectors.base import machine_code
from siamlink.tracker.linking.online import last_states
from siamlink.tracker.linking.online.last_states import STRENGTHS, LastStates
from siamlink.tracker.postprocessing.smoothing import (
    CANDIDATE_SECONDS,
    Smoothing,
    box_states,
    smooth_tracks,
    state_boxes,
)
from siamlink.tracker.tracks import Tracks

pytestmark = pytest.mark.usefixtures("compiled_at_once")

RATE = 30


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_last_states_are_those_of_smoothing_the_whole_tracks(seed: int) -> None:
    """Tracks begin one after another, are missed at times, and some are forgotten."""
    rng, states, parts = np.random.default_rng(seed), LastStates(1 / RATE), []
    for frame in range(1, 100):
        ids = np.flatnonzero(rng.random(5) < 0.7) + 1
        ids = ids[(ids * 10 < frame + 9) & ((ids != 2) | (frame < 60))].astype(np.int32)
        centre = np.column_stack([600 + 3 * frame + 50 * ids, 300 + 3 * ids]) + rng.normal(0, 2, (len(ids), 2))
        size = np.array([40, 100]) + rng.normal(0, 2, (len(ids), 2))
        box = np.hstack([centre - size / 2, centre + size / 2]).astype(np.float32)
        parts.append(
            Tracks(
                np.full(len(ids), frame, np.int32),
                box,
                np.ones(len(ids), np.float32),
                np.zeros(len(ids), np.int16),
                ids,
                np.zeros(len(ids), bool),
            )
        )
        states.advance(ids, box_states(box))
        if frame == 80:
            states.keep(np.array([1, 3, 4, 5]))
            assert len(states) == 4
        if frame % 15 == 0:
            strength = rng.integers(0, len(CANDIDATE_SECONDS), 4)
            seconds = np.array(CANDIDATE_SECONDS)[strength]
            whole = smooth_tracks(Tracks.concatenate(parts), RATE, None, Smoothing(seconds, seconds)).in_frame(frame)
            expected = np.concatenate([whole.of(each).box for each in ids.tolist()]) if len(ids) else np.zeros((0, 4))
            np.testing.assert_allclose(state_boxes(states.last(ids, strength)), expected, atol=1e-3)


def test_compiled_loops_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of tracks that begin, are missed, and are forgotten."""
    assert machine_code.load(last_states.LOOPS) is not None
    rng, both = np.random.default_rng(0), (LastStates(1 / RATE), LastStates(1 / RATE))
    for frame in range(60):
        ids = np.flatnonzero(rng.random(12) < 0.6)
        state = rng.normal(0, 100, (len(ids), 4))
        for states, used in zip(both, (machine_code.compiled, lambda *_: None), strict=True):
            monkeypatch.setattr(last_states, "compiled", used)
            states.advance(ids, state)
            if frame % 20 == 19:
                states.keep(ids)
        one, other = (states.last(ids, rng.integers(0, 1, 4) + frame % STRENGTHS) for states in both)
        assert np.array_equal(one, other)
        assert np.array_equal(both[0]._quadratic, both[1]._quadratic)
        assert np.array_equal(both[0]._linear, both[1]._linear)
