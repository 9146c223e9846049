import pickle
import sys
from copy import deepcopy
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import MAX_IN_FRAME, Detections

COLUMNS = {
    "frame": [3, 1, 3, 2],
    "box": [[0, 0, 10, 20], [1, 1, 11, 21], [2, 2, 12, 22], [3, 3, 13, 23]],
    "score": [0.1, 0.2, 0.3, 0.4],
    "label": [0, 1, 2, 3],
}


def changed(**columns):
    return Detections(**(COLUMNS | columns))


@pytest.fixture
def four() -> Detections:
    return Detections(**COLUMNS)


def test_columns_have_their_types_and_are_sorted_by_frame(four):
    assert four.frame.tolist() == [1, 2, 3, 3]
    assert four.label.tolist() == [1, 3, 0, 2]
    assert four.box.tolist() == [COLUMNS["box"][row] for row in (1, 3, 0, 2)]
    assert four.score == pytest.approx([0.2, 0.4, 0.1, 0.3])
    types = {name: getattr(four, name).dtype for name in COLUMNS}
    assert types == {"frame": np.int32, "box": np.float32, "score": np.float32, "label": np.int16}


@given(st.lists(st.integers(1, 4), max_size=40))
def test_rows_of_a_frame_keep_their_order(frames):
    count = len(frames)
    detections = Detections(frames, np.tile([0, 0, 1, 1], (count, 1)), np.zeros(count), np.arange(count))
    keys = list(zip(detections.frame.tolist(), detections.label.tolist(), strict=True))
    assert keys == sorted(zip(frames, range(count), strict=True))


def test_columns_are_read_only_copies_of_the_callers_arrays():
    given = {name: np.array(values) for name, values in COLUMNS.items()}
    given["box"] = given["box"].astype(np.float32)
    detections = Detections(**given)
    for part in (detections, detections[1:], detections[detections.score > 0.2], Detections.empty()):
        for name in COLUMNS:
            assert not getattr(part, name).flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        detections.box[0, 0] = 5
    with pytest.raises(AttributeError):
        detections.frame = np.ones(4)
    given["box"][:] = 0
    assert detections.box.max() == 23


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"frame": [3, 1, 0, 2]}, r"frame number below 1: row 2, frame 0, box \[2, 2, 12, 22\], score 0.3"),
        ({"frame": [3, -1, 3, 2]}, "frame number below 1: row 1, frame -1"),
        ({"score": [0.1, 0.2, 0.3, np.nan]}, "score that is not finite: row 3, frame 2, .* score nan"),
        ({"score": [-np.inf, 0, 0, 0]}, "score that is not finite: row 0, frame 3"),
        ({"score": [1e300, 0, 0, 0]}, "score that is not finite: row 0, frame 3"),
    ],
)
def test_a_wrong_value_is_named_with_its_row_and_frame(columns, message):
    with pytest.raises(InputError, match=message):
        changed(**columns)


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ([np.nan, 2, 12, 22], r"not finite: row 2, frame 3, box \[nan, 2, 12, 22\]"),
        ([2, 2, np.inf, 22], "not finite: row 2, frame 3"),
        ([2, 2, 12, 1e39], "not finite: row 2, frame 3"),
        ([12, 2, 2, 22], "without area .*: row 2, frame 3"),
        ([2, 22, 12, 2], "without area .*: row 2, frame 3"),
        ([2, 2, 2, 22], "without area .*: row 2, frame 3"),
        ([2e8, 2, 2e8 + 1, 22], "without area .*: row 2, frame 3"),
        ([2, 2, 1e38, 22], "coordinate beyond 10000000 pixels: row 2, frame 3"),
    ],
    ids=["nan", "inf", "too-large", "inverted-x", "inverted-y", "flat", "flat-in-float32", "beyond"],
)
def test_a_wrong_box_is_named_with_its_row_and_frame(box, message):
    with pytest.raises(InputError, match=message):
        changed(box=[*COLUMNS["box"][:2], box, COLUMNS["box"][3]])


