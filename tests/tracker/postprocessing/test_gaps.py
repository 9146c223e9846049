import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from siamlink.tracker.postprocessing.gaps import interpolate_gaps
from siamlink.tracker.tracks import Tracks


def tracks_of(rows) -> Tracks:
    """Tracks from rows of id, frame, left edge, height and score."""
    table = np.array(rows, float).reshape(-1, 5)
    ids, frame, left, height, score = table.T
    box = np.column_stack([left, 0 * left, left + height / 2, height])
    return Tracks(frame, box, score, ids + 10, ids, np.zeros(len(table), bool))


def row(tracks: Tracks, track_id: int, frame: int) -> int:
    (found,) = np.flatnonzero((tracks.track_id == track_id) & (tracks.frame == frame))
    return int(found)


def test_boxes_and_scores_between_are_linear_and_marked():
    filled = interpolate_gaps(tracks_of([(1, 2, 0, 20, 1.0), (1, 6, 40, 60, 0.2)]))
    assert filled.frame.tolist() == [2, 3, 4, 5, 6]
    np.testing.assert_allclose(filled.box[:, 0], [0, 10, 20, 30, 40])
    np.testing.assert_allclose(filled.height, [20, 30, 40, 50, 60])
    np.testing.assert_allclose(filled.score, [1, 0.8, 0.6, 0.4, 0.2], rtol=1e-6)
    assert filled.interpolated.tolist() == [False, True, True, True, False]
    assert filled.track_id.tolist() == [1] * 5
    assert filled.label.tolist() == [11] * 5


def test_nothing_is_filled_before_after_or_across_tracks():
    tracks = tracks_of([(1, 1, 0, 20, 1), (1, 2, 1, 20, 1), (2, 5, 9, 20, 1), (3, 9, 9, 20, 1)])
    assert interpolate_gaps(tracks) is tracks
    assert len(interpolate_gaps(Tracks.empty())) == 0


unique_places = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 30), st.integers(-50, 50), st.integers(10, 90), st.just(1)),
    max_size=40,
    unique_by=lambda each: each[:2],
)


@given(unique_places)
def test_every_track_has_one_box_in_each_frame_of_its_life(drawn):
    tracks = tracks_of(drawn)
    filled = interpolate_gaps(tracks)
    lives = {each: tracks.frame[tracks.track_id == each] for each in set(tracks.track_id.tolist())}
    expected = sorted((each, frame) for each, life in lives.items() for frame in range(life.min(), life.max() + 1))
    assert sorted(zip(filled.track_id.tolist(), filled.frame.tolist(), strict=True)) == expected
    assert (np.diff(filled.frame) >= 0).all()
    for k in range(len(tracks)):
        same = row(filled, tracks.track_id[k], tracks.frame[k])
        assert not filled.interpolated[same]
        assert filled.box[same].tolist() == tracks.box[k].tolist()
    for k in np.flatnonzero(filled.interpolated).tolist():
        life, frame = np.sort(lives[int(filled.track_id[k])]), int(filled.frame[k])
        before, after = (
            row(tracks, filled.track_id[k], each) for each in (life[life < frame][-1], life[life > frame][0])
        )
        share = (frame - tracks.frame[before]) / (tracks.frame[after] - tracks.frame[before])
        between = tracks.box[before] * (1 - share) + tracks.box[after] * share
        np.testing.assert_allclose(filled.box[k], between, atol=1e-4)


@given(unique_places)
def test_what_is_filled_has_no_more_gaps(drawn):
    filled = interpolate_gaps(tracks_of(drawn))
    assert interpolate_gaps(filled) is filled
