"""The public trackers: modes, tracking without delay by either solver, and what may come in."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from siamlink.association.solvers.constraints import cannot_link
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tools.studies.benchmarks.stream import Walkers
from siamlink.tools.synthetic.street import crossing, reentry, street
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

STILL = [[100, 100, 150, 220]]


@pytest.fixture(params=["lp", "hungarian"])
def solver(request) -> str:
    return request.param


@pytest.fixture
def new(matcher, two_levels, solver):
    """Make an online tracker at 30 frames per second."""

    def made(**settings: object) -> OnlineTracker:
        parameters = TrackerParameters(mode="online", matching="learned", solver=solver, **settings)
        return OnlineTracker(30, parameters, matcher if solver == "hungarian" else two_levels)

    return made


def run(tracker: OnlineTracker, detections: Detections, last: int) -> Tracks:
    return Tracks.concatenate([tracker.update(detections.in_frame(k), frame_number=k) for k in range(1, last + 1)])


@pytest.mark.parametrize("kind", [OfflineTracker, WindowedTracker, OnlineTracker])
def test_a_wrong_keyword_is_named_with_the_right_one(kind, matcher):
    with pytest.raises(ConfigError, match=rf"^{kind.__name__}\(\): .* 'fps'; did you mean 'frame_rate'\?$"):
        kind(fps=30)
    with pytest.raises(ConfigError, match=rf"^{kind.__name__}.update\(\): .* 'img'; did you mean 'image'\?$"):
        kind(30, TrackerParameters(matching="learned"), matcher).update(STILL, img=None)


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_crossing_objects_mostly_keep_their_ids(new, score, seed):
    scene = crossing(seed=seed)
    scores = score(scene.truth(), run(new(), scene.detections(), scene.frame_count))
    assert scores.IDSW <= 1
    assert scores.MOTA > 75
    assert scores.FP < 30


@pytest.mark.slow
@pytest.mark.parametrize("make", [reentry, street])
def test_ids_count_up_and_are_once_in_a_frame(new, make):
    scene = make(frame_count=120)
    tracks = run(new(), scene.detections(), 120)
    ids, first = np.unique(tracks.track_id, return_index=True)
    assert ids.tolist() == list(range(1, tracks.count + 1))
    assert (np.diff(tracks.frame[first]) >= 0).all()
    pairs = set(zip(tracks.frame.tolist(), tracks.track_id.tolist(), strict=True))
    assert len(pairs) == len(tracks) > 100


@pytest.mark.slow
def test_nothing_later_matters(new):
    one, other = (street(frame_count=60, seed=seed).detections() for seed in (0, 1))
    parted = Detections.concatenate([one[one.frame <= 40], other[other.frame > 40]])
    first, second = run(new(), one, 60), run(new(), parted, 60)
    assert first[first.frame <= 40].to_mot_text() == second[second.frame <= 40].to_mot_text() != ""


def test_only_the_tracks_of_the_present_frame_are_given_and_finish_adds_none(new):
    found, tracker = crossing(frame_count=40).detections(), new()
    for frame in range(1, 41):
        assert set(tracker.update(found.in_frame(frame), frame_number=frame).frame.tolist()) <= {frame}
        assert tracker.frame == tracker.final_frame == frame
    assert len(tracker.finish()) == 0
    assert set(tracker.update(Detections.empty(), frame_number=90).frame.tolist()) <= {90}


@pytest.mark.slow
def test_the_linear_program_is_nearly_that_of_a_window_without_delay(two_levels):
    """Online, a pair keeps the probability that it had when it was scored, so a track may begin a few frames later."""
    found = street(frame_count=50).detections()
    window = WindowedTracker(30, TrackerParameters(mode="windowed", matching="learned", latency_seconds=0), two_levels)
    patient = {"tracklet_entry": 2.5, "min_seconds": 0.2}
    tracker = OnlineTracker(30, TrackerParameters(mode="online", matching="learned", online=patient), two_levels)
    there, here = (
        {
            (frame, row)
            for frame in range(1, 51)
            for row in each.update(found.in_frame(frame), frame_number=frame).row.tolist()
        }
        for each in (window, tracker)
    )
    assert len(there & here) > 0.9 * len(there | here)
    assert tracker.open_count == window.open_count > 0


def test_a_track_is_extrapolated_for_a_moment_and_then_continued(two_levels):
    """A person walks to the right and is not detected for some frames."""
    tracker = OnlineTracker(30, TrackerParameters(mode="online", matching="learned"), two_levels)
    people = Walkers(people=3, pillar=0, miss_rate=0, false_rate=0)
    found = [each for each, _ in people.frames(80)]
    for frame in range(40):
        before = tracker.update(found[frame])
    assert (before.count, before.interpolated.any()) == (3, False)
    for frame in range(40, 49):
        carried = tracker.update(Detections.empty())
        assert (carried.count, carried.interpolated.all()) == (3, True)
        middle = (carried.box[:, 0] + carried.box[:, 2]) / 2
        truth = (found[frame].box[:, 0] + found[frame].box[:, 2]) / 2
        np.testing.assert_allclose(np.sort(middle), np.sort(truth), atol=found[frame].height.max() / 4)
    for _ in range(49, 56):
        after = tracker.update(Detections.empty())
    assert len(after) == 0, "nothing is known of them any more"
    for frame in range(56, 80):
        back = tracker.update(found[frame])
    assert set(back.track_id.tolist()) == set(before.track_id.tolist())


def test_detections_that_cannot_be_used_are_refused_and_nothing_is_lost(new):
    tracker = new()
    for _ in range(20):
        tracker.update(Detections.from_boxes(1, STILL, [0.9]))
    for given, message in (("boxes", "does not consist of numbers"), ([[5, 5, 1, 9, 1]], "box without area")):
        with pytest.raises(InputError, match=f"cannot track the detections of frame 21: .*{message}"):
            tracker.update(given)
    with pytest.raises(InputError, match="growing frame numbers: 4 after 20"):
        tracker.update(Detections.empty(), frame_number=4)
    assert tracker.frame == 20
    assert tracker.update(np.array([[*STILL[0], 0.9, 3]])).track_id.tolist() == [1]


@pytest.mark.parametrize("frame_rate", [0, -1, float("nan"), float("inf")])
def test_the_frame_rate_must_be_above_zero(matcher, frame_rate):
    with pytest.raises(ConfigError, match="frame rate must be a number above 0"):
        OnlineTracker(frame_rate, matcher=matcher)


def test_supervision_comes_back_with_tracker_ids(new, monkeypatch):
    module = ModuleType("supervision")
    module.Detections = SimpleNamespace
    monkeypatch.setitem(sys.modules, "supervision", module)
    tracker = new()
    box = np.array([STILL[0], [400, 100, 450, 220]], float)
    for _ in range(25):
        found = tracker.update(SimpleNamespace(xyxy=box, confidence=np.array([0.9, 0.9]), class_id=np.array([0, 2])))
    assert set(vars(found)) == {"xyxy", "confidence", "class_id", "tracker_id"}
    assert sorted(found.tracker_id.tolist()) == [1, 2]
    assert found.xyxy.tolist() == box.tolist()
    assert found.class_id.tolist() == [0, 2]
    nothing = SimpleNamespace(xyxy=np.zeros((0, 4)), confidence=None, class_id=None)
    assert tracker.update(nothing).tracker_id.tolist() == []


class Labelled(SimpleNamespace):
    """Like supervision's detections: rows can be picked, and what else is known of them comes along."""

    def __getitem__(self, rows):
        return Labelled(**{name: value[rows] for name, value in vars(self).items()})


