"""The online tracker beside the one that scores and solves the whole window anew in every frame."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, reentry, street
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.make_tracker import make_tracker
from siamlink.tracker.linking.online.tracker import OnlineProgramTracker
from siamlink.tracker.linking.protocol import Tracker, TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

PARAMETERS = TrackerParameters(mode="online", matching="learned", appearance="none")
Link = tuple[tuple[int, int], tuple[int, int]]


def setup(matcher: Matcher) -> TrackerSetup:
    return TrackerSetup(30, PARAMETERS, matcher, (640, 480), stopwatch=Stopwatch(), collects_left_out=True)


def run(tracker: Tracker, found: Detections, last: int, every: int = 1) -> Tracks:
    """Track frame by frame."""
    frames = range(every, last + 1, every)
    return Tracks.concatenate([tracker.update(found.in_frame(frame), frame_number=frame) for frame in frames])


def links(tracks: Tracks) -> set[Link]:
    """Each detection in a track and the next one, by frame and row."""
    detected = tracks[~tracks.interpolated]
    nodes = [list(zip(each.frame.tolist(), each.row.tolist(), strict=True)) for _, each in detected.by_track()]
    return {link for track in nodes for link in pairwise(track)}


def share_of_the_same_links(matcher: Matcher, found: Detections, last: int, every: int = 1) -> float:
    """Of all links of both trackers, those that both have made."""
    anew, tracker = LinearProgramTracker(setup(matcher)), make_tracker(setup(matcher))
    assert isinstance(tracker, OnlineProgramTracker)
    one, other = (links(run(each, found, last, every)) for each in (anew, tracker))
    assert len(one) > 20
    return len(one & other) / len(one | other)


@pytest.mark.slow
@pytest.mark.parametrize("make", [street, crossing, reentry])
def test_scenes_get_nearly_the_tracks_of_solving_anew(two_levels, make) -> None:
    """Not all of them: pairs keep the probabilities that they had when they were scored."""
    found = make(frame_count=110).detections(miss_rate=0.25, false_rate=1.5)
    assert share_of_the_same_links(two_levels, found, 110) > 0.95


@pytest.mark.slow
def test_classes_that_the_detector_confuses(two_levels) -> None:
    found = street(frame_count=100, seed=3).detections(miss_rate=0.2, false_rate=1)
    label = np.random.default_rng(0).choice([0, 0, 0, 0, 2], len(found)).astype(np.int16)
    assert share_of_the_same_links(two_levels, found.with_label(label), 100) > 0.95


@pytest.mark.parametrize("every", [2, 5])
def test_a_detector_that_skips_frames(two_levels, every) -> None:
    """The stride becomes known after some frames; then all pairs are scored again."""
    found = street(frame_count=90, seed=1).detections(miss_rate=0.1)
    assert share_of_the_same_links(two_levels, found[found.frame % every == 0], 90, every) > 0.95


@pytest.mark.parametrize("seed", [4, 5])
def test_every_detection_is_in_a_track_or_left_out_once(two_levels, seed) -> None:
    found = street(frame_count=60, seed=seed).detections(miss_rate=0.3, false_rate=2)
    tracker = make_tracker(setup(two_levels))
    tracks, left_out = run(tracker, found, 60), tracker.left_out.take().detections
    detected = tracks[~tracks.interpolated]
    assert len(set(zip(tracks.frame.tolist(), tracks.track_id.tolist(), strict=True))) == len(tracks)
    assert len(set(zip(detected.frame.tolist(), detected.row.tolist(), strict=True))) == len(detected)
    assert len(detected) + len(left_out) == len(found)
    begin = [int(tracks.frame[tracks.track_id == each].min()) for each in np.unique(tracks.track_id)]
    assert begin == sorted(begin)
    late = tracker.late_links.take()
    assert len(late.frame) == len(links(tracks))


def test_frames_at_once_have_the_same_tracks(two_levels) -> None:
    found = street(frame_count=50, seed=2).detections(miss_rate=0.2, false_rate=1)
    one, many = make_tracker(setup(two_levels)), make_tracker(replace(setup(two_levels), stride=1))
    before = run(one, found, 50)
    after = Tracks.concatenate(list(many.update_many(found)))
    for name in ("frame", "track_id", "box"):
        assert getattr(before, name).tobytes() == getattr(after, name).tobytes()
