import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing, reentry, street
from siamlink.tracker.linking.kalman_tracker import KalmanTracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

ONLINE = {"mode": "online", "solver": "hungarian"}
STILL = [[100, 100, 150, 220]]


@pytest.fixture
def new(matcher):
    """Make a tracker at 30 frames per second."""

    def made(**online: float) -> KalmanTracker:
        return KalmanTracker(TrackerSetup(30, TrackerParameters(**ONLINE, online=online), matcher))

    return made


def run(tracker: KalmanTracker, detections: Detections, last: int) -> Tracks:
    return Tracks.concatenate([tracker.update(detections.in_frame(k), frame_number=k) for k in range(1, last + 1)])


def stay(tracker: KalmanTracker, frames: int, box=STILL) -> set[int]:
    """Show the same boxes for some frames; the ids that were reported."""
    ids = [tracker.update(Detections.from_boxes(1, box, [0.9] * len(box))).track_id.tolist() for _ in range(frames)]
    return {each for found in ids for each in found}


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_crossing_objects_keep_their_ids(new, score, seed):
    scene = crossing(seed=seed)
    scores = score(scene.truth(), run(new(), scene.detections(), scene.frame_count))
    assert scores.IDSW == 0
    assert scores.MOTA > 80
    assert scores.FP < 15


@pytest.mark.parametrize("make", [reentry, street])
def test_ids_count_up_are_once_in_a_frame_and_never_come_back_after_their_end(new, make):
    scene = make(frame_count=120)
    tracks = run(new(), scene.detections(), 120)
    ids, first = np.unique(tracks.track_id, return_index=True)
    assert ids.tolist() == list(range(1, tracks.count + 1))
    assert (np.diff(tracks.frame[first]) >= 0).all()
    pairs = set(zip(tracks.frame.tolist(), tracks.track_id.tolist(), strict=True))
    assert len(pairs) == len(tracks) > 100
    for each in ids:
        life = np.sort(tracks.frame[tracks.track_id == each])
        assert np.diff(life).max(initial=1) <= 30
    assert not tracks.interpolated.any()


def test_boxes_are_those_of_the_detections(new):
    scene = crossing(frame_count=60)
    found = scene.detections()
    tracks = run(new(), found, 60)
    given = {tuple(row) for row in np.column_stack([found.frame, found.box, found.score]).tolist()}
    assert {tuple(row) for row in np.column_stack([tracks.frame, tracks.box, tracks.score]).tolist()} <= given
    assert len(tracks) > 60


def test_the_same_input_gives_the_same_bytes(new):
    found = street(frame_count=30).detections()
    assert run(new(), found, 30).to_mot_text() == run(new(), found, 30).to_mot_text() != ""


@pytest.mark.slow
@pytest.mark.parametrize(("block", "parts"), [(1, 83), (100, 8), (10**6, 1)])
@pytest.mark.parametrize("links", [3, 1000])
def test_known_frames_together_give_the_same_bytes(matcher, monkeypatch, block, parts, links):
    monkeypatch.setattr("siamlink.tracker.linking.kalman_tracker.BLOCK", block)
    found = street(frame_count=120).detections(false_rate=2)
    found = found[(found.frame < 40) | (found.frame > 55) & (found.frame < 100)]  # so nothing is seen for a while
    parameters = TrackerParameters(**ONLINE, gate={"max_link_frames": links})
    alone, together = (KalmanTracker(TrackerSetup(30, parameters, matcher)) for _ in range(2))
    blocks = list(together.update_many(found))
    assert Tracks.concatenate(blocks).to_mot_text() == run(alone, found, 120).to_mot_text() != ""
    assert len(blocks) == parts
    assert together.frame == 99


def test_known_frames_are_followed_after_others_and_before_others(new):
    found = crossing(frame_count=60).detections()
    tracker = new()
    first = run(tracker, found, 20)
    known = Tracks.concatenate(list(tracker.update_many(found[(found.frame > 20) & (found.frame <= 40)])))
    last = Tracks.concatenate([tracker.update(found.in_frame(k), frame_number=k) for k in range(41, 61)])
    assert Tracks.concatenate([first, known, last]).to_mot_text() == run(new(), found, 60).to_mot_text()
    assert list(new().update_many(Detections.empty())) == []


def test_the_order_within_a_frame_changes_numbers_only(new):
    found = crossing(frame_count=60).detections()
    order = np.random.default_rng(0).permutation(len(found))
    mixed = Detections(found.frame[order], found.box[order], found.score[order], found.label[order])
    groups = []
    for tracks in (run(new(), found, 60), run(new(), mixed, 60)):
        members = [tracks[tracks.track_id == each] for each in np.unique(tracks.track_id)]
        groups.append({tuple(np.column_stack([each.frame, each.box]).reshape(-1).tolist()) for each in members})
    assert groups[0] == groups[1]


def test_the_frame_number_is_the_next_one_unless_given(new):
    tracker = new()
    assert tracker.frame == 0
    tracker.update(Detections.from_boxes(17, STILL))
    assert tracker.frame == 1
    tracker.update(Detections.from_boxes(1, STILL), frame_number=5)
    found = tracker.update(Detections.from_boxes(1, STILL))
    assert tracker.frame == 6
    assert set(found.frame.tolist()) <= {6}


