from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.detections import Detections
from siamlink.detectors.formats.checks import FROM_ZERO, OF_SECONDS
from siamlink.detectors.formats.mot_text import EXPECTED_COLUMNS
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import read_boxes
from siamlink.detectors.mot.text import format_rows, read_rows

GOOD = "1,-1,10,20,30,60,0.9,-1,-1,-1\n2,-1,11,21,30,60,0.8,-1,-1,-1\n"


@pytest.fixture
def write(tmp_path):
    def written(content: str | bytes) -> Path:
        path = tmp_path / "det.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def test_lines_become_detections(write):
    found = read_boxes(write("2,-1,11,21,30,60,-0.25,-1,-1,-1\n1,-1,10.5,20,30,60.25,7,-1,-1,-1\n")).detections()
    assert found.frame.tolist() == [1, 2]
    assert found.box.tolist() == [[10.5, 20, 40.5, 80.25], [11, 21, 41, 81]]
    assert found.score.tolist() == [7, -0.25]
    assert found.label.tolist() == [0, 0]


def test_rows_keep_the_order_of_the_file_and_all_columns(write):
    rows = read_rows(write("2,5,11,21,30,60,1,7,0.5\n1,5,10,20,30,60,0,1,-1\n"))
    assert rows.tolist() == [[2, 5, 11, 21, 30, 60, 1, 7, 0.5], [1, 5, 10, 20, 30, 60, 0, 1, -1]]
    assert rows.dtype == np.float64


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode("utf-8-sig"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.removesuffix("\n"),
        "\n\n" + GOOD.replace("\n", "\n \t\n"),
        GOOD.replace("\n", ",\n"),
        GOOD.replace("\n", " , \n"),
        GOOD.replace(",", " , "),
        GOOD.replace("2,-1,", "2.0,-1.0,"),
        GOOD.replace("1,-1,10", "1e0,-1,+10"),
    ],
    ids=[
        "BOM",
        "CRLF",
        "CR",
        "no-end",
        "blank-lines",
        "trailing-comma",
        "trailing-comma-and-space",
        "spaces",
        "floats",
        "exponent",
    ],
)
def test_harmless_variants_give_the_same_rows(write, content):
    found = read_boxes(write(content)).detections()
    assert found.frame.tolist() == [1, 2]
    assert found.box.tolist() == [[10, 20, 40, 80], [11, 21, 41, 81]]
    assert found.score == pytest.approx([0.9, 0.8])


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\t\n", "\ufeff".encode()])
def test_an_empty_file_has_no_rows(write, content):
    assert read_rows(write(content)).shape == (0, 7)
    assert len(read_boxes(write(content)).detections()) == 0


def test_missing_columns_have_defaults(write):
    assert read_rows(write("1,-1,10,20,30,60\n")).tolist() == [[1, -1, 10, 20, 30, 60, 1]]
    mixed = read_rows(write("1,-1,10,20,30,60\n2,-1,10,20,30,60,0.5,3\n"))
    assert mixed.tolist() == [[1, -1, 10, 20, 30, 60, 1, -1], [2, -1, 10, 20, 30, 60, 0.5, 3]]


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("2,-1,x,21,30,60,1", 3, "'x' (left) is not a number"),
        ("2,-1,,21,30,60,1", 3, "'' (left) is not a number"),
        ("2,-1,11,21,30,60,good,-1", 7, "'good' (score) is not a number"),
        ("2,-1,11,21,30,60,1,-1,person", 9, "'person' is not a number"),
        ("2;-1;11;21;30;60;1", 1, "'2;-1;11;21;30;60;1' (frame) is not a number"),
        ("frame,id,left,top,width,height", 1, "'frame' (frame) is not a number"),
        ("1_000,-1,11,21,30,60,1", 1, "'1_000' (frame) is not a number"),
        ("\u0662,-1,11,21,30,60,1", 1, "'\u0662' (frame) is not a number"),
        ("0x2,-1,11,21,30,60,1", 1, "'0x2' (frame) is not a number"),
        ("2,-1,nan,21,30,60,1", 3, "left nan is not a finite number"),
        ("2,-1,11,21,inf,60,1", 5, "width inf is not a finite number"),
        ("2,-1,11,21,30,60,-inf", 7, "score -inf is not a finite number"),
        ("nan,-1,11,21,30,60,1", 1, "frame nan is not a finite number"),
        ("2,-1,11,21,30,1e400,1", 6, "height inf is not a finite number"),
        ("2,-1,11,21,30,60,1e39", 7, "score 1e+39 is out of range"),
        ("2,-1,11,21,-30,60,1", 5, "width -30 is not above 0: the box is empty or inverted"),
        ("2,-1,11,21,30,0,1", 6, "height 0 is not above 0: the box is empty or inverted"),
        ("2,-1,1e7,21,30,60,1", 3, "left 1e+07 is not a plausible pixel position"),
        ("0,-1,11,21,30,60,1", 1, f"frame 0 is out of range: frames are counted from 1{FROM_ZERO}"),
        ("-2,-1,11,21,30,60,1", 1, "frame -2 is out of range: frames are counted from 1"),
        ("1.5,-1,11,21,30,60,1", 1, f"frame 1.5 is not a whole number{OF_SECONDS}"),
        ("51,-1,11,21,30,60,1", 1, "frame 51 is out of range: the last frame is 50"),
        ("2,0.5,11,21,30,60,1", 2, "id 0.5 is not a whole number"),
        ("2,3e9,11,21,30,60,1", 2, "id 3e+09 is out of range"),
        ("2,-1,11,21,30", None, f"expected at least 6 columns, found 5: {EXPECTED_COLUMNS}"),
        ("2", None, f"expected at least 6 columns, found 1: {EXPECTED_COLUMNS}"),
        ("2,-1,11,21,30,60" + ",1" * 95, None, "expected at most 100 columns, found 101"),
        ("2,-1,1e308,21,30,60,1", 3, "left 1e+308 is not a plausible pixel position"),
        ("1000000000,-1,11,21,30,60,1", 1, "frame 1e+09 is out of range: the last frame is 50"),
        ("-0,-1,11,21,30,60,1", 1, f"frame -0 is out of range: frames are counted from 1{FROM_ZERO}"),
        ("1,-1,10,20,30,60,1", None, "the same box occurs twice; first on line 1"),
        (" 1 , -1,10.0,20,30,60,1", None, "the same box occurs twice; first on line 1"),
    ],
)
def test_a_malformed_line_is_named_with_its_column(write, line, column, message):
    path = write(f"1,-1,10,20,30,60,1\n\n{line}\n4,-1,10,20,30,60,1\n")
    with pytest.raises(FormatError) as caught:
        read_boxes(path, Pictures(frame_count=50)).detections()
    assert (caught.value.path, caught.value.line, caught.value.column) == (path, 3, column)
    place = f"{path}, line 3" + (f", column {column}" if column else "")
    assert str(caught.value) == f"{place}: {message}"