def test_a_frame_with_too_many_boxes_is_an_error():
    frame = np.repeat([1, 2], [3, MAX_IN_FRAME])
    box = np.tile([0, 0, 1, 1], (len(frame), 1))
    assert len(Detections(frame, box, np.ones(len(frame)), np.zeros(len(frame)))) == len(frame)
    with pytest.raises(InputError, match=r"20001 boxes in frame 7: at most 20000 are plausible"):
        Detections.from_boxes(7, np.tile([0, 0, 1, 1], (MAX_IN_FRAME + 1, 1)))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"score": [1, 1, 1]}, "differ in length: {'frame': 4, 'box': 4, 'score': 3, 'label': 4}"),
        ({"box": np.ones((4, 5))}, r"'box' has the shape \(4, 5\); expected \(N, 4\)"),
        ({"box": np.ones(16)}, r"'box' has the shape \(16,\); expected \(N, 4\)"),
        ({"score": np.ones((4, 1))}, r"'score' has the shape \(4, 1\); expected \(N,\)"),
        ({"frame": 1}, r"'frame' has the shape \(\); expected \(N,\)"),
        ({"box": [["a", 0, 1, 1]] * 4}, "'box' does not consist of numbers"),
        ({"box": [[0, 0, 1, 1], [0]]}, "'box' is not an array"),
        ({"score": [None] * 4}, "'score' does not consist of numbers"),
        ({"frame": [1, 1.5, 2, 2]}, "'frame' holds 1.5, which is no whole int32"),
        ({"frame": [1, 2, np.nan, 2]}, "'frame' holds nan, which is no whole int32"),
        ({"frame": [1, 2, 2**32 + 1, 2]}, "'frame' holds 4.29497e.09, which is no whole int32"),
        ({"label": [0, 0, 70000, 0]}, "'label' holds 70000, which is no whole int16"),
    ],
)
def test_columns_of_a_wrong_shape_or_type_are_errors(columns, message):
    with pytest.raises(InputError, match=message):
        changed(**columns)


def test_empty_has_no_rows_of_the_right_shapes():
    empty = Detections.empty()
    assert len(empty) == 0
    assert (empty.box.shape, empty.centre.shape) == ((0, 4), (0, 2))
    assert repr(empty) == "Detections(0 boxes)"
    assert list(empty.by_frame()) == []
    assert len(empty.in_frame(1)) == len(Detections.from_boxes(1, [])) == 0


def test_from_boxes_has_defaults_for_score_and_label():
    one = Detections.from_boxes(7, [[1, 2, 3, 4], [5, 6, 7, 8]])
    assert one.frame.tolist() == [7, 7]
    assert one.score.tolist() == [1, 1]
    assert one.label.tolist() == [0, 0]
    with pytest.raises(InputError, match="differ in length"):
        Detections.from_boxes(7, [[1, 2, 3, 4]], [0.5, 0.6])
    with pytest.raises(InputError, match="shape"):
        Detections.from_boxes(1, np.ones((4, 5)))


def test_concatenation_sorts_by_frame_and_keeps_the_order_of_the_parts(four):
    late = Detections.from_boxes(3, [[9, 9, 10, 10]], label=[9])
    early = Detections.from_boxes(1, [[8, 8, 9, 9]], label=[8])
    joined = Detections.concatenate([late, four, early])
    assert joined.frame.tolist() == [1, 1, 2, 3, 3, 3]
    assert joined.label.tolist() == [1, 8, 3, 9, 0, 2]
    assert len(Detections.concatenate([])) == 0
    assert len(Detections.concatenate([Detections.empty(), four, Detections.empty()])) == 4


def test_selection_by_slice_mask_and_indices(four):
    assert four[1:3].label.tolist() == [3, 0]
    assert four[four.frame == 3].label.tolist() == [0, 2]
    assert four[np.array([0, 3])].box.tolist() == [[1, 1, 11, 21], [2, 2, 12, 22]]
    assert len(four[np.zeros(4, bool)]) == 0
    assert repr(four) == "Detections(4 boxes, frames 1-3)"


