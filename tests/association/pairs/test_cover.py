import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.pairs.cover import covered_share

SIDE = st.floats(0, 50)


@pytest.mark.parametrize(
    ("other", "share"),
    [([0, 0, 10, 20], 1), ([5, 0, 15, 20], 0.5), ([5, 10, 15, 30], 0.25), ([10, 0, 20, 20], 0), ([30, 30, 40, 40], 0)],
)
def test_the_share_is_that_of_the_first_box(other: list[int], share: float) -> None:
    box = np.array([[0, 0, 10, 20]], np.float32)
    assert covered_share(box, np.array([other], np.float32)).tolist() == [share]


def test_all_pairs_of_boxes_by_broadcasting() -> None:
    box = np.array([[0, 0, 10, 10], [0, 0, 20, 10]], np.float32)
    assert covered_share(box[:, None], box[None]).tolist() == [[1, 1], [0.5, 1]]


@given(x=SIDE, y=SIDE, width=st.floats(1, 50), height=st.floats(1, 50))
def test_the_share_is_that_of_counted_pixels(x: float, y: float, width: float, height: float) -> None:
    one, other = np.array([10.0, 10, 40, 40]), np.array([x, y, x + width, y + height])
    grid = (np.arange(10, 40, 0.25) + 0.125)[None]
    inside = (grid >= other[:2, None]) & (grid < other[2:, None])
    assert covered_share(one, other) == pytest.approx(inside[0].mean() * inside[1].mean(), abs=0.03)
