"""The online tracker against the one that solves the whole window anew in every frame."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, reentry, street
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.make_tracker import make_tracker
from siamlink.tracker.linking.online.tracker import OnlineProgramTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters

PARAMETERS = TrackerParameters(mode="online", matching="learned", appearance="none")


def assert_the_same(found: Detections, last: int, matcher: Matcher, rate: float = 30, every: int = 1) -> int:
    """Compare both trackers frame by frame; returns how many boxes they gave."""
    setup = TrackerSetup(rate, PARAMETERS, matcher, (640, 480), collects_left_out=True)
    anew, tracker = LinearProgramTracker(setup), make_tracker(replace(setup, stopwatch=Stopwatch()))
    assert isinstance(tracker, OnlineProgramTracker)
    count = 0
    for frame in range(every, last + 1, every):
        one, other = (each.update(found.in_frame(frame), frame_number=frame) for each in (anew, tracker))
        order, other_order = np.argsort(one.track_id), np.argsort(other.track_id)
        assert one.track_id[order].tolist() == other.track_id[other_order].tolist()
        assert one.row[order].tolist() == other.row[other_order].tolist()
        assert np.abs(one.box[order] - other.box[other_order]).max(initial=0) < 0.05
        assert anew.last_ids.tolist() == tracker.last_ids.tolist()
        count += len(one)
    assert anew.left_out.take().counts == tracker.left_out.take().counts
    late, other_late = anew.late_links.take(), tracker.late_links.take()
    rank, other_rank = (np.lexsort((each.frame, each.track_id)) for each in (late, other_late))
    for name in ("track_id", "frame", "probability"):
        np.testing.assert_array_equal(getattr(late, name)[rank], getattr(other_late, name)[other_rank])
    return count


@pytest.mark.slow
@pytest.mark.parametrize("make", [street, crossing, reentry])
def test_scenes_get_the_tracks_of_solving_anew(two_levels, make) -> None:
    scene = make(frame_count=110)
    found = scene.detections(miss_rate=0.25, false_rate=1.5)
    assert assert_the_same(found, 110, two_levels) > 100


@pytest.mark.slow
def test_classes_that_the_detector_confuses(two_levels) -> None:
    found = street(frame_count=100, seed=3).detections(miss_rate=0.2, false_rate=1)
    rng = np.random.default_rng(0)
    assert_the_same(found.with_label(rng.choice([0, 0, 0, 0, 2], len(found)).astype(np.int16)), 100, two_levels)


@pytest.mark.parametrize("every", [2, 5])
def test_a_detector_that_skips_frames(two_levels, every) -> None:
    """The stride becomes known after some frames; then all pairs are scored again."""
    scene = street(frame_count=90, seed=1)
    found = scene.detections(miss_rate=0.1)
    assert_the_same(found[found.frame % every == 0], 90, two_levels, every=every)


@st.composite
def streams(draw) -> Detections:
    """Objects that move at constant speed, are missed at times, end and begin, among boxes at random."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    people, frames = draw(st.integers(1, 4)), 24
    place, speed = rng.uniform(60, 300, (people, 2)), rng.uniform(-8, 8, (people, 2))
    gone, rows = rng.integers(0, frames, people), []
    for frame in range(1, frames + 1):
        present = (rng.random(people) > 0.25) & (np.abs(frame - gone) > 4)
        centre = (place + speed * frame + rng.normal(0, 2, (people, 2)))[present]
        more = rng.uniform(40, 320, (rng.integers(0, 3), 2))
        rows += [(frame, x - 15, y - 40, x + 15, y + 40) for x, y in np.concatenate([centre, more])]
    table = np.array(rows, np.float64).reshape(-1, 5)
    score = rng.uniform(0.2, 1, len(table))
    return Detections(table[:, 0], table[:, 1:], score.astype(np.float32), np.zeros(len(table), np.int16))


@settings(max_examples=10)
@given(found=streams())
def test_random_streams_get_the_tracks_of_solving_anew(two_levels, found) -> None:
    assert_the_same(found, 24, two_levels)
