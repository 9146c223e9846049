"""Detections that are written and read again are the same numbers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.exact_text import format_detections

coordinate = st.floats(-9000, 9000, width=32)
size = st.floats(2**-7, 2000, width=32)
rows = st.tuples(coordinate, coordinate, size, size, st.floats(-1e6, 1e6, width=32), st.integers(0, 90))


def same(one: Detections, other: Detections) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("frame", "box", "score", "label"))


@given(drawn=st.lists(rows, max_size=20, unique_by=lambda row: row[:2]))
def test_every_number_is_read_as_it_was(tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[float]]) -> None:
    table = np.array(drawn, np.float64).reshape(-1, 6)
    box = np.hstack([table[:, :2], table[:, :2] + table[:, 2:4]]).astype(np.float32)
    kept = (box[:, 2:] > box[:, :2]).all(axis=1)
    written = Detections(np.arange(1, kept.sum() + 1), box[kept], table[kept, 4], table[kept, 5])
    path = tmp_path_factory.mktemp("exact") / "det.txt"
    path.write_text(format_detections(written, classes_known=True))
    assert same(read_boxes(path).detections(), written)


def test_numbers_have_as_many_digits_as_they_need() -> None:
    found = Detections.from_boxes(3, [[1, 2, 4.5, 8.125], [0.1, 700.3, 20.7, 1e3]], [0.9, 0.123456789], [0, 0])
    assert (
        format_detections(found) == "3,-1,1,2,3.5,6.125,0.9,-1,-1,-1\n3,-1,0.1,700.3,20.6,299.7,0.12345679,-1,-1,-1\n"
    )


def test_the_class_is_the_eighth_column_where_classes_are_known() -> None:
    found = Detections.from_boxes(1, [[0, 0, 10, 10], [20, 0, 30, 10]], label=[0, 2])
    assert [line.split(",")[7] for line in format_detections(found).splitlines()] == ["0", "2"]
    persons = found.with_label(np.zeros(2, np.int16))
    assert [line.split(",")[7] for line in format_detections(persons).splitlines()] == ["-1", "-1"]
    assert [line.split(",")[7] for line in format_detections(persons, True).splitlines()] == ["0", "0"]


def test_parts_of_the_picture_and_tiny_boxes_are_exact_too(tmp_path: Path) -> None:
    box = np.array([[0.062305, 0.25, 0.155763, 0.583333], [0, 0, 1e-20, 3e-9], [5e-7, 0.1, 0.3, 0.2]], np.float32)
    written = Detections.from_boxes(1, box, [1e-9, 1, 0.3])
    (tmp_path / "det.txt").write_text(format_detections(written))
    assert same(read_boxes(tmp_path / "det.txt").detections(), written)


def test_no_detections_are_no_lines() -> None:
    assert format_detections(Detections.empty(), True) == ""
