"""What an earlier search found is put on the ends that it was found from, and on no others."""

from dataclasses import replace

import numpy as np
import pytest

from siamlink.tracker.searching.earlier import EarlierFound
from siamlink.tracker.tracks import Tracks


def moving(track_id: int, frames: range, top: float = 10.0, label: int = 0) -> Tracks:
    """A track that moves to the right by three pixels a frame, detected in these frames."""
    left, count = 3.0 * np.array(frames), len(frames)
    return Tracks(
        frame=np.array(frames, np.int32),
        box=np.column_stack([left, np.full(count, top), left + 20, np.full(count, top + 50)]).astype(np.float32),
        score=np.full(count, 0.75, np.float32),
        label=np.full(count, label, np.int16),
        track_id=np.full(count, track_id, np.int32),
        interpolated=np.zeros(count, bool),
    )


def found(track_id: int, frames: range, top: float = 10.0, label: int = 0) -> Tracks:
    part = moving(track_id, frames, top, label)
    marks = np.ones(len(part), bool)
    return replace(part, interpolated=marks, found=marks)


EARLIER = Tracks.concatenate(
    [
        moving(1, range(10, 20)),
        moving(2, range(30, 40)),
        moving(3, range(10, 40), top=150),
        found(1, range(5, 10)),
        found(1, range(20, 24)),
        found(2, range(40, 43)),
    ]
)


def frames_of(tracks: Tracks) -> dict[int, list[int]]:
    return {track_id: own.frame.tolist() for track_id, own in tracks[tracks.found].by_track()}


def test_the_same_tracks_have_the_same_boxes_again():
    again = EarlierFound(EARLIER).added_to(EARLIER[~EARLIER.found])
    assert again.to_mot_text() == EARLIER.to_mot_text()


def test_an_end_that_is_no_end_any_more_has_none():
    merged = Tracks.concatenate([moving(1, range(10, 20)), moving(1, range(30, 40))])
    assert frames_of(EarlierFound(EARLIER).added_to(merged)) == {1: [*range(5, 10), *range(40, 43)]}


def test_an_end_with_another_id_and_a_box_that_moved_a_little_has_them_with_its_id_and_class():
    other = moving(7, range(10, 20), label=3)
    tracks = EarlierFound(EARLIER).added_to(other.with_box(other.box + 2))
    assert frames_of(tracks) == {7: [*range(5, 10), *range(20, 24)]}
    assert (tracks.label == 3).all()


@pytest.mark.parametrize("other", [moving(1, range(10, 19)), moving(1, range(10, 20), top=60)])
def test_another_frame_or_place_is_another_end(other):
    forwards = frames_of(EarlierFound(EARLIER[EARLIER.frame >= 10]).added_to(other))
    assert forwards == {}


def test_no_box_is_put_on_another_track():
    beside = moving(5, range(22, 30))
    tracks = EarlierFound(EARLIER).added_to(Tracks.concatenate([moving(1, range(10, 20)), beside]))
    assert frames_of(tracks) == {1: [*range(5, 10), 20, 21]}
