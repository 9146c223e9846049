from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.ground_truth import (
    NO_OBJECT,
    NOT_COUNTED,
    GroundTruth,
    identify,
    is_next,
    is_same,
    is_same_video,
    label_pairs,
    read_ground_truth,
)
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import find_sequences, open_sequence

ONE_VIDEO = {"ADL-Rundle-6", "MOT16-09", "MOT17-09-FRCNN"}


def boxes(*rows) -> Detections:
    """Detections 10 wide and 20 high from rows of frame and left edge."""
    table = np.array(rows, float).reshape(-1, 2)
    corners = np.column_stack([table[:, 1], 0 * table[:, 1], table[:, 1] + 10, 0 * table[:, 1] + 20])
    return Detections(table[:, 0], corners, np.ones(len(table)), np.zeros(len(table)))


@pytest.fixture
def write(tmp_path):
    (tmp_path / "gt").mkdir()

    def written(text: str) -> GroundTruth:
        (tmp_path / "gt" / "gt.txt").write_text(text)
        return read_ground_truth(open_sequence(tmp_path))

    return written


def test_mot15_has_world_coordinates_and_no_classes(write):
    truth = write("2,7,11,20,30,60,1,5.5,3,0\n1,7,10,20,30,60,1,7,3,0\n1,8,90,20,30,60,0,1,3,0\n")
    assert truth.boxes.frame.tolist() == [1, 1, 2]
    assert truth.identity.tolist() == [7, NOT_COUNTED, 7]
    assert truth.boxes.box[0].tolist() == [10, 20, 40, 80]


@pytest.mark.parametrize("visibility", ["", ",0.5"])
def test_later_benchmarks_count_pedestrians_only(write, visibility):
    lines = [
        "1,1,10,0,30,60,1,1",
        "1,2,110,0,30,60,1,7",
        "1,3,210,0,30,60,0,1",
        "1,4,310,0,30,60,1,8",
        "2,1,10,0,30,60,1,1",
    ]
    truth = write("".join(f"{line}{visibility}\n" for line in lines))
    assert truth.identity.tolist() == [1, NOT_COUNTED, NOT_COUNTED, NOT_COUNTED, 1]


def test_objects_of_every_class_count_if_requested(write, tmp_path):
    write("1,1,10,0,30,60,1,1,1\n1,2,110,0,30,60,1,3,1\n1,3,210,0,30,60,0,3,1\n")
    every = read_ground_truth(open_sequence(tmp_path), every_class=True)
    assert every.identity.tolist() == [1, 2, NOT_COUNTED]


def test_a_class_column_of_minus_one_is_no_class(write):
    assert write("1,1,10,0,30,60,1,-1,-1\n1,2,90,0,30,60,1,-1,-1\n").identity.tolist() == [1, 2]


def test_rows_without_flag_count(write):
    assert write("1,1,10,0,30,60\n").identity.tolist() == [1]
    assert len(write("").identity) == 0


def test_ground_truth_that_is_missing_or_malformed_is_an_error(write, tmp_path):
    with pytest.raises(InputError, match="has no ground truth"):
        read_ground_truth(open_sequence(tmp_path))
    with pytest.raises(FormatError, match="line 2: id 1 occurs twice in frame 1"):
        write("1,1,10,0,30,60,1\n1,1,50,0,30,60,1\n")
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nseqLength=5\n")
    with pytest.raises(FormatError, match="line 1, column 1: frame 6 is out of range: the last frame is 5"):
        write("6,1,10,0,30,60,1\n")


def test_each_detection_gets_the_identity_of_the_box_it_overlaps():
    truth = GroundTruth(boxes((1, 0), (1, 100), (2, 0), (2, 50)), np.array([4, 9, 4, NOT_COUNTED]))
    found = boxes((1, 101), (1, 2), (1, 300), (2, 51), (2, 4), (3, 0))
    assert identify(found, truth).tolist() == [9, 4, NO_OBJECT, NOT_COUNTED, NO_OBJECT, NO_OBJECT]
    assert identify(found, truth, smallest_iou=0.4).tolist() == [9, 4, NO_OBJECT, NOT_COUNTED, 4, NO_OBJECT]


def test_of_two_detections_of_one_object_one_has_no_identity():
    truth = GroundTruth(boxes((1, 0)), np.array([4]))
    assert identify(boxes((1, 2), (1, 1)), truth).tolist() == [NO_OBJECT, 4]


