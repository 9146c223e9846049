import csv
import io
import sys

import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import ClassNames
from siamlink.tracker.table import csv_text, data_frame
from siamlink.tracker.tracks import Tracks

HEADINGS = (
    "x_min,y_min,x_max,y_max,class_id,confidence,tracker_id,frame,time,class_name,interpolated,link_probability,found"
)
BOXES = [[0, 0, 10.125, 20], [20.5, 1, 30, 20], [1, 0, 11, 20]]


@pytest.fixture
def tracks() -> Tracks:
    return Tracks(
        [1, 1, 26], BOXES, [0.5, 0.25, 1 / 3], [0, 2, 0], [4, 9, 4], [False, False, True], found=[False, False, True]
    )


def test_the_csv_has_supervisions_columns_and_ours(tracks: Tracks) -> None:
    names = ClassNames({0: "person", 2: 'van, "big"'})
    text = csv_text(tracks.columns(25, names))
    assert text.splitlines() == [
        HEADINGS,
        "0.00,0.00,10.12,20.00,0,0.5,4,1,0.0000,person,false,,false",
        '20.50,1.00,30.00,20.00,2,0.25,9,1,0.0000,"van, ""big""",false,,false',
        "1.00,0.00,11.00,20.00,0,0.333333,4,26,1.0000,person,true,,true",
    ]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["class_name"] for row in rows] == ["person", 'van, "big"', "person"]


def test_what_is_not_known_is_empty(tracks: Tracks) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(tracks.columns()))))
    assert {(row["time"], row["class_name"]) for row in rows} == {("", "")}
    assert [row["class_id"] for row in rows] == ["0", "2", "0"]
    assert csv_text(Tracks.empty().columns()) == HEADINGS + "\n"


def test_boxes_in_parts_of_the_picture_keep_their_digits() -> None:
    tracks = Tracks([1], [[0.1234567, 0.5, 0.25, 0.75]], [1], [0], [1], [False])
    assert csv_text(tracks.columns()).splitlines()[1].startswith("0.123457,0.500000,0.250000,0.750000,0,1,1,1,,")


def test_a_data_frame_has_the_same_columns_with_their_types(tracks: Tracks) -> None:
    pytest.importorskip("pandas")
    frame = data_frame(tracks.columns(25, ClassNames(["person", "bicycle", "car"])))
    assert ",".join(frame.columns) == HEADINGS
    assert frame.tracker_id.tolist() == [4, 9, 4]
    assert frame.time.tolist() == [0, 0, 1]
    assert frame.class_name.tolist() == ["person", "car", "person"]
    assert frame.interpolated.dtype == bool
    assert frame.frame.dtype == np.int32
    frame.loc[0, "x_min"] = 5  # a copy: the tracks stay as they are
    assert tracks.box[0, 0] == 0


def test_without_pandas_one_line_says_what_to_install(tracks: Tracks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="the package pandas is not installed: pip install pandas"):
        data_frame(tracks.columns())
