import numpy as np

from siamlink.tracker.linking.class_vote import ClassVote
from siamlink.tracker.tracks import Tracks


def boxes(frame, track_id, label, interpolated=None) -> Tracks:
    count = len(frame)
    marks = np.zeros(count, bool) if interpolated is None else np.array(interpolated)
    box = np.tile([0.0, 0.0, 10.0, 20.0], (count, 1))
    return Tracks(np.array(frame), box, np.ones(count), np.array(label), np.array(track_id), marks)


def test_each_track_has_the_class_of_most_of_its_detections_so_far():
    vote = ClassVote(30)
    assert vote.voted(boxes([1, 1], [1, 2], [5, 3])).label.tolist() == [5, 3]
    assert vote.voted(boxes([2, 2], [1, 2], [3, 3])).label.tolist() == [5, 3]
    assert vote.voted(boxes([3, 3], [1, 2], [3, 5])).label.tolist() == [3, 3]


def test_boxes_that_become_final_together_have_one_class():
    tracks = boxes([1, 2, 3, 4], [1, 1, 1, 1], [5, 3, 3, 3])
    assert ClassVote(30).voted(tracks).label.tolist() == [3, 3, 3, 3]


def test_interpolated_boxes_have_no_vote_but_get_the_class():
    tracks = boxes([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], [5, 3, 3, 3, 5], [False, True, True, True, False])
    assert ClassVote(30).voted(tracks).label.tolist() == [5] * 5


def test_a_block_of_frames_has_the_classes_that_frame_by_frame_voting_gives():
    random = np.random.default_rng(0)
    frame = np.repeat(np.arange(1, 31), 3)
    tracks = boxes(frame, np.tile([1, 2, 3], 30), random.integers(0, 3, 90))
    one, other = ClassVote(30), ClassVote(30)
    single = Tracks.concatenate([one.voted(each) for _, each in tracks.by_frame()])
    block = Tracks.concatenate([other.voted_by_frame(tracks[:45]), other.voted_by_frame(tracks[45:])])
    assert block.label.tolist() == single.label.tolist()


def test_a_second_class_is_voted_on_with_the_frames_before_it():
    vote = ClassVote(30)
    vote.voted_by_frame(boxes([1, 2, 3], [1, 1, 1], [4, 4, 4]))
    assert vote.voted_by_frame(boxes([4, 5], [1, 1], [6, 6])).label.tolist() == [4, 4]


def test_tracks_without_a_detection_for_long_are_forgotten():
    vote = ClassVote(1)
    vote.voted(boxes([1], [1], [4]))
    vote.voted(boxes([70], [2], [4]))
    vote.voted(boxes([140], [2], [4]))
    assert set(vote._votes) == {2}