def test_what_else_supervision_knows_of_the_detections_comes_along(new):
    tracker = new()
    box = np.array([[405, 100, 455, 220], STILL[0], [400, 100, 450, 220]], float)
    score, names = np.array([0.5, 0.9, 0.9]), np.array(["double", "first", "second"])
    for _ in range(25):
        given = Labelled(xyxy=box, confidence=score, class_id=np.zeros(3, int), class_name=names)
        found = tracker.update(given)
    assert found.class_name.tolist() == ["first", "second"], "the double is suppressed"
    assert found.xyxy.tolist() == box[1:].tolist()
    assert sorted(found.tracker_id.tolist()) == [1, 2]
    assert not hasattr(given, "tracker_id")


def test_supervision_needs_its_package(new, monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(InputError, match="pip install supervision"):
        new().update(SimpleNamespace(xyxy=np.array(STILL, float), confidence=None, class_id=None))


TRACKERS = {"offline": OfflineTracker, "windowed": WindowedTracker, "online": OnlineTracker}


@pytest.mark.parametrize("mode", TRACKERS)
@pytest.mark.parametrize("other", TRACKERS)
def test_parameters_of_another_mode_are_refused(two_levels, mode, other):
    if mode == other:
        assert TRACKERS[mode](30, TrackerParameters(mode=mode), two_levels).parameters.mode == mode
        return
    with pytest.raises(ConfigError, match=f"tracks in mode {mode}, but the parameters say mode={other}"):
        TRACKERS[mode](30, TrackerParameters(mode=other), two_levels)


@pytest.mark.parametrize("mode", TRACKERS)
def test_parameters_without_a_mode_are_those_of_the_tracker(two_levels, mode):
    found = street(frame_count=40).detections()
    texts = []
    for parameters in (TrackerParameters(min_detections=4), TrackerParameters(mode=mode, min_detections=4)):
        tracker = TRACKERS[mode](30, parameters, two_levels)
        parts = [tracker.update(found.in_frame(k), frame_number=k) for k in range(1, 41)]
        texts.append(Tracks.concatenate([*parts, tracker.finish()]).to_mot_text())
        assert (tracker.frame, tracker.final_frame) == (40, 40)
    assert texts[0] == texts[1] != ""


def test_offline_no_track_is_final_before_the_end(two_levels):
    found, tracker = street(frame_count=40).detections(), OfflineTracker(30, matcher=two_levels)
    for frame in range(1, 41):
        assert len(tracker.update(found.in_frame(frame))) == 0
        assert tracker.final_frame == 0
        assert tracker.last_ids.tolist() == [0] * len(found.in_frame(frame))
    assert len(tracker.finish()) > 0


def test_constraints_are_obeyed_in_a_window_and_refused_online(two_levels):
    found = crossing(frame_count=60).detections()
    chosen = np.flatnonzero(found.frame == 10)[0], np.flatnonzero(found.frame == 50)[0]
    raw, constraints = TrackerParameters(gaps={"smooth": False}), [cannot_link(*chosen)]
    tracker = WindowedTracker(30, raw, two_levels, constraints=constraints)
    parts = [tracker.update(found.in_frame(k)) for k in range(1, 61)]
    tracks = Tracks.concatenate([*parts, tracker.finish()])
    first, second = (tracks.track_id[(tracks.box == found.box[row]).all(axis=1)] for row in chosen)
    assert first.tolist() != second.tolist()
    with pytest.raises(ConfigError, match="constraints need mode offline or windowed and solver lp, not mode online"):
        OnlineTracker(30, None, two_levels, constraints=constraints)


@pytest.mark.parametrize("former", ["frame", "image", "number"])
def test_the_former_way_to_give_a_frame_is_accepted_with_a_warning(new, former):
    tracker, image = new(), np.zeros((4, 4, 3), np.uint8)
    given = {"frame": Frame(7, 0.6, image), "image": image, "number": 7}[former]
    with pytest.warns(FutureWarning, match="update\\(detections, image=..., frame_number=...\\)") as caught:
        tracker.update(Detections.empty(), frame=given)
    assert caught[0].filename == __file__
    assert tracker.frame == (1 if former == "image" else 7)
    if former != "image":
        with pytest.warns(FutureWarning):
            tracker.update(Detections.empty(), Frame(9, 0.6, image) if former == "frame" else 9)
        assert tracker.frame == 9


@pytest.mark.parametrize("wrong", [{"image": "7"}, {"image": 3.0}, {"frame_number": 3.0}, {"frame_number": "7"}])
def test_anything_else_is_refused(new, wrong):
    with pytest.raises(InputError, match=r"the image is a \w+, not a NumPy array|expected a whole frame number"):
        new().update(Detections.empty(), **wrong)
