import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.boxes import centres, iou_matrix, iou_pairs, suppress_non_maxima, suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.detectors.frame_index import BLOCK
from siamlink.tools.synthetic.street import street

corner, side = st.integers(-30, 30), st.integers(1, 20)
box_lists = st.lists(st.tuples(corner, corner, side, side), max_size=12)


def as_boxes(rows) -> np.ndarray:
    box = np.array(rows, np.float32).reshape(-1, 4)
    return np.hstack([box[:, :2], box[:, :2] + box[:, 2:]])


def counted_iou(a, b) -> float:
    """Intersection over union of boxes with whole corners, counted pixel by pixel."""
    cells = [{(x, y) for x in range(int(x1), int(x2)) for y in range(int(y1), int(y2))} for x1, y1, x2, y2 in (a, b)]
    return len(cells[0] & cells[1]) / len(cells[0] | cells[1])


@given(box_lists, box_lists)
def test_overlap_equals_that_of_counted_pixels(one, other):
    a, b = as_boxes(one), as_boxes(other)
    matrix = iou_matrix(a, b)
    assert matrix.shape == (len(a), len(b))
    assert matrix.dtype == np.float64
    expected = [[counted_iou(left, right) for right in b] for left in a]
    np.testing.assert_allclose(matrix, np.array(expected).reshape(matrix.shape), atol=1e-12)
    shared = min(len(a), len(b))
    np.testing.assert_array_equal(iou_pairs(a[:shared], b[:shared]), np.diagonal(matrix))


@given(box_lists.filter(len), st.sampled_from([0.5, 2.0, 1024.0]), st.integers(-500, 500))
def test_overlap_is_independent_of_position_and_scale(rows, scale, shift):
    box = as_boxes(rows)
    np.testing.assert_allclose(iou_matrix(box * scale + shift, box * scale + shift), iou_matrix(box, box), atol=1e-12)


def test_boxes_that_only_touch_do_not_overlap():
    a = np.array([[0, 0, 2, 2]], np.float32)
    b = np.array([[2, 0, 4, 2], [0, 2, 2, 4], [2, 2, 3, 3], [9, 9, 10, 10], [-5, 0, -3, 2]], np.float32)
    assert iou_matrix(a, b).tolist() == [[0, 0, 0, 0, 0]]


@given(box_lists, st.data())
@pytest.mark.parametrize("block", [1, 5, BLOCK])
def test_a_box_is_dropped_if_and_only_if_a_better_remaining_box_overlaps_it(block, rows, draw):
    box = as_boxes(rows)
    scores = draw.draw(st.lists(st.integers(0, 4), min_size=len(box), max_size=len(box)))
    score, limit = np.array(scores, np.float32), draw.draw(st.sampled_from([0.0, 0.3, 0.5, 0.9]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siamlink.detectors.frame_index.BLOCK", block)
        kept = suppress_non_maxima(box, score, limit).tolist()
    assert kept == sorted(set(kept))
    best_first = sorted(range(len(box)), key=lambda row: (-score[row], row))
    for rank, row in enumerate(best_first):
        dropped = any(counted_iou(box[row], box[other]) > limit for other in best_first[:rank] if other in kept)
        assert (row not in kept) == dropped


@pytest.mark.parametrize(("limit", "kept"), [(0.6, [0, 1, 2]), (0.4, [1, 2])])
def test_suppression_uses_the_overlap_limit(limit, kept):
    box = np.array([[0, 0, 10, 10], [0, 0, 10, 20], [30, 0, 40, 10]], np.float32)
    assert suppress_non_maxima(box, np.array([0.5, 0.9, 0.1], np.float32), limit).tolist() == kept


def test_of_equal_boxes_and_scores_the_first_remains():
    box = np.tile(np.array([[0, 0, 10, 10]], np.float32), (5, 1))
    assert suppress_non_maxima(box, np.full(5, 0.5, np.float32), 0.5).tolist() == [0]
    assert suppress_non_maxima(box, np.full(5, 0.5, np.float32), 1.0).tolist() == [0, 1, 2, 3, 4]
    assert suppress_non_maxima(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5).tolist() == []


def test_suppression_acts_within_each_frame():
    box = [[0, 0, 10, 20], [0, 0, 10, 21], [50, 0, 60, 20], [0, 0, 10, 20]]
    detections = Detections([1, 1, 1, 2], box, [0.5, 0.9, 0.1, 0.2], [0, 1, 2, 3])
    assert suppress_overlaps(detections, 0.45).label.tolist() == [1, 2, 3]
    assert len(suppress_overlaps(detections, 1.0)) == 4
    assert len(suppress_overlaps(Detections.empty(), 0.45)) == 0


def test_after_suppression_no_boxes_of_a_frame_overlap():
    remaining = suppress_overlaps(street(frame_count=30).detections(false_rate=20), 0.3)
    for _, part in remaining.by_frame():
        assert np.triu(iou_matrix(part.box, part.box), 1).max(initial=0) <= 0.3


@pytest.mark.parametrize("block", [7, BLOCK])
@pytest.mark.parametrize("limit", [0.0, 0.05, 0.45, 0.7, 1.0])
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60), widest=st.sampled_from([1, 30, 5000]))
def test_suppression_in_all_frames_at_once_equals_frame_by_frame(block, limit, seed, count, widest):
    random = np.random.default_rng(seed)
    low, size = random.uniform(-50, 50, (count, 2)), np.exp(random.uniform(0, np.log(widest) + 0.1, (count, 2)))
    frame, score = np.sort(random.integers(1, 6, count)), random.random(count).round(1)
    detections = Detections(frame, np.hstack([low, low + size]), score, np.zeros(count))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siamlink.detectors.frame_index.BLOCK", block)
        rows = suppress_non_maxima(detections.box, detections.score, limit, detections.frame)
    expected = []
    for number in np.unique(frame):
        row = np.flatnonzero(frame == number)
        expected += row[greedy(detections.box[row], detections.score[row], limit)].tolist()
    assert rows.tolist() == expected


def greedy(box, score, limit) -> list[int]:
    """Non-maximum suppression by its definition."""
    overlap, remaining = iou_matrix(box, box), []
    for row in np.argsort(-score, kind="stable"):
        if not any(overlap[row, better] > limit for better in remaining):
            remaining.append(row)
    return sorted(remaining)


def test_a_box_of_another_class_is_dropped_only_if_it_is_nearly_the_same():
    box = np.array([[0, 0, 100, 100], [0, 10, 100, 110], [2, 0, 102, 100]], float)
    score = np.array([0.9, 0.8, 0.7])
    for label, kept in (([0, 0, 0], [0]), ([0, 1, 0], [0, 1]), ([0, 0, 1], [0]), ([0, 1, 2], [0, 1])):
        assert suppress_non_maxima(box, score, 0.5, label=np.array(label)).tolist() == kept
    assert suppress_non_maxima(box, score, 0.99, label=np.array([0, 1, 2])).tolist() == [0, 1, 2]


def test_centres_are_in_double_precision():
    box = np.array([[0, 10, 5, 30], [-4, 0, 2, 1]], np.float32)
    assert centres(box).tolist() == [[2.5, 20], [-1, 0.5]]
    assert centres(box).dtype == np.float64
