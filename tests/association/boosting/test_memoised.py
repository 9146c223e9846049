import numpy as np
import pytest

from siamlink.association.boosting.memoised import MemoisedBooster


class Sum:
    """Answers with the sum of a row, and remembers which rows it was asked."""

    feature_names = ("a", "b")

    def __init__(self) -> None:
        self.asked: list[list[float]] = []

    def inplace_predict(self, features: np.ndarray) -> np.ndarray:
        self.asked += features.tolist()
        return np.nansum(features, axis=1, dtype=np.float32)


@pytest.fixture
def trees() -> Sum:
    return Sum()


def test_rows_of_the_last_time_are_not_asked_about_again(trees):
    remembered = MemoisedBooster(trees)
    assert remembered.inplace_predict(np.array([[1, 2], [3, 4]], np.float32)).tolist() == [3, 7]
    assert remembered.inplace_predict(np.array([[3, 4], [5, 6], [1, 2]], np.float32)).tolist() == [7, 11, 3]
    assert trees.asked == [[1, 2], [3, 4], [5, 6]]


def test_what_was_not_asked_the_last_time_is_forgotten(trees):
    remembered = MemoisedBooster(trees)
    for rows in ([[1, 2]], [[3, 4]], [[1, 2]]):
        remembered.inplace_predict(np.array(rows, np.float32))
    assert trees.asked == [[1, 2], [3, 4], [1, 2]]


def test_what_is_not_known_is_part_of_the_question(trees):
    remembered = MemoisedBooster(trees)
    for _ in range(2):
        assert remembered.inplace_predict(np.array([[np.nan, 2], [0, 2]], np.float32)).tolist() == [2, 2]
    np.testing.assert_array_equal(trees.asked, [[np.nan, 2], [0, 2]])


def test_any_order_of_the_columns_in_memory_will_do(trees):
    remembered = MemoisedBooster(trees)
    rows = np.arange(12, dtype=np.float32).reshape(2, 6).T
    assert remembered.inplace_predict(rows).tolist() == rows.sum(axis=1).tolist()
    assert remembered.inplace_predict(rows[::2].astype(np.float64)).tolist() == rows[::2].sum(axis=1).tolist()
    assert len(trees.asked) == 6
    assert remembered.inplace_predict(np.ascontiguousarray(rows)[::4][:1]).tolist() == [rows[0].sum()]
    assert remembered.feature_names == ("a", "b")


def test_compiled_trees_need_no_memory(trees):
    remembered, rows = MemoisedBooster(trees), np.array([[1, 2]], np.float32)
    for trees.compiled in (False, False, True):
        assert remembered.inplace_predict(rows).tolist() == [3]
    assert len(trees.asked) == 2
