"""How probable the links of tracks are, in the results of every mode that knows it."""

import numpy as np
import pytest

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.solvers.constraints import must_link
from siamlink.detectors.mot.text import format_rows
from siamlink.tools.synthetic.street import crossing, reentry
from siamlink.tracker import track
from siamlink.tracker.linking.calibrated_tracker import CalibratedTracker
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.link_probability import LateLinks, link_probabilities, next_in_track
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
    following = next_in_track(ids)
    assert following.tolist() == [2, 4, 5, -1, -1, -1]
    known = link_probabilities(following, first, second)
    assert known.dtype == np.float32
    assert known == pytest.approx([0.9, 0.6, 0.7, np.nan, np.nan, np.nan], nan_ok=True)
    unknown = link_probabilities(following, first)
    assert unknown == pytest.approx([0.9, 0.8, np.nan, np.nan, np.nan, np.nan], nan_ok=True)
    assert len(link_probabilities(np.zeros(0, np.int64), (pairs(), np.zeros(0)))) == 0


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


def test_late_links_reach_the_box_before_and_those_interpolated_after_it():
    frame, ids = np.array([1, 2, 3, 4, 1, 2, 3]), np.array([1, 1, 1, 1, 2, 2, 2])
    marks = np.array([False, True, True, False, False, False, True])
    box = np.tile([0, 0, 10, 20], (7, 1))
    stale = np.array([np.nan, 0.3, 0.3, 0.9, 0.5, 0.6, 0.6])
    tracks = Tracks(frame, box, np.ones(7), np.zeros(7), ids, marks, stale)
    late = LateLinks(np.array([1, 3, 2]), np.array([1, 1, 9]), np.array([0.8, 0.1, 0.2], np.float32))
    by_id = {track_id: part.link_probability for track_id, part in late.set_in(tracks).by_track()}
    assert by_id[1] == pytest.approx([0.8, 0.8, 0.8, np.nan], nan_ok=True)
    assert by_id[2] == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
    assert len(LateLinks.joined([]).set_in(Tracks.empty())) == 0


@pytest.mark.parametrize("matching", ["learned", "calibrated", "auto"])
@pytest.mark.parametrize("mode", ["windowed", "online"])
def test_results_know_links_that_were_found_after_their_boxes_were_final(tmp_path, mode, matching):
    scene = crossing(frame_count=90)
    (tmp_path / "det").mkdir()
    (tmp_path / "det" / "det.txt").write_text(format_rows(scene.detections(0.1)))
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nframeRate=30\nseqLength=90\n")
    result = track(tmp_path, mode=mode, matching=matching, appearance="none")
    assert result.tracks.count >= 2
    check_links(result.tracks, 0.9)
