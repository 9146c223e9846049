"""No two tracks claim one object, in no frame: the surer one has it."""

import numpy as np
import pytest

from siamlink.association.search.correlation import Peak
from siamlink.association.search.presence import Presence
from siamlink.tracker.searching.occupied import Occupied
from siamlink.tracker.searching.paths import Path, path_of, without_conflicts
from siamlink.tracker.searching.starts import Start
from siamlink.tracker.searching.walks import Found
from siamlink.tracker.tracks import Tracks

SIZE = np.array([20.0, 50.0])
SCORE_IS_LOGIT = Presence(np.zeros(2), np.ones(2), np.array([1.0, 0.0, 0.0]))


def box(x: float) -> np.ndarray:
    return np.array([x, 100, x + SIZE[0], 100 + SIZE[1]])


def path(track_id: int, frames: list[int], x: list[float], probability: list[float]) -> Path:
    return Path(track_id, np.array(frames), np.array([box(each) for each in x]), np.array(probability))


def occupied(*rows: tuple[int, int, float]) -> Occupied:
    """By boxes of these frames, tracks and places."""
    frame, track_id, x = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    return Occupied(
        Tracks(
            frame=frame.astype(np.int32),
            box=np.array([box(each) for each in x], np.float32).reshape(-1, 4),
            score=np.ones(len(frame), np.float32),
            label=np.zeros(len(frame), np.int16),
            track_id=track_id.astype(np.int32),
            interpolated=np.zeros(len(frame), bool),
        )
    )


def frames(paths: list[Path]) -> list[list[int]]:
    return [each.frame.tolist() for each in paths]


def test_of_two_walks_to_one_object_the_surer_one_has_it():
    first = path(1, [11, 12, 13], [0, 10, 20], [0.9, 0.8, 0.6])
    second = path(2, [11, 12, 13], [60, 40, 22], [0.9, 0.7, 0.7])
    assert frames(without_conflicts([first, second], occupied())) == [[11, 12], [11, 12, 13]]
    assert frames(without_conflicts([second, first], occupied())) == [[11, 12, 13], [11, 12]]


def test_a_walk_is_as_sure_as_its_least_sure_box_so_far():
    first = path(1, [11, 12], [0, 10], [0.6, 0.95])
    second = path(2, [11, 12], [60, 11], [0.9, 0.8])
    assert frames(without_conflicts([first, second], occupied())) == [[11], [11, 12]]


def test_a_walk_that_ended_before_claims_nothing():
    ends_early = path(1, [11, 12, 13], [0, 10, 20], [0.9, 0.9, 0.9])
    other = path(2, [13], [21], [0.6])
    known = occupied((12, 3, 11))
    assert frames(without_conflicts([ends_early, other], known)) == [[11], [13]]


def test_where_the_end_of_a_track_and_the_start_of_another_meet_each_has_its_part():
    """One object whose id changed: it has one box in each frame."""
    place = np.arange(30.0) * 2
    end = path(1, [*range(11, 20)], list(place[11:20]), list(np.linspace(0.95, 0.55, 9)))
    start = path(2, [*range(19, 10, -1)], list(place[19:10:-1]), list(np.linspace(0.95, 0.55, 9)))
    known = occupied((10, 1, place[10]), (20, 2, place[20]))
    before, after = frames(without_conflicts([end, start], known))
    assert sorted(before + after) == [*range(11, 20)]
    assert before == [*range(11, 11 + len(before))]
    assert len(before) in (4, 5)


def test_no_box_between_two_images_lies_on_another_track():
    start = Start(1, 10, 1, 6, box(0), np.zeros(2))
    walk = [Found(13, box(30), Peak(np.zeros(2), 2.0, 0)), Found(16, box(60), Peak(np.zeros(2), 2.0, 0))]
    whole = path_of(start, walk, SCORE_IS_LOGIT)
    assert whole.frame.tolist() == [*range(11, 17)]
    assert whole.box[:, 0].tolist() == pytest.approx([10, 20, 30, 40, 50, 60])
    (cut,) = without_conflicts([whole], occupied((14, 2, 42)))  # this frame was not searched
    assert cut.frame.tolist() == [11, 12, 13]


def test_a_path_ends_before_its_first_improbable_box():
    start = Start(1, 10, -1, 6, box(0), np.zeros(2))
    walk = [Found(frame, box(0), Peak(np.zeros(2), score, 0)) for frame, score in ((8, 2.0), (6, -0.1), (4, 2.0))]
    found = path_of(start, walk, SCORE_IS_LOGIT)
    assert found.frame.tolist() == [9, 8]
    assert found.probability[1] == pytest.approx(1 / (1 + np.exp(-2)))
    assert len(path_of(start, walk[1:], SCORE_IS_LOGIT).frame) == 0
    assert len(path_of(start, [], SCORE_IS_LOGIT).frame) == 0
