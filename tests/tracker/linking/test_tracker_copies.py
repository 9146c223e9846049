"""Trackers begin again, are stored and continued, and share one matcher."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import numpy as np
import pytest

from siamlink.association.appearance.loading import load_appearance
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import cannot_link
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import Scene, street
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

FRAMES, STORED_AFTER = 50, 27
TRACKERS = {"offline": OfflineTracker, "windowed": WindowedTracker, "online": OnlineTracker}
AnyTracker = OfflineTracker | WindowedTracker | OnlineTracker


def as_bytes(tracks: Tracks) -> list[bytes]:
    return [getattr(tracks, name).tobytes() for name in Tracks._dtypes]


def run(tracker: AnyTracker, found: Detections, first: int = 1, last: int = FRAMES) -> list[Tracks]:
    return [tracker.update(found.in_frame(frame), frame_number=frame) for frame in range(first, last + 1)]


def whole(tracker: AnyTracker, found: Detections) -> list[bytes]:
    return as_bytes(Tracks.concatenate([*run(tracker, found), tracker.finish()]))


@pytest.fixture(scope="module")
def found() -> Detections:
    return street(frame_count=FRAMES).detections()


@pytest.fixture(params=["learned", "calibrated", "auto", "hungarian"])
def settings(request) -> dict[str, str]:
    if request.param == "hungarian":
        return {"matching": "learned", "solver": "hungarian"}
    return {"matching": request.param}


@pytest.fixture(params=TRACKERS)
def new(request, settings, two_levels):
    """Make a tracker of a mode and matching, without appearance."""
    matcher = None if settings["matching"] == "auto" else two_levels
    return lambda: TRACKERS[request.param](30, TrackerParameters(appearance="none", **settings), matcher)


@pytest.mark.slow
def test_a_tracker_that_was_reset_tracks_as_a_new_one(new, found) -> None:
    tracker = new()
    run(tracker, found[found.frame > 10], first=11)
    tracker.finish()
    tracker.reset()
    assert (tracker.frame, tracker.final_frame, len(tracker.last_ids)) == (0, 0, 0)
    assert whole(tracker, found) == whole(new(), found)


@pytest.mark.slow
@pytest.mark.parametrize("copied", [lambda each: pickle.loads(pickle.dumps(each)), deepcopy], ids=["pickle", "copy"])
def test_a_stored_tracker_continues_byte_for_byte(new, found, copied) -> None:
    tracker = new()
    before = run(tracker, found, last=STORED_AFTER)
    other = copied(tracker)
    parts = []
    for each in (other, tracker):  # the copy first: it must not share anything with the tracker
        after = run(each, found, STORED_AFTER + 1)
        parts.append(as_bytes(Tracks.concatenate([*before, *after, each.finish()])))
    assert parts[0] == parts[1]
    assert len(parts[0][0]) > 0


def test_timestamps_and_constraints_are_stored_and_reset(found, two_levels) -> None:
    rows = np.flatnonzero(found.frame == 5)[0], np.flatnonzero(found.frame == 40)[0]
    parameters = TrackerParameters(mode="windowed", matching="learned")
    tracker = WindowedTracker(30, parameters, two_levels, constraints=[cannot_link(*rows)])

    def timed(tracker: WindowedTracker, first: int, last: int) -> list[Tracks]:
        return [tracker.update(found.in_frame(each), timestamp=each / 15) for each in range(first, last + 1)]

    once = as_bytes(Tracks.concatenate([*timed(tracker, 1, FRAMES), tracker.finish()]))
    tracker.reset()
    before = timed(tracker, 1, 20)
    tracker = pickle.loads(pickle.dumps(tracker))
    assert as_bytes(Tracks.concatenate([*before, *timed(tracker, 21, FRAMES), tracker.finish()])) == once


@pytest.fixture(scope="module")
def seen() -> tuple[Scene, list[np.ndarray]]:
    scene = street(frame_count=30)
    return scene, [image for _, _, image in scene]


@pytest.fixture(scope="module")
def with_network() -> Matcher:
    return Matcher.load(levels=2, appearance=load_appearance("siamese"))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["windowed", "online"])
def test_appearance_is_stored_too(seen, with_network, mode) -> None:
    scene, images = seen
    found = scene.detections()
    tracker = TRACKERS[mode](scene.frame_rate, TrackerParameters(matching="learned"), with_network)
    before = [tracker.update(found.in_frame(k), images[k - 1]) for k in range(1, 16)]
    other = pickle.loads(pickle.dumps(tracker))
    parts = []
    for each in (other, tracker):
        after = [each.update(found.in_frame(k), images[k - 1]) for k in range(16, 31)]
        parts.append(as_bytes(Tracks.concatenate([*before, *after, each.finish()])))
        assert each.compared_count > 0
    assert parts[0] == parts[1]


@pytest.mark.slow
def test_cameras_in_threads_share_one_matcher(seen, with_network) -> None:
    """Four cameras at once, two in each mode, give what each gives alone."""
    scene, images = seen
    jobs = [(mode, seed) for mode in ("windowed", "online") for seed in (0, 1)]

    def camera(job: tuple[str, int]) -> list[bytes]:
        mode, seed = job
        found = scene.detections(miss_rate=0.1 + 0.2 * seed)
        tracker = TRACKERS[mode](scene.frame_rate, TrackerParameters(matching="learned"), with_network)
        parts = [tracker.update(found.in_frame(k), images[k - 1]) for k in range(1, 31)]
        return as_bytes(Tracks.concatenate([*parts, tracker.finish()]))

    alone = [camera(job) for job in jobs]
    with ThreadPoolExecutor(len(jobs)) as threads:
        assert list(threads.map(camera, jobs)) == alone
    assert alone[0] != alone[1]