def test_the_assignment_is_the_best_in_all():
    """The first detection is nearer to the second person too, but only so does each get one."""
    truth = GroundTruth(boxes((1, 0), (1, 2)), np.array([1, 2]))
    assert identify(boxes((1, 1.5), (1, 4)), truth).tolist() == [1, 2]


place = st.tuples(st.integers(1, 3), st.integers(0, 60))


@given(st.lists(place, max_size=15), st.lists(place, max_size=15))
def test_identities_are_matched_one_to_one_and_only_where_boxes_overlap(true, found):
    truth_boxes, detections = boxes(*true), boxes(*found)
    truth = GroundTruth(truth_boxes, np.arange(len(truth_boxes)))
    identity = identify(detections, truth)
    given_out = identity[identity != NO_OBJECT]
    assert len(set(given_out.tolist())) == len(given_out)
    assert truth_boxes.frame[given_out].tolist() == detections.frame[identity != NO_OBJECT].tolist()
    overlap = iou_matrix(truth_boxes.box, detections.box)
    overlap[truth_boxes.frame[:, None] != detections.frame[None]] = 0
    assert (overlap[given_out, np.flatnonzero(identity != NO_OBJECT)] >= 0.5).all()
    idle = np.setdiff1d(np.arange(len(truth_boxes)), given_out)
    assert (overlap[np.ix_(idle, np.flatnonzero(identity == NO_OBJECT))] < 0.5).all()


def test_without_detections_there_are_no_identities():
    nothing = GroundTruth(Detections.empty(), np.zeros(0, np.int64))
    assert identify(boxes((1, 0)), nothing).tolist() == [NO_OBJECT]
    assert len(identify(Detections.empty(), GroundTruth(boxes((1, 0)), np.array([1])))) == 0


def test_only_the_next_detection_of_an_object_is_next():
    identity = np.array([1, 2, NO_OBJECT, 1, NOT_COUNTED, 2, 1, NO_OBJECT, NOT_COUNTED])
    i, j = np.triu_indices(len(identity), 1)
    label = is_next(Pairs(i, j), identity)
    assert list(zip(i[label].tolist(), j[label].tolist(), strict=True)) == [(0, 3), (1, 5), (3, 6)]
    assert len(is_next(Pairs(i[:0], j[:0]), identity)) == 0
    assert not is_next(Pairs(i, j), np.full(len(identity), NO_OBJECT)).any()


def test_pairs_of_one_object_are_the_same_whatever_lies_between():
    identity = np.array([1, 2, NO_OBJECT, 1, NOT_COUNTED, 2, 1, NO_OBJECT, NOT_COUNTED])
    pairs = Pairs(*np.triu_indices(len(identity), 1))
    same = label_pairs(pairs, identity, "same")
    found = list(zip(pairs.earlier[same].tolist(), pairs.later[same].tolist(), strict=True))
    assert found == [(0, 3), (0, 6), (1, 5), (3, 6)]
    np.testing.assert_array_equal(same, is_same(pairs, identity))
    np.testing.assert_array_equal(label_pairs(pairs, identity, "next"), is_next(pairs, identity))


def test_one_annotation_is_of_the_video_of_another_that_has_more_or_fewer_boxes():
    walk = [(frame, 3 * frame) for frame in range(1, 21)]
    one = GroundTruth(boxes(*walk), np.ones(20, np.int64))
    more = GroundTruth(boxes(*walk, *((frame, 500) for frame in range(1, 30))), np.ones(49, np.int64))
    elsewhere = GroundTruth(boxes(*((frame, 3 * frame + 200) for frame in range(1, 21))), np.ones(20, np.int64))
    later = GroundTruth(boxes(*((frame + 300, x) for frame, x in walk)), np.ones(20, np.int64))
    nothing = GroundTruth(Detections.empty(), np.zeros(0, np.int64))
    assert is_same_video(one, one)
    assert is_same_video(one, more)
    assert is_same_video(more, one)
    for other in (elsewhere, later, nothing):
        assert not is_same_video(one, other)
        assert not is_same_video(other, one)


@pytest.mark.slow
def test_three_of_the_real_sequences_are_one_video(data):
    truths = {
        sequence.name: read_ground_truth(sequence) for sequence in find_sequences(data) if sequence.truth_file.is_file()
    }
    assert set(truths) > ONE_VIDEO
    for one, other in combinations(truths, 2):
        assert is_same_video(truths[one], truths[other]) == ({one, other} <= ONE_VIDEO), (one, other)
