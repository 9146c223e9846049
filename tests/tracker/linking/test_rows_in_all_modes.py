"""Which row of the input is which track: in all modes, frame by frame and for whole videos."""

import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.make_tracker import make_tracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

FRAMES = 60
WAYS = {
    f"{mode} {matching}": (maker, mode, {"matching": matching})
    for mode, maker in {"offline": OfflineTracker, "windowed": WindowedTracker, "online": OnlineTracker}.items()
    for matching in ("learned", "calibrated", "auto")
}
WAYS["online hungarian"] = OnlineTracker, "online", {"matching": "learned", "solver": "hungarian"}


@pytest.fixture(scope="module")
def shuffled() -> Detections:
    """A street whose detections are in no order within their frames, some of them twice."""
    found, random = street(frame_count=FRAMES).detections(), np.random.default_rng(0)
    box = np.concatenate([found.box, found.box[::7] + 1])
    score = np.concatenate([found.score, found.score[::7] / 2])
    frame = np.concatenate([found.frame, found.frame[::7]])
    order = random.permutation(len(frame))
    return Detections(frame[order], box[order], score[order], np.zeros(len(frame)))


@pytest.fixture(params=WAYS)
def way(request) -> tuple:
    return WAYS[request.param]


def check_rows(tracks: Tracks, given: Detections) -> None:
    """Each detected box is near the row that it names, is detected there alone, and has its score."""
    raw = tracks.with_boxes_of(given)
    detected = ~tracks.interpolated
    assert ((tracks.row >= 0) == detected).all()
    assert detected.sum() > 100
    keys = np.column_stack([tracks.frame, tracks.row])[detected]
    assert len(np.unique(keys, axis=0)) == len(keys), "no row is in two tracks"
    for box, score, frame, row in zip(
        raw.box[detected], tracks.score[detected], tracks.frame[detected], tracks.row[detected], strict=True
    ):
        here = given.in_frame(int(frame))
        assert here.box[row].tolist() == box.tolist()
        assert here.score[row] == pytest.approx(score, abs=1e-6)
    moved = np.abs(raw.box - tracks.box).max(axis=1)
    assert np.median(moved[detected]) < 5
    assert (moved[~detected] == 0).all()


@pytest.mark.slow
def test_boxes_know_their_rows_frame_by_frame(way, shuffled, two_levels) -> None:
    make, _, settings = way
    tracker = make(30, TrackerParameters(**settings), two_levels if settings["matching"] == "learned" else None)
    parts = []
    for frame in range(1, FRAMES + 1):
        given = shuffled.in_frame(frame)
        parts.append(tracker.update(given, frame_number=frame))
        if make is OnlineTracker:
            ids = parts[-1].row_ids(len(given))
            assert ids.tolist() == np.where(tracker.last_ids > 0, tracker.last_ids, -1).tolist()
    check_rows(Tracks.concatenate([*parts, tracker.finish()]), shuffled)


@pytest.mark.slow
def test_boxes_know_their_rows_in_whole_videos(way, shuffled, two_levels) -> None:
    _, mode, settings = way
    tracker = make_tracker(TrackerSetup(30, TrackerParameters(mode=mode, **settings), two_levels))
    check_rows(Tracks.concatenate([*tracker.update_many(shuffled), tracker.finish()]), shuffled)


def test_rows_of_the_input_get_their_ids() -> None:
    tracker = OnlineTracker(25, TrackerParameters(gaps={"smooth": False}))
    for step in range(30):
        false_alarm = [(137 * step) % 900, (61 * step) % 500]
        rows = [
            [*false_alarm, false_alarm[0] + 12, false_alarm[1] + 9, 0.05],
            [500 - 3 * step, 120, 540 - 3 * step, 235, 0.8],
            [100 + 3 * step, 100, 140 + 3 * step, 210, 0.9],
        ]
        tracks = tracker.update(rows)
    ids = tracks.row_ids(len(rows))
    assert ids[0] == -1
    assert 0 < ids[1] != ids[2] > 0
    assert dict(zip(tracks.track_id.tolist(), tracks.row.tolist(), strict=True)) == {ids[1]: 1, ids[2]: 2}
    assert tracks.box.tolist() == np.array(rows, np.float32)[tracks.row, :4].tolist()


def test_rows_that_cannot_be_meant_are_refused() -> None:
    tracks = Tracks([1, 2], [[0, 0, 9, 9]] * 2, [1, 1], [0, 0], [1, 1], [False] * 2, row=[3, 0])
    with pytest.raises(InputError, match="row_ids is for the boxes of one frame"):
        tracks.row_ids(4)
    with pytest.raises(InputError, match="row 3 is in a track, but only 3 rows were given"):
        tracks.in_frame(1).row_ids(3)
    assert tracks.in_frame(1).row_ids(5).tolist() == [-1, -1, -1, 1, -1]
    assert Tracks.empty().row_ids(2).tolist() == [-1, -1]
    with pytest.raises(InputError, match="there is no detection 3 in frame 1: these are others"):
        tracks.with_boxes_of(Detections([1, 2], [[0, 0, 9, 9]] * 2, [1, 1], [0, 0]))
