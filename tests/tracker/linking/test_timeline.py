import numpy as np
import pytest

from siamlink.tracker.linking.timeline import Moment, Timeline
from siamlink.tracker.tracks import Tracks


def tracks(*frames: int) -> Tracks:
    count = len(frames)
    box = np.tile([0.0, 0.0, 9.0, 9.0], (count, 1))
    return Tracks(np.array(frames), box, np.ones(count), np.zeros(count), np.ones(count), np.zeros(count, bool))


def test_without_time_stamps_nothing_changes():
    timeline, some = Timeline(25), tracks(1, 4)
    assert timeline.next(7, None) is None
    timeline.add(None)
    assert timeline.given(some, 4) is some
    assert timeline.number(7) == 7


def test_frames_get_the_numbers_of_a_constant_frame_rate_and_tracks_their_own():
    timeline = Timeline(10)
    for seconds, number, steady in ((5.0, None, 1), (5.1, None, 2), (5.12, 5, 3), (5.5, None, 7), (5.84, 9, 10)):
        moment = timeline.next(number, seconds)
        assert moment == Moment(moment.number, steady, seconds)
        timeline.add(moment)
    assert [timeline.number(each) for each in (0, 1, 3, 6, 7, 10)] == [0, 1, 5, 5, 6, 9]
    assert timeline.given(tracks(1, 2, 3, 4, 5, 6, 7), 6).frame.tolist() == [1, 2, 5, 6]
    assert timeline.given(tracks(8, 9, 10), 10).frame.tolist() == [9]
    assert timeline.number(6) == 0 < timeline.number(10)


@pytest.mark.parametrize("rate", [1, 240])
def test_evenly_spaced_frames_are_numbered_one_by_one(rate):
    timeline, numbers = Timeline(rate), []
    for frame in range(500):
        moment = timeline.next(None, 3.7 + frame / rate)
        numbers.append(moment.steady)
        timeline.add(moment)
    assert numbers == list(range(1, 501))
