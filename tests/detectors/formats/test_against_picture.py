"""Boxes that do not fit the picture: parts of it, corners taken for sizes, boxes outside."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.pictures import BoxFormat, Pictures, ReadingOptions
from siamlink.detectors.formats.read import read_boxes

Write = Callable[[str], Path]
KNOWN = Pictures("street", (320, 240), frame_count=40)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "boxes.txt"
        path.write_text(text)
        return path

    return written


def walks(count: int = 40, corners: bool = False) -> str:
    """Two objects that cross the picture, as MOT text."""
    rows = []
    for frame in range(1, count + 1):
        for left, top, width, height in ((20 + 4 * frame, 60, 30, 80), (285 - 4 * frame, 90, 35, 90)):
            ends = (left + width, top + height) if corners else (width, height)
            rows.append(f"{frame},-1,{left},{top},{ends[0]},{ends[1]},0.9\n")
    return "".join(rows)


def test_parts_of_a_picture_become_pixels_where_its_size_is_known(write: Write) -> None:
    path = write("1,-1,0.0625,0.25,0.09375,0.5,1\n2,-1,-0.01,0.5,0.5,0.5,1\n")
    read = read_boxes(path, KNOWN)
    np.testing.assert_allclose(read.rows[:, 2:6], [[20, 60, 30, 120], [-3.2, 120, 160, 120]])
    assert read.notes == (
        "boxes are parts of the picture, and were multiplied by its size, 320x240; "
        "they were read as left, top, width, height",
    )
    read = read_boxes(path)
    assert read.rows[0, 2:6].tolist() == [0.0625, 0.25, 0.09375, 0.5]
    assert read.notes[0].startswith(
        "all boxes lie within one pixel: they are parts of a picture whose size is not known"
    )


def test_parts_of_a_picture_may_be_corners_or_centres(write: Write) -> None:
    path = write("1,-1,0.25,0.25,0.5,0.75,1\n")
    read = read_boxes(path, KNOWN, ReadingOptions(BoxFormat.xyxy))
    assert read.rows[0, 2:6].tolist() == [80, 60, 80, 120]
    read = read_boxes(path, KNOWN, ReadingOptions(BoxFormat.cxcywh))
    assert read.rows[0, 2:6].tolist() == [0, -30, 160, 180]
    assert read.notes[0].endswith("they were read as centre x, centre y, width, height")


@pytest.mark.parametrize(
    ("box", "form"),
    [("0.6,0.5,0.9,0.8", "xyxy"), ("0.8,0.7,0.4,0.6", "cxcywh"), ("0.7,0.5,0.5,1", "cxcywh")],
)
def test_parts_of_a_picture_that_end_outside_as_sizes_are_refused_with_the_remedy(
    write: Write, box: str, form: str
) -> None:
    path = write(f"1,-1,0.1,0.1,0.2,0.4,1\n2,-1,{box},1\n")
    with pytest.raises(
        FormatError, match=f"1 of 2 boxes end outside the picture .*: give --box-format {form}, or ltwh"
    ):
        read_boxes(path, KNOWN)
    assert read_boxes(path, KNOWN, ReadingOptions(BoxFormat.ltwh)).rows[1, 2] == 320 * float(box[:3])


def test_one_box_in_pixels_makes_all_pixels(write: Write) -> None:
    read = read_boxes(write("1,-1,0.1,0.2,0.5,0.5,1\n1,-1,20,60,30,80,1\n"), KNOWN)
    assert read.rows[:, 2].tolist() == [0.1, 20]
    assert read.notes == ()


def test_corners_taken_for_sizes_are_refused_with_the_remedy(write: Write) -> None:
    path = write(walks(corners=True))
    with pytest.raises(
        FormatError, match=r"end outside the picture of 320x240 pixels, but fit if .* --box-format xyxy"
    ):
        read_boxes(path, KNOWN)
    read = read_boxes(path, KNOWN, ReadingOptions(BoxFormat.xyxy))
    assert read.rows[0, 2:6].tolist() == [24, 60, 30, 80]
    assert read.notes == ()
    kept = read_boxes(path, KNOWN, ReadingOptions(BoxFormat.ltwh))  # the user insists
    assert kept.rows[0, 2:6].tolist() == [24, 60, 54, 140]
    assert len(read_boxes(path)) == 80  # without a size there is nothing to compare with


@pytest.mark.parametrize(
    "text",
    [
        walks(),
        "1,-1,1,1,330,250,1\n2,-1,1,1,325,245,1\n",  # a little larger than the picture
        "1,-1,5,5,300,200,1\n2,-1,250,90,35,90,1\n",
        "1,-1,5,5,40,40,1\n2,-1,5,5,40,40,1\n",  # fit as both
        "1,-1,600,400,900,700,1\n2,-1,700,500,900,700,1\n",  # fit as neither
    ],
)
def test_boxes_that_may_be_sizes_are_taken_as_such(write: Write, text: str) -> None:
    assert read_boxes(write(text), KNOWN).rows[:, 4].min() > 0


def test_boxes_wholly_outside_are_counted(write: Write) -> None:
    text = walks(2) + "7,-1,330,20,30,60,1\n8,-1,-40,20,30,60,1\n9,-1,10,250,30,60,1\n"
    read = read_boxes(write(text), KNOWN)
    assert read.notes == (
        "3 of 7 boxes lie wholly outside the picture of 320x240 pixels; the first is in frame 7 (line 5): "
        "is it the right video, of the size that was detected in?",
    )
    assert len(read) == 7
    one = read_boxes(write(walks(5) + "7,-1,330,20,30,60,1\n"), KNOWN)
    assert one.notes[0].endswith(
        "1 of 11 boxes lies wholly outside the picture of 320x240 pixels; the first is in frame 7 (line 11)"
    )
    assert read_boxes(write(walks(2) + "9,-1,310,20,30,60,1\n"), KNOWN).notes == ()


def test_real_detections_need_no_note(data: Path) -> None:
    from siamlink.detectors.mot.sequence import open_sequence

    for folder in sorted(path.parent for path in data.glob("*/seqinfo.ini")):
        sequence = open_sequence(folder)
        for path in (*sequence.detection_files, sequence.truth_file):
            notes = read_boxes(path, sequence.pictures).notes
            assert all("wholly outside" in note for note in notes), path
