"""The recursion against the smoothing of whole tracks."""

import numpy as np
import pytest

from siamlink.tracker.linking.online.last_states import LastStates
from siamlink.tracker.postprocessing.smoothing import (
    CANDIDATE_SECONDS,
    Smoothing,
    box_states,
    smooth_tracks,
    state_boxes,
)
from siamlink.tracker.tracks import Tracks

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