@pytest.mark.parametrize("frame", [0, -3, 4, 5])
def test_frame_numbers_must_grow(new, frame):
    tracker = new()
    tracker.update(Detections.empty(), frame_number=5)
    with pytest.raises(InputError, match=f"growing frame numbers: {frame} after 5"):
        tracker.update(Detections.empty(), frame_number=frame)
    assert tracker.frame == 5


@pytest.mark.slow
def test_skipped_frames_are_frames_without_detections(new):
    skipping, waiting = new(), new()
    assert stay(skipping, 15) == stay(waiting, 15) == {1}
    for _ in range(10):
        assert len(waiting.update(Detections.empty())) == 0
    assert skipping.update(Detections.from_boxes(1, STILL), frame_number=26).track_id.tolist() == [1]
    assert waiting.update(Detections.from_boxes(1, STILL)).track_id.tolist() == [1]
    assert waiting.frame == skipping.frame == 26


def test_after_a_gap_that_no_link_knows_the_predicted_box_brings_a_track_back(new):
    tracker = new()
    stay(tracker, 15)
    assert TrackerParameters().gate.gap_frames(30) < 25
    assert tracker.update(Detections.from_boxes(1, STILL), frame_number=40).track_id.tolist() == [1]


def test_a_track_moves_on_without_detections(new):
    for x, same in ((275, True), (155, False)):
        tracker = new()
        for frame in range(1, 31):
            tracker.update(at(5 * frame), frame_number=frame)
        assert (1 in tracker.update(at(x), frame_number=55).track_id) == same


def at(x: float) -> Detections:
    """The box so far to the right."""
    return Detections.from_boxes(1, np.array(STILL) + np.array([x, 0, x, 0]), [0.9])


def test_a_track_lost_for_too_long_is_closed_and_its_id_not_used_again(new):
    tracker = new(max_lost_seconds=1.0)
    assert stay(tracker, 15) == {1}
    tracker.update(Detections.empty(), frame_number=46)
    assert stay(tracker, 15) == {2}
    patient = new(max_lost_seconds=3.0)
    stay(patient, 15)
    patient.update(Detections.empty(), frame_number=46)
    assert stay(patient, 15) == {1}


def test_tracks_are_reported_once_there_is_evidence_enough(new):
    eager, hesitant, never = new(entry=0), new(entry=8), new(entry=100)
    shown = [
        [bool(len(tracker.update(Detections.from_boxes(1, STILL, [0.9])))) for _ in range(20)]
        for tracker in (eager, hesitant, never)
    ]
    assert shown[0].index(True) < shown[1].index(True)
    for each in shown[:2]:
        assert all(each[each.index(True) :])
    assert not any(shown[2])


def test_without_detections_there_are_no_tracks(new):
    tracker = new()
    for frame in range(1, 100):
        found = tracker.update(Detections.empty())
        assert isinstance(found, Tracks)
        assert len(found) == 0
        assert tracker.frame == frame


def test_equal_boxes_in_a_frame_are_one(new):
    tracker = new()
    assert stay(tracker, 15, STILL * 5) == {1}


def test_a_crowded_frame(new):
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 3000, (300, 2))
    box = np.hstack([corner, corner + np.array([20, 50])])
    tracker = new()
    for _ in range(4):
        found = tracker.update(Detections.from_boxes(1, box, np.full(300, 0.9)))
        assert len(set(found.track_id.tolist())) == len(found)
    assert len(found) > 200
    assert sorted(found.track_id.tolist())[-1] <= 300


def test_detections_of_several_frames_are_refused_and_nothing_is_lost(new):
    tracker = new()
    stay(tracker, 10)
    several = Detections([1, 2], STILL * 2, [1, 1], [0, 0])
    for given, message in (
        (several, "the rows belong to several frames"),
        ("boxes", "does not consist of numbers"),
        (np.zeros((2, 3)), r"its shape is \(2, 3\)"),
        ([[5, 5, 1, 9, 1]], "box without area"),
    ):
        with pytest.raises(InputError, match=f"cannot track the detections of frame 11: .*{message}") as caught:
            tracker.update(given)
        assert "\n" not in str(caught.value)
    assert tracker.frame == 10
    assert stay(tracker, 1) == {1}


def test_arrays_of_rows_are_taken_too(new):
    tracker = new()
    for _ in range(10):
        found = tracker.update(np.array([[*STILL[0], 0.9, 3]]))
    assert isinstance(found, Tracks)
    assert found.track_id.tolist() == [1]
    assert found.label.tolist() == [3]
    assert len(tracker.update(np.zeros((0, 5)))) == 0


@pytest.mark.parametrize("frame_rate", [0, -1, float("nan"), float("inf")])
def test_the_frame_rate_must_be_above_zero(matcher, frame_rate):
    with pytest.raises(ConfigError, match="frame rate must be a number above 0"):
        KalmanTracker(TrackerSetup(frame_rate, TrackerParameters(**ONLINE), matcher))
