from dataclasses import replace

import numpy as np
import pytest

from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.association.solvers.costs import CostParameters
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.boxes import suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, occlusion, reentry, street
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

LP, HUNGARIAN = TrackerParameters(), TrackerParameters(solver="hungarian")
EVERYTHING = CostParameters(detection_bias=-20)
"""Costs under which it pays to explain every detection."""


@pytest.fixture(scope="module")
def link(matcher, link_detections):
    def linked(detections, parameters=LP, frame_rate=30.0, stopwatch=None) -> Tracks:
        return link_detections(detections, frame_rate, matcher, parameters, stopwatch)

    return linked


def check_ids(tracks: Tracks) -> None:
    """Ids count from 1 without holes in the order of appearance, and occur once in a frame."""
    ids, first = np.unique(tracks.track_id[~tracks.interpolated], return_index=True)
    assert ids.tolist() == list(range(1, tracks.count + 1))
    assert (np.diff(tracks.frame[~tracks.interpolated][first]) >= 0).all()
    pairs = set(zip(tracks.frame.tolist(), tracks.track_id.tolist(), strict=True))
    assert len(pairs) == len(tracks)


@pytest.mark.parametrize("parameters", [LP, HUNGARIAN], ids=["lp", "hungarian"])
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_crossing_objects_keep_their_ids(link, score, parameters, seed):
    scene = crossing(seed=seed)
    tracks = link(scene.detections(), parameters)
    scores = score(scene.truth(), tracks)
    check_ids(tracks)
    assert (tracks.count, scores.IDSW) == (2, 0)
    assert scores.MOTA > 95
    assert scores.IDF1 > 95


@pytest.mark.parametrize("parameters", [LP, HUNGARIAN], ids=["lp", "hungarian"])
@pytest.mark.parametrize("seed", [0, 2, 3])
def test_a_blackout_of_a_quarter_of_a_second_is_bridged(link, score, parameters, seed):
    scene = crossing(seed=seed)
    found = scene.detections()
    dark = (found.frame >= 30) & (found.frame < 37)
    tracks = link(found[~dark], parameters)
    scores = score(scene.truth(), tracks)
    assert (tracks.count, scores.IDSW) == (2, 0)
    filled = tracks[(tracks.frame >= 30) & (tracks.frame < 37)]
    assert filled.interpolated.all()
    assert np.bincount(filled.frame)[30:].tolist() == [2] * 7


def test_a_gap_that_is_too_improbable_is_not_bridged(matcher, link_detections):
    scene = crossing()
    found = scene.detections()
    lit = found[(found.frame < 30) | (found.frame >= 33)]
    often, never = (replace(matcher, gaps=GapPrior(np.array(each))) for each in ([0.7, 0.1, 0.1, 0.1], [1, 1e-9]))
    bridged = link_detections(lit, scene.frame_rate, often, TrackerParameters(levels=1))
    assert (bridged.count, bridged.interpolated[(bridged.frame >= 30) & (bridged.frame < 33)].all()) == (2, True)
    cut = link_detections(lit, scene.frame_rate, never, TrackerParameters(levels=1))
    assert cut.count > 2
    assert not cut.interpolated[cut.frame < 100].any(), "later boxes may be extrapolated"


def test_after_a_gap_longer_than_the_longest_link_an_object_has_a_new_id(link, score):
    scene = occlusion()
    hidden = np.flatnonzero(scene.visibility() < 0.1)
    tracks = link(scene.detections())
    scores = score(scene.truth(), tracks)
    check_ids(tracks)
    assert len(hidden) > LP.gate.gap_frames(30)
    assert (tracks.count, scores.IDSW, scores.FP) == (2, 1, 0)
    assert scores.FN - len(hidden) < 20


def test_an_object_that_leaves_gets_a_new_id_and_the_other_keeps_its_own(link, score):
    scene = reentry()
    truth = scene.truth()
    leaves = next(each for each in (1, 2) if np.diff(truth.frame[truth.track_id == each]).max() > 1)
    tracks = link(scene.detections())
    check_ids(tracks)
    alone = {each: truth[truth.track_id == each] for each in (1, 2)}
    assert score(alone[leaves], tracks).IDSW == 1
    assert score(alone[3 - leaves], tracks).IDSW == 0
    assert score(truth, tracks).MOTA > 90


def test_a_street_is_tracked_and_false_detections_are_left_out(link, score):
    scene = street(frame_count=150)
    tracks = link(scene.detections())
    scores = score(scene.truth(), tracks)
    check_ids(tracks)
    assert scores.MOTA > 90
    assert scores.FP < 20
    assert len(scene.people) <= tracks.count < 3 * len(scene.people)


