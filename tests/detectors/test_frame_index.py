import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.frame_index import BLOCK, FrameIndex, blocks, ranges

half = st.integers(-200, 200).map(lambda value: value / 2)


@given(
    st.lists(st.tuples(st.integers(1, 5), half), max_size=20),
    st.lists(st.tuples(st.integers(0, 6), st.floats(-1e7, 1e7), st.floats(0, 1e7)), max_size=10),
)
def test_the_index_finds_all_boxes_of_the_frame_within_reach(points, queries):
    frame = np.array([frame for frame, _ in points], np.int64)
    x = np.array([x for _, x in points], np.float64)
    columns = [np.array(column) for column in zip(*queries, strict=True)] or [np.zeros(0)] * 3
    query, found = FrameIndex(frame, x).within(columns[0].astype(np.int64), columns[1], columns[2])
    matches = set(zip(query.tolist(), found.tolist(), strict=True))
    assert len(matches) == len(query)
    for k, (number, centre, reach) in enumerate(queries):
        for row, (in_frame, position) in enumerate(points):
            excess = abs(position - centre) - reach
            if in_frame != number or excess > 1e-3:
                assert (k, row) not in matches
            elif excess < -1e-3:
                assert (k, row) in matches


@given(st.lists(st.one_of(st.integers(0, 30), st.integers(0, 20_000)), max_size=200))
def test_blocks_cover_all_items_in_order_and_have_about_the_same_size(sizes):
    size = np.array(sizes, np.int64)
    parts = list(blocks(size))
    assert [item for part in parts for item in range(part.start, part.stop)] == list(range(len(size)))
    assert all(size[part].sum() <= BLOCK + size[part].max() for part in parts)
    assert len(parts) <= 1 + size.sum() // BLOCK


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 9)), max_size=20))
def test_ranges_are_concatenated(bounds):
    start = np.array([first for first, _ in bounds], np.int64)
    stop = start + np.array([length for _, length in bounds], np.int64)
    assert ranges(start, stop).tolist() == [each for first, length in bounds for each in range(first, first + length)]
