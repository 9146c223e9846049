"""The first level that is solved in parts has the optimum of the whole program."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.costs import CERTAIN, detection_cost, hold_tracks, link_problem
from siamlink.association.solvers.problem import make_solution
from siamlink.association.solvers.solvers import solve_lp
from siamlink.association.tracklets.linking import SafeCostParameters
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.online.first_level import FirstLevel
from siamlink.tracker.linking.online.window import DetectionWindow

COSTS = SafeCostParameters()


def frame_of(number: int, count: int) -> Detections:
    return Detections.from_boxes(number, np.tile([0, 0, 10, 20], (count, 1)).reshape(-1, 4))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), frames=st.integers(1, 14), most=st.integers(1, 4))
def test_the_objective_is_that_of_the_whole_program(seed: int, frames: int, most: int) -> None:
    """Detections come, their probabilities change, some become final, and the oldest are dropped."""
    rng, window = np.random.default_rng(seed), DetectionWindow()
    level = FirstLevel(window, COSTS)
    pairs, probability = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64)), np.zeros(0)
    next_id = 1
    for number in range(1, frames + 1):
        new = window.append(frame_of(number, int(rng.integers(0, most + 1))), np.zeros(1, np.int32))
        window.probability[new.start - window.first :] = rng.random(len(new))
        near = window.first + window.place_since(number - 3)
        earlier, later = (side.ravel() for side in np.meshgrid(range(near, new.start), new, indexing="ij"))
        linked = rng.random(len(earlier)) < 0.6
        added = Pairs(earlier[linked].astype(np.int64), later[linked].astype(np.int64))
        likely = rng.uniform(0.4, 1, len(added))
        chosen = likely >= COSTS.min_link_probability
        level.add_links(added[chosen], -np.log(likely[chosen]))
        pairs, probability = pairs.followed_by(added), np.append(probability, likely)
        changed = np.flatnonzero((rng.random(len(window)) < 0.2) & ~window.held)
        window.probability[changed] = rng.random(len(changed))
        window.cost[:] = detection_cost(window.probability, COSTS)
        level.touch((changed + window.first).tolist())
        level.touch(new)
        level.solve()
        alive = pairs.earlier >= window.first
        pairs, probability = pairs[alive], probability[alive]
        here = Pairs(pairs.earlier - window.first, pairs.later - window.first)
        whole = hold_tracks(
            link_problem(window.detections(), here, probability, window.probability, COSTS), window.track
        )
        assert abs(objective_of(level, window, whole) - solve_lp(whole).objective) < 1e-5
        ids = np.zeros(len(new), np.int32)
        for place, row in enumerate(new):
            tracklet = level.owner.get(row)
            if tracklet is not None and (tracklet.track or rng.random() < 0.5):
                ids[place] = tracklet.track or next_id
                next_id += not tracklet.track
        window.track[new.start - window.first :] = ids
        for row, track in zip(new, ids.tolist(), strict=True):
            if track:
                level.hold(row, track)
        level.drop(window.drop_before(number - 6))


def objective_of(level: FirstLevel, window: DetectionWindow, whole) -> float:
    """What the tracklets cost in the whole program."""
    used, next_row = np.zeros(len(window), bool), np.full(len(window), -1)
    for tracklet in level.tracklets():
        members = np.array(tracklet.members) - window.first
        used[members] = True
        next_row[members[:-1]] = members[1:]
    linked = next_row[whole.pairs.earlier] == whole.pairs.later
    assert linked.sum() == (next_row >= 0).sum()
    assert (used | (whole.detection > -CERTAIN)).all()
    return make_solution(whole, used, linked).objective