def test_too_few_columns_throughout_are_an_error_of_the_first_line(write):
    with pytest.raises(FormatError, match="line 2: expected at least 6 columns, found 4"):
        read_rows(write("\n1,2,3,4\n2,2,3,4\n"))


@pytest.mark.parametrize("height", ["0.9", "1", "0"])
def test_scores_in_the_place_of_heights_are_refused(write, height):
    """Without the column of ids, the left side is read as the id, and the score as the height."""
    path = write(f"1,104,100,40,90,{height}\n2,108,100,40,90,0.7\n")
    with pytest.raises(
        FormatError, match=r"line 1, column 6: the last of six columns is the height, .*: give frame, id"
    ):
        read_rows(path)


def test_six_columns_of_boxes_are_read(write):
    assert read_rows(write("1,-1,104,100,40,90\n2,-1,108,100,40,0.5\n"))[:, 5].tolist() == [90, 0.5]
    assert read_rows(write("1,-1,0.2,0.1,0.3,0.5\n"))[:, 5].tolist() == [0.5]  # parts of the picture


def test_without_a_length_only_absurd_frames_are_out_of_range(write):
    assert read_rows(write("9999999,-1,1,1,2,2\n"))[0, 0] == 9999999
    with pytest.raises(FormatError, match=r"line 1, column 1: frame 1e.08 is out of range"):
        read_rows(write("100000000,-1,1,1,2,2\n"))


def test_ids_occur_once_in_a_frame_of_truth_and_results_but_not_of_detections(write):
    path = write("1,4,10,20,30,60,1\n1,5,10,20,30,60,1\n2,4,10,20,30,60,1\n1,4,50,50,30,60,1\n")
    assert len(read_rows(path)) == 4
    with pytest.raises(FormatError, match="line 4: id 4 occurs twice in frame 1; first on line 1"):
        read_rows(path, unique_ids=True)


def test_equal_boxes_of_other_frames_or_scores_are_no_duplicates(write):
    assert len(read_boxes(write("1,-1,1,1,2,2,1\n2,-1,1,1,2,2,1\n1,-1,1,1,2,2,0.5\n")).detections()) == 3


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\x00\xff", bytes(range(256))])
def test_a_binary_file_is_not_text(write, content):
    with pytest.raises(FormatError, match="not a text file; expected lines such as"):
        read_rows(write(content))


def test_every_message_is_one_short_line(write):
    for content in (b"\x00\x01" * 5000, b"x" * 100_000, b'{"boxes": [' + b"[1, 2], " * 9000):
        with pytest.raises(FormatError, match=r"line 1, column 1: .* is not a number") as caught:
            read_rows(path := write(content))
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < len(str(path)) + 250


def test_a_box_too_thin_for_float32_is_an_error(write):
    path = write("1,-1,900000,5,0.001,60,1\n")
    with pytest.raises(FormatError, match="box without area"):
        read_boxes(path).detections()


def test_an_unreadable_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"cannot read .*none.txt: No such file"):
        read_rows(tmp_path / "none.txt")
    with pytest.raises(InputError, match=r"cannot read .*: Is a directory"):
        read_rows(tmp_path)


