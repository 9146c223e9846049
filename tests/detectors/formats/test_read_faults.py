"""What cannot be right in a file of boxes is said in one line, with its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import read_boxes

Write = Callable[[str, str], Path]
VIDEO = Pictures("street", (320, 240), frame_count=40)
WRONG = {
    "frame,x1,y1,x2\n1,2,3,4": "line 1: expected columns for a frame",
    "time,x1,y1,x2,y2\n0.04,1,2,3,4": r"found time, x1, y1, x2, y2; the frame of a time in seconds is 1 \+ time x",
    "x_min,y_min,x_max,y_max,score\n1,2,3,4,.5": r"found x_min, y_min, x_max, y_max, score",
    "frame,x1,y1,x2,y2\n1,2,3,9\n": "line 2: expected 5 fields as in the header, found 4",
    "frame,x1,y1,x2,y2\n1,2,3,9,y\n": r"line 2, column 5: 'y' \(y2\) is not a number",
    "frame,x1,y1,x2,y2\n\n1,2,,9,9\n": r"line 3, column 3: y1 is missing",
    "frame,x1,y1,x2,y2\n1,2,3,9,2\n": "line 2, column 5: bottom 2 is not above that of the opposite side",
    "frame,x1,y1,x2,y2\n99,2,3,9,5\n": "line 2, column 1: frame 99 is out of range: the last frame is 40",
    "frame,x1,y1,x2,y2,class_id\n1,2,3,9,5,1.5\n": "line 2: class number 1.5 is not a whole number",
    "frame,frame,x1,y1,x2,y2\n1,1,2,3,9,5\n": "the column 'frame' occurs twice",
    "image,x1,y1,x2,y2\na.jpg,2,3,9,5\n": "line 2, column 1: there is no frame number in 'a.jpg'",
    'frame,x1,y1,x2,y2,name\n1,2,3,9,5,"car\n': "line 2: a quotation mark is not closed on its line",
    '{"images": [{"id": 1}, {"id": 2}, {"id": 2}], "annotations": []}': "two images have the id 2",
    '{"boxes": ': "not valid JSON",
    "[1, 2]": "record 1: expected an object with the values of a box",
    '{"model": 1}': "expected columns for .*; found model",
    '{"model": 1,\n"epoch": 2}': "expected COCO, or records .*; found an object with model, epoch",
    '[{"image_id": 1, "bbox": [1, 2, 3]}]': r"result 1: bbox is not a list of four numbers: \[1, 2, 3\]",
    '[{"image_id": 1, "bbox": [1, 2, 3, 0]}]': "result 1: height 0 is not above 0",
    '[{"image_id": 99, "bbox": [1, 2, 3, 4]}]': "result 1: frame 99 is out of range: the last frame is 40",
    '{"annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4]}]}': "expected a list of images, each with an id",
    '{"images": [], "annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4]}]}': "annotation 1: there is no image of",
    '{"images": [{"id": 1}], "annotations": [{"image_id": 1}]}': "annotation 1: expected an object with image_id",
    '{"frame": 1, "box": [1, 2, 3, 4]}\n{"frame": "x", "box": [1, 2, 3, 4]}': r"line 2: 'x' \(frame\) is not a number",
    "[" * 100_000: "not valid JSON: too deeply nested",
    '[{"frame": ' + "9" * 5000 + ', "box": [1, 2, 3, 4]}]': "not valid JSON: a number is too long",
    "1 2 Car 0 0 -10 x 2 3 4 0 0 0 0 0 0 0": "line 1, column 7: 'x' is not a number",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_cannot_be_right_is_said_in_one_line_with_its_place(write: Write, text: str) -> None:
    with pytest.raises(FormatError, match=WRONG[text]) as caught:
        read_boxes(path := write("boxes", text), VIDEO)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_text_in_another_encoding_is_told_from_what_is_no_text(tmp_path: Path) -> None:
    path, table = tmp_path / "boxes.csv", "frame,x1,y1,x2,y2,name\n1,2,3,9,5,caf\N{LATIN SMALL LETTER E WITH ACUTE}\n"
    for encoding in ("latin-1", "utf-16"):
        path.write_bytes(table.encode(encoding))
        with pytest.raises(FormatError, match="not text in UTF-8: save it again in this encoding"):
            read_boxes(path, VIDEO)
    path.write_bytes(b"PK\3\4\0\0\xff\xfe")
    with pytest.raises(FormatError, match="not a text file"):
        read_boxes(path, VIDEO)
    path.write_text(table, encoding="utf-8-sig")
    assert len(read_boxes(path, VIDEO).detections()) == 1


def test_faults_of_a_yolo_folder_name_the_file(write: Write) -> None:
    path = write("labels/a_1.txt", "0 .5 .5 .1 .1\n0 .5 x .1 .1")
    with pytest.raises(FormatError, match=r"a_1.txt, line 2, column 3: 'x' \(centre y\) is not a number"):
        read_boxes(path.parent, VIDEO)
    write("labels/a_1.txt", "0 .1 .1 .2 .2 .3 .3 .4 .4")
    with pytest.raises(FormatError, match="found 9: polygons cannot be tracked"):
        read_boxes(path.parent, VIDEO)
    write("labels/a_1.txt", "")
    write("labels/b_1.txt", "")
    with pytest.raises(FormatError, match="another file in the folder is of frame 1 too"):
        read_boxes(path.parent, VIDEO)
    with pytest.raises(InputError, match="no detections in the folder"):
        read_boxes(write("empty/notes.md", "").parent, VIDEO)