@given(st.lists(st.integers(1, 9), max_size=30))
def test_all_rows_come_frame_by_frame(frames):
    count = len(frames)
    detections = Detections(frames, np.tile([0, 0, 1, 1], (count, 1)), np.zeros(count), np.arange(count))
    parts = dict(detections.by_frame())
    assert list(parts) == sorted(set(frames))
    assert [label for part in parts.values() for label in part.label.tolist()] == detections.label.tolist()
    for frame in range(11):
        expected = detections.label[detections.frame == frame].tolist()
        assert detections.in_frame(frame).label.tolist() == expected
        assert (parts[frame].label.tolist() if frame in parts else []) == expected


def test_width_height_and_centre():
    box = Detections.from_boxes(1, [[10, 20, 14, 30], [-5, -5, 0, 1]])
    assert box.width.tolist() == [4, 5]
    assert box.height.tolist() == [10, 6]
    assert box.centre.tolist() == [[12, 25], [-2.5, -2]]
    assert {each.dtype for each in (box.width, box.height, box.centre)} == {np.dtype(np.float32)}


def test_detections_of_supervision_are_converted():
    given = SimpleNamespace(
        xyxy=np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]]), confidence=np.array([0.5, 0.25]), class_id=np.array([4, 0])
    )
    detections = Detections.from_supervision(given, 12)
    assert detections.frame.tolist() == [12, 12]
    assert detections.box.tolist() == given.xyxy.tolist()
    assert detections.score.tolist() == [0.5, 0.25]
    assert detections.label.tolist() == [4, 0]
    bare = Detections.from_supervision(SimpleNamespace(xyxy=given.xyxy, confidence=None, class_id=None), 1)
    assert (bare.score.tolist(), bare.label.tolist()) == ([1, 1], [0, 0])


def test_detections_for_supervision_are_copies(four, monkeypatch):
    module = ModuleType("supervision")
    module.Detections = SimpleNamespace
    monkeypatch.setitem(sys.modules, "supervision", module)
    made = four.to_supervision()
    assert set(vars(made)) == {"xyxy", "confidence", "class_id"}
    assert made.xyxy.tolist() == four.box.tolist()
    assert made.confidence.tolist() == four.score.tolist()
    assert made.class_id.tolist() == four.label.tolist()
    assert made.class_id.dtype == int
    made.xyxy[:] = made.confidence[:] = 0
    assert four.box.max() == 23
    again = Detections.from_supervision(four.in_frame(3).to_supervision(), 3)
    assert again.box.tolist() == four.in_frame(3).box.tolist()


def test_without_the_package_supervision_the_error_names_it(four, monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(InputError, match="pip install supervision"):
        four.to_supervision()


def test_rows_are_counted_within_their_frames():
    detections = Detections([3, 1, 3, 3, 1], np.tile([0, 0, 9, 9], (5, 1)), np.ones(5), np.zeros(5))
    assert detections.row_in_frame.tolist() == [0, 1, 0, 1, 2]
    assert Detections.empty().row_in_frame.tolist() == []


@pytest.mark.parametrize("copied", [lambda each: pickle.loads(pickle.dumps(each)), deepcopy], ids=["pickle", "copy"])
def test_copies_are_immutable_too(copied):
    detections = copied(Detections.from_boxes(4, [[0, 0, 9, 9]], [0.5], [3]))
    assert (detections.frame.tolist(), detections.label.tolist()) == ([4], [3])
    with pytest.raises(ValueError, match="read-only"):
        detections.box[0, 0] = 1


@given(st.lists(st.integers(1, 9), max_size=20), st.integers(-2, 12))
def test_rows_are_counted_and_found_by_frame(frames: list[int], frame: int) -> None:
    count = len(frames)
    box = np.tile(np.float32([0, 0, 1, 1]), (count, 1))
    detections = Detections(frame=frames, box=box, score=np.ones(count), label=np.zeros(count))
    assert detections.count_until(frame) == sum(each <= frame for each in frames)
    assert detections.in_frame(frame).frame.tolist() == [each for each in frames if each == frame]
    assert detections.count_until(float("inf")) == count
