import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.boxes import BLOCK, iou_matrix, iou_pairs, suppress_non_maxima

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
def test_overlap_is_that_of_counted_pixels(one, other):
    a, b = as_boxes(one), as_boxes(other)
    matrix = iou_matrix(a, b)
    assert matrix.shape == (len(a), len(b))
    assert matrix.dtype == np.float64
    expected = [[counted_iou(left, right) for right in b] for left in a]
    np.testing.assert_allclose(matrix, np.array(expected).reshape(matrix.shape), atol=1e-12)
    shared = min(len(a), len(b))
    np.testing.assert_array_equal(iou_pairs(a[:shared], b[:shared]), np.diagonal(matrix))


@given(box_lists.filter(len), st.sampled_from([0.5, 2.0, 1024.0]), st.integers(-500, 500))
def test_overlap_depends_neither_on_place_nor_on_scale(rows, scale, shift):
    box = as_boxes(rows)
    np.testing.assert_allclose(iou_matrix(box * scale + shift, box * scale + shift), iou_matrix(box, box), atol=1e-12)


def test_boxes_that_touch_or_lie_apart_do_not_overlap():
    a = np.array([[0, 0, 2, 2]], np.float32)
    b = np.array([[2, 0, 4, 2], [0, 2, 2, 4], [2, 2, 3, 3], [9, 9, 10, 10], [-5, 0, -3, 2]], np.float32)
    assert iou_matrix(a, b).tolist() == [[0, 0, 0, 0, 0]]


@given(box_lists, st.data())
@pytest.mark.parametrize("block", [1, 5, BLOCK])
def test_suppression_leaves_only_boxes_that_no_better_kept_one_overlaps(block, rows, draw):
    box = as_boxes(rows)
    scores = draw.draw(st.lists(st.integers(0, 4), min_size=len(box), max_size=len(box)))
    score, limit = np.array(scores, np.float32), draw.draw(st.sampled_from([0.0, 0.3, 0.5, 0.9]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("siamlink.detectors.boxes.BLOCK", block)
        kept = suppress_non_maxima(box, score, limit).tolist()
    assert kept == sorted(set(kept))
    best_first = sorted(range(len(box)), key=lambda row: (-score[row], row))
    for place, row in enumerate(best_first):
        beaten = any(counted_iou(box[row], box[other]) > limit for other in best_first[:place] if other in kept)
        assert (row not in kept) == beaten


@pytest.mark.parametrize(("limit", "kept"), [(0.6, [0, 1, 2]), (0.4, [1, 2])])
def test_suppression_goes_by_the_overlap_limit(limit, kept):
    box = np.array([[0, 0, 10, 10], [0, 0, 10, 20], [30, 0, 40, 10]], np.float32)
    assert suppress_non_maxima(box, np.array([0.5, 0.9, 0.1], np.float32), limit).tolist() == kept


def test_equal_boxes_of_equal_score_leave_the_first():
    box = np.tile(np.array([[0, 0, 10, 10]], np.float32), (5, 1))
    assert suppress_non_maxima(box, np.full(5, 0.5, np.float32), 0.5).tolist() == [0]
    assert suppress_non_maxima(box, np.full(5, 0.5, np.float32), 1.0).tolist() == [0, 1, 2, 3, 4]
    assert suppress_non_maxima(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5).tolist() == []
