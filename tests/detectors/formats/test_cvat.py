"""CVAT for video: what it means that boxes are key frames, outside, or missing between two others."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.read import read_boxes

Write = Callable[..., Path]


def box(frame: int | str, left: float, siamlink_id: int | None = None, more: str = "", outside: int = 0) -> str:
    identity = "" if siamlink_id is None else f'<attribute name="siamlink_id">{siamlink_id}</attribute>'
    place = f'xtl="{left}" ytl="20" xbr="{left + 30}" ybr="80"'
    return f'<box frame="{frame}" outside="{outside}" keyframe="1" occluded="0" {place}>{identity}{more}</box>'


def track(*boxes: str, label: str = "person") -> str:
    return f'<track id="0" label="{label}" source="manual">{"".join(boxes)}</track>'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*tracks: str, head: str = '<?xml version="1.0" encoding="utf-8"?>\n') -> Path:
        path = tmp_path / "a.xml"
        path.write_text(f"{head}<annotations><version>1.1</version>{''.join(tracks)}</annotations>", encoding="utf-8")
        return path

    return written


def test_frames_count_from_zero_and_boxes_between_are_on_the_line(write: Write) -> None:
    attributes = '<attribute name="score">0.5</attribute><attribute name="interpolated">true</attribute>'
    path = write(track(box(0, 10, 7, attributes), box(4, 30, 7), box(6, 30, 7, outside=1), box(8, 50, 7)))
    boxes = read_boxes(path, unique_ids=True)
    assert boxes.frame.tolist() == [1, 2, 3, 4, 5, 6, 9]
    assert boxes.rows[:, 2].tolist() == [10, 15, 20, 25, 30, 30, 50]
    assert (boxes.rows[:, 4:6] == [30, 60]).all()
    assert boxes.track_id.tolist() == [7] * 7
    assert boxes.score.tolist() == [0.5] * 4 + [1] * 3
    assert boxes.interpolated.tolist() == [True] * 4 + [False] * 3
    assert np.isnan(boxes.link_probability).all()
    assert boxes.class_names == {0: "person"}


def test_ids_are_those_of_siamlink_where_no_other_track_has_more_of_it(write: Write) -> None:
    short, long = track(box(0, 10, 7)), track(*(box(frame, 200, 7) for frame in range(5)))
    unnamed, other = track(box(1, 400)), track(box(2, 500, 3), label="car")
    boxes = read_boxes(write(short, long, unnamed, other), unique_ids=True)
    first = {left: int(boxes.track_id[boxes.rows[:, 2] == left][0]) for left in (10, 200, 400, 500)}
    assert first == {10: 8, 200: 7, 400: 9, 500: 3}
    assert boxes.label[boxes.rows[:, 2] == 500].tolist() == [2], "as COCO numbers them"


def test_a_label_that_says_nothing_is_no_class(write: Write) -> None:
    boxes = read_boxes(write(track(box(0, 10), label="object")))
    assert (boxes.has_classes, boxes.class_names, boxes.label.tolist()) == (False, None, [0])


def test_other_shapes_are_noted_and_tracks_outside_left_out(write: Write) -> None:
    boxes = read_boxes(write(track(box(0, 10), '<polygon frame="1" points="1,2;3,4"/>'), track(box(0, 9, outside=1))))
    assert len(boxes) == 1
    assert "1 shapes that are no boxes are left out" in boxes.notes
    assert len(read_boxes(write())) == 0


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
BAD = [
    ([track(box(0, 10))], {"head": BOMB}, "line 1: declares a document type, which files of CVAT do not"),
    ([track(box(-1, 10))], {}, "frame must be a whole number from 0 to 9999999, not '-1'"),
    ([track(box("1e9", 10))], {}, "frame must be a whole number from 0 to 9999999, not '1e9'"),
    ([track(box(10_000_000, 10))], {}, "frame must be a whole number from 0 to 9999999, not '10000000'"),
    ([track(box(0, float("nan")))], {}, "xtl must be a number, not 'nan'"),
    ([track(box(0, 1e9))], {}, "is not a plausible pixel position"),
    ([track(box(0, 10), box(9_999_999, 10))], {}, "more than 5000000 boxes, those between key frames included"),
    ([track(box(0, 10), label="")], {}, "the track has no label"),
    (["<image id='0' name='a.jpg'></image>"], {}, "holds images, not tracks: export the task as 'CVAT for video'"),
    (["<track label='a'>"], {}, "line 2: not XML: mismatched tag"),
    ([], {"head": "<html></html>"}, "not XML: junk after document element"),
]


@pytest.mark.parametrize(("tracks", "options", "message"), BAD)
def test_what_cannot_be_is_named(write: Write, tracks: list[str], options: dict[str, str], message: str) -> None:
    with pytest.raises(FormatError) as raised:
        read_boxes(write(*tracks, **options), unique_ids=True)
    assert message in str(raised.value)