def test_without_gap_filling_only_detections_are_left(link):
    found = crossing().detections()
    tracks = link(found, TrackerParameters(gaps={"interpolate": False, "smooth": False}))
    assert not tracks.interpolated.any()
    boxes = {tuple(row) for row in np.column_stack([found.frame, found.box]).tolist()}
    assert {tuple(row) for row in np.column_stack([tracks.frame, tracks.box]).tolist()} <= boxes
    smoothed = link(found, TrackerParameters(gaps={"interpolate": False}))
    assert not smoothed.interpolated.any()
    np.testing.assert_array_equal(smoothed.track_id, tracks.track_id)
    assert 0 < np.abs(smoothed.box - tracks.box).mean() < 5
    filled = link(found, TrackerParameters(gaps={"smooth": False}))
    assert len(filled) > len(tracks)
    real = filled[~filled.interpolated]
    np.testing.assert_array_equal(real.box, tracks.box)
    np.testing.assert_array_equal(real.track_id, tracks.track_id)


def test_short_tracks_are_dropped(link):
    found = street(frame_count=60).detections()
    for least in (1, 3, 15):
        tracks = link(found, TrackerParameters(min_detections=least))
        check_ids(tracks)
        assert np.bincount(tracks.track_id[~tracks.interpolated])[1:].min() >= least
    assert link(found, TrackerParameters(min_detections=1000)).count == 0


@pytest.mark.parametrize("parameters", [LP, HUNGARIAN], ids=["lp", "hungarian"])
def test_no_detections_give_no_tracks(link, parameters):
    tracks = link(Detections.empty(), parameters)
    assert isinstance(tracks, Tracks)
    assert len(tracks) == 0


@pytest.mark.parametrize("parameters", [LP, HUNGARIAN], ids=["lp", "hungarian"])
@pytest.mark.parametrize("least", [1, 3])
def test_one_detection_makes_at_most_a_track_of_one(link, parameters, least):
    one = Detections.from_boxes(7, [[0, 0, 20, 50]])
    tracks = link(one, parameters.model_copy(update={"min_detections": least, "costs": EVERYTHING}))
    assert tracks.track_id.tolist() == ([1] if least == 1 else [])


def test_equal_boxes_in_every_frame_are_one_track(link):
    count = 40
    still = Detections(np.arange(1, count + 1), np.tile([10, 10, 40, 90], (count, 1)), np.ones(count), np.zeros(count))
    doubled = Detections.concatenate([still, still, still])
    tracks = link(doubled, LP.model_copy(update={"costs": EVERYTHING}))
    assert tracks.track_id.tolist() == [1] * count
    assert tracks.frame.tolist() == still.frame.tolist()
    np.testing.assert_array_equal(tracks.box, still.box)


def test_a_crowded_frame(link):
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 1000, (300, 2))
    box = np.hstack([corner, corner + np.array([20, 50])])
    crowd = Detections.concatenate([Detections.from_boxes(frame, box + frame, rng.random(300)) for frame in (1, 2, 3)])
    tracks = link(crowd, LP.model_copy(update={"costs": EVERYTHING}))
    check_ids(tracks)
    assert tracks.count > 150
    alone = link(crowd.in_frame(2), LP.model_copy(update={"costs": EVERYTHING, "min_detections": 1}))
    assert alone.track_id.tolist() == list(range(1, len(suppress_overlaps(crowd.in_frame(2), 0.45)) + 1))


@pytest.mark.parametrize("parameters", [LP, HUNGARIAN], ids=["lp", "hungarian"])
def test_the_same_detections_in_any_order_give_the_same_bytes(link, parameters):
    found = street(frame_count=60).detections()
    assert len(np.unique(found.score[found.score < 0.99])) == (found.score < 0.99).sum()
    text = link(found, parameters).to_mot_text()
    assert link(found, parameters).to_mot_text() == text
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(found))
        mixed = Detections(found.frame[order], found.box[order], found.score[order], found.label[order])
        tracks = link(mixed, parameters)
        assert sorted_rows(tracks) == sorted_rows(link(found, parameters))


def sorted_rows(tracks: Tracks) -> list[tuple[float, ...]]:
    """Frames, boxes and who belongs together, without the numbers of the tracks."""
    first = {
        each: rows.min() for each in np.unique(tracks.track_id) for rows in [np.flatnonzero(tracks.track_id == each)]
    }
    begin = np.array([tracks.box[first[each]].tolist() for each in tracks.track_id.tolist()])
    return sorted(map(tuple, np.column_stack([tracks.frame, tracks.box, tracks.interpolated, begin]).tolist()))


def test_later_frame_numbers_and_frames_without_detections_change_nothing(link):
    found = crossing().detections()
    later = Detections(found.frame + 100_000, found.box, found.score, found.label)
    tracks, moved = link(found), link(later)
    np.testing.assert_array_equal(moved.frame, tracks.frame + 100_000)
    np.testing.assert_array_equal(moved.track_id, tracks.track_id)


def test_the_stages_are_timed(link):
    stopwatch = Stopwatch()
    link(crossing(frame_count=10).detections(), stopwatch=stopwatch)
    assert list(stopwatch.seconds) == ["features", "boosting", "solve", "gaps"]
    assert all(seconds > 0 for seconds in stopwatch.seconds.values())
