"""How probable the links of tracks are, in the results of every mode that knows it."""

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constraints import must_link
from siamlink.tools.synthetic.street import crossing, reentry
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.link_probability import link_probabilities
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks


def pairs(*rows: tuple[int, int]) -> Pairs:
    earlier, later = np.array(rows, np.int64).reshape(-1, 2).T
    return Pairs(earlier, later)


def test_each_detection_has_the_probability_of_the_link_after_it():
    ids = np.array([1, 2, 1, 0, 2, 1])
    first = pairs((0, 2), (0, 4), (1, 4), (2, 4)), np.array([0.9, 0.1, 0.8, 0.2])
    second = pairs((1, 4), (2, 5)), np.array([0.6, 0.7])
    known = link_probabilities(ids, first, second)
    assert known.dtype == np.float32
    assert known == pytest.approx([0.9, 0.6, 0.7, np.nan, np.nan, np.nan], nan_ok=True)
    unknown = link_probabilities(ids, first)
    assert unknown == pytest.approx([0.9, 0.8, np.nan, np.nan, np.nan, np.nan], nan_ok=True)
    assert len(link_probabilities(np.zeros(0, np.int32), (pairs(), np.zeros(0)))) == 0


def check_links(tracks: Tracks, known_share: float, whole: bool = True) -> None:
    """The probabilities are those of tracks: none at the end of whole ones, the same over a gap, and mostly high."""
    for track_id in np.unique(tracks.track_id):
        one = tracks.of(track_id)
        if not whole:
            continue
        assert np.isnan(one.link_probability[-1])
        into_gap = np.flatnonzero(one.interpolated[1:-1]) + 1
        np.testing.assert_array_equal(one.link_probability[into_gap], one.link_probability[into_gap - 1])
    known = tracks.link_probability[~np.isnan(tracks.link_probability)]
    assert ((known >= 0) & (known <= 1)).all()
    assert len(known) > known_share * (len(tracks) - tracks.count)
    assert np.median(known) > 0.7


@pytest.mark.parametrize("solver", ["lp", "hungarian"])
@pytest.mark.parametrize("smooth", [True, False])
def test_one_level_offline(matcher, link_detections, solver, smooth):
    scene = crossing()
    found = scene.detections()
    dark = (found.frame >= 30) & (found.frame < 37)
    parameters = TrackerParameters(solver=solver, levels=1, gaps={"smooth": smooth, "extrapolate_seconds": 0})
    tracks = link_detections(found[~dark], scene.frame_rate, matcher, parameters)
    assert tracks.interpolated.any()
    check_links(tracks, 0.99)


def test_two_levels_offline_know_the_links_between_tracklets(two_levels, link_detections):
    scene = reentry()
    parameters = TrackerParameters(gaps={"extrapolate_seconds": 0})
    tracks = link_detections(scene.detections(), scene.frame_rate, two_levels, parameters)
    check_links(tracks, 0.99)


def test_in_a_window_each_final_box_knows_its_link(two_levels):
    scene = crossing()
    parameters = TrackerParameters(mode="windowed", gaps={"extrapolate_seconds": 0})
    tracker = LinearProgramTracker(TrackerSetup(scene.frame_rate, parameters, two_levels))
    tracks = Tracks.concatenate([*tracker.update_many(scene.detections()), tracker.finish()])
    check_links(tracks, 0.95, whole=False)


def test_calibrated_matching_offline_and_in_a_window(two_levels):
    scene = crossing(frame_count=90)
    for mode in ("offline", "windowed"):
        parameters = TrackerParameters(mode=mode, matching="calibrated", appearance="none")
        tracker = CalibratedTracker(TrackerSetup(scene.frame_rate, parameters, two_levels))
        tracks = Tracks.concatenate([*tracker.update_many(scene.detections()), tracker.finish()])
        check_links(tracks, 0.95, whole=mode == "offline")


def test_a_link_that_only_a_constraint_asks_for_has_no_probability(two_levels):
    scene = crossing(frame_count=90)
    found = scene.detections()
    keep = (found.frame < 5) | (found.frame > 85)
    rows = np.flatnonzero(keep)
    constraint = must_link(0, len(rows) - 1)
    for matching, kind in (("learned", LinearProgramTracker), ("calibrated", CalibratedTracker)):
        parameters = TrackerParameters(matching=matching, appearance="none", gaps={"interpolate": False})
        setup = TrackerSetup(scene.frame_rate, parameters, two_levels)
        tracker = kind(setup, constraints=[constraint])
        tracks = Tracks.concatenate([*tracker.update_many(found[rows]), tracker.finish()])
        joined = next(part for _, part in tracks.by_track() if part.frame[0] < 5 and part.frame[-1] > 85)
        before_gap = joined[joined.frame < 5]
        assert np.isnan(before_gap.link_probability[-1])
        assert not np.isnan(before_gap.link_probability[:-1]).any()