number = st.floats(-9000, 9000, width=32)
size = st.floats(0.0078125, 2000, width=32)
rows = st.tuples(st.integers(1, 60), number, number, size, size, st.floats(-1e6, 1e6, width=32))


@given(drawn=st.lists(rows, max_size=25, unique_by=lambda row: (row[0], round(row[1]))), tracked=st.booleans())
def test_written_text_can_be_read_again(tmp_path_factory, drawn, tracked):
    table = np.array(drawn, np.float32).reshape(-1, 6)
    corners = np.hstack([table[:, 1:3], np.maximum(table[:, 1:3] + table[:, 3:5], table[:, 1:3] + 0.005)])
    wide = (corners[:, 2:] > corners[:, :2]).all(axis=1)
    table, corners = table[wide], corners[wide]
    written = Detections(table[:, 0], corners, table[:, 5], np.zeros(len(table)))
    ids = np.arange(1, len(written) + 1, dtype=np.int32) if tracked else None
    filled = written.frame % 2 == 0 if tracked else None
    path = tmp_path_factory.mktemp("round-trip") / "det.txt"
    path.write_text(format_rows(written, ids, filled))
    read = read_boxes(path, Pictures(frame_count=60)).detections()
    assert read.frame.tolist() == written.frame.tolist()
    np.testing.assert_allclose(read.box, written.box, atol=0.021)
    np.testing.assert_allclose(read.score, written.score, rtol=1e-5)
    back = read_rows(path, unique_ids=tracked)
    assert back[:, 1].tolist() == (ids.tolist() if tracked else [-1] * len(written))
    assert back.shape[1] == (10 if len(written) else 7)
    assert read_boxes(path).interpolated.tolist() == (filled.tolist() if tracked else [False] * len(written))


def test_written_lines_have_ten_columns():
    detections = Detections.from_boxes(3, [[1, 2, 4.5, 8.125]], [0.123456789])
    assert format_rows(detections) == "3,-1,1.00,2.00,3.50,6.12,0.123457,-1,-1,-1\n"
    assert format_rows(detections, np.array([17], np.int32)).startswith("3,17,1.00")
    assert format_rows(detections, np.array([17], np.int32), np.array([True])).endswith(",0.123457,-1,-1,1\n")
    assert format_rows(Detections.empty()) == ""


def test_boxes_as_parts_of_the_picture_keep_their_digits() -> None:
    parts = Detections.from_boxes(1, [[0.062305, 0.25, 0.155763, 0.583333], [100.004, 20, 120, 60]])
    first, second = format_rows(parts).splitlines()
    assert first.startswith("1,-1,0.062305,0.250000,0.093458,0.333333,")
    assert second.startswith("1,-1,100.00,20.00,20.00,40.00,")


def test_a_box_thinner_than_two_decimals_can_be_read_again(write):
    path = write(format_rows(Detections.from_boxes(1, [[1, 1, 1.001, 9]])))
    assert read_rows(path)[0, 4] == 0.01


def test_a_frame_of_very_many_boxes_is_read_and_one_of_too_many_is_named(write):
    rows = [f"7,-1,{row % 1000},{row // 1000},5,9,0.5\n" for row in range(20_001)]
    assert read_boxes(write("".join(rows[:-1]))).detections().frame.tolist() == [7] * 20_000
    path = write("8,-1,1,1,2,2,1\n" + "".join(rows))
    with pytest.raises(FormatError, match=r"line 20002: 20001 boxes in frame 7: at most 20000 are plausible"):
        read_rows(path)


def test_real_files_read_whole(data):
    files = sorted(data.glob("*/det/*.txt"))
    assert files
    for path in files:
        found = read_boxes(path).detections()
        assert len(found) == path.read_text().count("\n")


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        (("2,-1,-1", "0,0.25,1"), [2, 0]),
        (("2,-1,-1", "-1,-1,-1"), [2, -1]),
        (("-1,-1,-1", "-1,-1,-1"), [0, 0]),
        (("2,3.5,0", "4,3.5,0"), [0, 0]),  # world coordinates of MOT15
        (("2.5,-1,-1", "4,-1,-1"), [0, 0]),
        (("-8,-1,-1", "4,-1,-1"), [0, 0]),
        (("99999,-1,-1", "4,-1,-1"), [0, 0]),
    ],
)
def test_the_eighth_of_ten_columns_is_the_class_and_no_world_coordinate(write, ends, expected):
    path = write("".join(f"1,-1,{10 * row},1,9,9,0.5,{end}\n" for row, end in enumerate(ends)))
    assert read_boxes(path).detections().label.tolist() == expected


def test_one_box_of_two_classes_is_no_repetition(write):
    assert read_boxes(write("1,-1,1,1,9,9,1,2,-1,-1\n1,-1,1,1,9,9,1,7,-1,-1\n")).detections().label.tolist() == [2, 7]


def test_ground_truth_of_mot16_has_classes_and_that_of_mot15_world_coordinates(data):
    for path in sorted(data.glob("*/gt/gt.txt")):
        has_classes = path.parts[-3].startswith(("MOT16", "MOT17"))
        assert (read_boxes(path).detections().label.max() > 1) == has_classes
