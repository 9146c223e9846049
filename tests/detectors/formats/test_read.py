"""Each format, as programs write it, gives the same boxes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.box_file import BoxFile
from siamlink.detectors.formats.pictures import BoxFormat, Pictures, ReadingOptions
from siamlink.detectors.formats.read import read_boxes, videos_in

Write = Callable[[str, str], Path]
VIDEO = Pictures("street", (320, 240), frame_count=40)
EXPECTED = [[1, 20, 60, 30, 80], [1, 250, 90, 35, 90], [2, 24, 60, 30, 80]]
"""Frame, left, top, width, height of the three boxes of every file."""


def boxes_of(read: BoxFile) -> list[list[float]]:
    return np.round(read.rows[:, [0, 2, 3, 4, 5]], 3).tolist()


MOT = "1,-1,20,60,30,80,0.9\n1,-1,250,90,35,90,0.8\n2,-1,24,60,30,80,0.7\n"
TEXTS = {
    "comma": MOT,
    "comma and space": MOT.replace(",", ", "),
    "semicolon": MOT.replace(",", ";"),
    "semicolon, decimal comma": MOT.replace(",", ";").replace(".", ","),
    "tab": MOT.replace(",", "\t"),
    "spaces": MOT.replace(",", "  "),
    "comment": "# made by a program\n" + MOT,
    "header": "frame,id,bb_left,bb_top,bb_width,bb_height,conf\n" + MOT,
    "header as a comment": "# frame id x y w h score\n" + MOT.replace(",", " "),
    "header of motmetrics": "FrameId,Id,X,Y,Width,Height,Confidence\n" + MOT,
    "supervision": "x_min,y_min,x_max,y_max,class_id,confidence,tracker_id,frame\n"
    "20,60,50,140,,0.9,,1\n250,90,285,180,,0.8,,1\n24,60,54,140,,0.7,,2\n",
    "VoTT": '"frame","xmin","ymin","xmax","ymax","score"\n1,20,60,50,140,.9\n1,250,90,285,180,.8\n2,24,60,54,140,.7\n',
    "pandas": ",frame,left,top,right,bottom,score\n0,1,20,60,50,140,.9\n1,1,250,90,285,180,.8\n2,2,24,60,54,140,.7\n",
    "centre": "frame cx cy w h conf\n1 35 100 30 80 .9\n1 267.5 135 35 90 .8\n2 39 100 30 80 .7\n",
    "list in a column": 'frame;bbox;score\n1;"[20, 60, 30, 80]";.9\n1;"[250, 90, 35, 90]";.8\n'
    '2;"[24, 60, 30, 80]";.7\n',
    "file names": "image,x1,y1,x2,y2,confidence\nimg_0001.jpg,20,60,50,140,.9\nimg_0001.jpg,250,90,285,180,.8\n"
    "img_0002.jpg,24,60,54,140,.7\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_with_any_separator_and_header_gives_the_boxes(write: Write, name: str) -> None:
    read = read_boxes(write("boxes.txt", TEXTS[name]), VIDEO)
    assert boxes_of(read) == EXPECTED
    assert read.score == pytest.approx([0.9, 0.8, 0.7])
    assert read.track_id.tolist() == [-1, -1, -1]
    assert not read.has_classes
    detections = read.detections()
    assert detections.box.tolist() == [[20, 60, 50, 140], [250, 90, 285, 180], [24, 60, 54, 140]]
    assert detections.label.tolist() == [0, 0, 0]


def records(**more: object) -> list[dict[str, object]]:
    rows = ((1, 20, 60, 50, 140, 0.9), (1, 250, 90, 285, 180, 0.8), (2, 24, 60, 54, 140, 0.7))
    names = ("frame", "x_min", "y_min", "x_max", "y_max", "confidence")
    return [{**dict(zip(names, row, strict=True)), **more} for row in rows]


def results(**more: object) -> list[dict[str, object]]:
    rows = ((1, 20, 60, 30, 80, 0.9), (1, 250, 90, 35, 90, 0.8), (2, 24, 60, 30, 80, 0.7))
    return [{"image_id": row[0], "category_id": 3, "bbox": row[1:5], "score": row[5], **more} for row in rows]


JSON = {
    "lines": "\n".join(map(json.dumps, records())),
    "list": json.dumps(records(), indent=1),
    "lines of frames": json.dumps({"frame": 1, "detections": [{"box": [20, 60, 50, 140], "score": 0.9}]})
    + "\n"
    + json.dumps({"frame": 1, "detections": [{"box": [250, 90, 285, 180], "score": 0.8}]})
    + '\n{"frame": 2, "detections": [{"box": [24, 60, 54, 140], "score": 0.7}]}\n{"frame": 3, "detections": []}',
    "pipeline": json.dumps(
        [
            {"frame": each["frame"], "score": each["confidence"], "box": {k: each[k] for k in list(each)[1:5]}}
            for each in records()
        ]
    ),
    "ultralytics": json.dumps(
        [
            {
                "frame": each["frame"],
                "name": "car",
                "class": 2,
                "confidence": each["confidence"],
                "box": dict(zip(("x1", "y1", "x2", "y2"), list(each.values())[1:5], strict=True)),
            }
            for each in records()
        ]
    ),
    "results": json.dumps(results()),
    "results by file name": json.dumps([{**each, "image_id": f"f/{each['image_id']:06d}.jpg"} for each in results()]),
}


@pytest.mark.parametrize("name", JSON)
def test_json_of_any_layout_gives_the_boxes(write: Write, name: str) -> None:
    read = read_boxes(write("boxes.json", JSON[name]), VIDEO)
    assert boxes_of(read) == EXPECTED
    assert read.score == pytest.approx([0.9, 0.8, 0.7])
    if name.startswith("results"):
        assert read.label.tolist() == [3, 3, 3]
    if name == "ultralytics":
        assert (read.label.tolist(), dict(read.class_names or {})) == ([2, 2, 2], {2: "car"})


def coco(frames: tuple[object, object] = (0, 1), **image: object) -> dict[str, object]:
    images = [
        {"id": 7, "file_name": "a/000100.jpg", "frame_id": frames[0], "width": 320, "height": 240, **image},
        {"id": 9, "file_name": "a/000101.jpg", "frame_id": frames[1], "width": 320, "height": 240, **image},
    ]
    rows = ((7, [20, 60, 30, 80], 17), (7, [250, 90, 35, 90], 4), (9, [24, 60, 30, 80], 17))
    annotations = [
        {"id": number, "image_id": image_id, "bbox": box, "track_id": track, "category_id": 2}
        for number, (image_id, box, track) in enumerate(rows, 1)
    ]
    return {"images": images, "annotations": annotations, "categories": [{"id": 2, "name": "car"}]}


def test_coco_has_frames_ids_and_names_of_classes(write: Write) -> None:
    read = read_boxes(write("coco.json", json.dumps(coco())), VIDEO, unique_ids=True)
    assert boxes_of(read) == EXPECTED
    assert read.track_id.tolist() == [17, 4, 17]
    assert read.label.tolist() == [2, 2, 2]
    assert dict(read.class_names or {}) == {2: "car"}
    assert read.notes == ("frames are counted from 0, as COCO JSON does: frame 0 of the file is frame 1 here",)


def test_coco_without_frame_numbers_takes_names_or_the_order_of_images(write: Write) -> None:
    content = coco((None, None))
    read = read_boxes(write("coco.json", json.dumps(content)))
    assert read.frame.tolist() == [100, 100, 101]
    assert read.notes == ("frames are the numbers in the file names of the images",)
    content["images"][1]["file_name"] = "b/100.jpg"  # type: ignore[index]
    read = read_boxes(write("coco.json", json.dumps(content)))
    assert read.frame.tolist() == [1, 1, 2]
    assert read.notes == ("frames are counted in the order of the list of images",)
    named = Pictures("a", (320, 240), 1, 2, {"000100.jpg": 1, "000101.jpg": 2})
    read = read_boxes(write("coco.json", json.dumps(coco((5, 5)))), named)
    assert read.frame.tolist() == [1, 1, 2]


def test_coco_of_several_videos_gives_the_one_of_the_pictures_name(write: Write) -> None:
    content = coco((1, 1))
    content["images"][0]["video_id"], content["images"][1]["video_id"] = 1, 2  # type: ignore[index]
    content["videos"] = [{"id": 1, "name": "street.mp4"}, {"id": 2, "name": "park"}]
    path = write("coco.json", json.dumps(content))
    assert boxes_of(read_boxes(path, VIDEO)) == EXPECTED[:2]
    assert boxes_of(read_boxes(path, Pictures("park"))) == [[1, *EXPECTED[2][1:]]]
    with pytest.raises(FormatError, match=r"holds 2 videos, but not yard: street.mp4, park"):
        read_boxes(path, Pictures("yard"))


def test_a_folder_of_yolo_files_is_scaled_by_the_size_of_the_picture(write: Write) -> None:
    write("out/labels/street_1.txt", "2 0.109375 0.416667 0.093750 0.333333 0.9\n2 0.835938 0.5625 0.109375 0.375 0.8")
    write("out/labels/street_2.txt", "0 0.121875 0.416667 0.09375 0.333333 0.7")
    write("out/labels/street_10.txt", "")
    folder = write("out/labels/classes.txt", "person\nbicycle\ncar").parent
    for path in (folder, folder.parent):
        read = read_boxes(path, VIDEO)
        np.testing.assert_allclose(read.rows[:, [0, 2, 3, 4, 5]], EXPECTED, atol=1e-3)
        assert read.score == pytest.approx([0.9, 0.8, 0.7])
        assert read.label.tolist() == [2, 2, 0]
        assert dict(read_boxes(folder, VIDEO).class_names or {}) == {0: "person", 1: "bicycle", 2: "car"}
    with pytest.raises(FormatError, match="are parts of the picture, whose size is not known"):
        read_boxes(folder)


def test_yolo_files_are_of_the_pictures_of_their_names(write: Write) -> None:
    folder = write("labels/cam_000060.txt", "0 .5 .5 .1 .1 .9 3").parent
    write("labels/cam_000065.txt", "0 .5 .5 .1 .1 .8 3")
    pictures = Pictures("cam", (100, 100), 1, 2, {"cam_000060.png": 1, "cam_000065.png": 2})
    read = read_boxes(folder, pictures, unique_ids=True)
    assert read.rows[:, :7].tolist() == [[1, 3, 45, 45, 10, 10, 0.9], [2, 3, 45, 45, 10, 10, 0.8]]


def test_yolo_numbers_after_the_box_are_ids_only_where_they_are_whole_and_above_1(write: Write) -> None:
    folder = write("labels/a1.txt", "0 .5 .5 .1 .1 1\n0 .3 .3 .1 .1 2").parent
    assert read_boxes(folder, VIDEO).track_id.tolist() == [1, 2]
    write("labels/a1.txt", "0 .5 .5 .1 .1 1\n0 .3 .3 .1 .1 0")
    read = read_boxes(folder, VIDEO)
    assert (read.track_id.tolist(), read.score.tolist()) == ([-1, -1], [1, 0])


KITTI = "{} 1 Pedestrian 0 0 -10 20 60 50 140 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"


def test_kitti_counts_from_0_unless_the_frames_show_otherwise(write: Write) -> None:
    text = KITTI.format(0) + KITTI.format(3).replace("Pedestrian", "Car")
    text += "3 -1 DontCare -1 -1 -10 1 1 5 5 -1 -1 -1 -1000 -1000 -1000 -10\n"
    read = read_boxes(write("0000.txt", text), VIDEO, unique_ids=True)
    assert boxes_of(read) == [[1, 20, 60, 30, 80], [4, 20, 60, 30, 80]]
    assert [read.class_names.name_of(label) for label in read.label.tolist()] == ["Pedestrian", "Car"]  # type: ignore[union-attr]
    assert read.notes == ("frames are counted from 0, as KITTI text does: frame 0 of the file is frame 1 here",)
    read = read_boxes(write("0001.txt", KITTI.format(1) + KITTI.format(40)), VIDEO)
    assert read.frame.tolist() == [1, 40]
    assert read.notes == ("frames are counted from 1, though KITTI text counts from 0: the last frame is 40",)


def test_classes_of_mot_text_are_in_column_8_where_that_holds_whole_numbers(write: Write) -> None:
    read = read_boxes(write("a.txt", "1,1,10,20,30,60,1,3,0.5\n2,1,10,20,30,60,1,7,1\n"), unique_ids=True)
    assert (read.has_classes, read.label.tolist()) == (True, [3, 7])
    read = read_boxes(write("b.txt", "1,1,10,20,30,60,1,-3.5,0.5,0\n2,1,10,20,30,60,1,7,1,0\n"))
    assert (read.has_classes, read.label.tolist()) == (False, [0, 0])
    read = read_boxes(write("c.txt", "1,1,10,20,30,60,1,2,0.9731,-1\n2,1,10,20,30,60,1,2,-1,1\n"))
    assert read.label.tolist() == [2, 2]
    assert read.interpolated.tolist() == [False, True]
    assert read.link_probability.tolist() == pytest.approx([0.9731, np.nan], nan_ok=True)


def test_classes_of_tables_are_numbers_names_or_both(write: Write) -> None:
    table = "frame,x1,y1,x2,y2,{}\n1,20,60,50,140,{}\n1,250,90,285,180,{}\n"
    read = read_boxes(write("a.csv", table.format("class_id,class_name", "4,ant", "9,bee")))
    assert (read.label.tolist(), dict(read.class_names or {})) == ([4, 9], {4: "ant", 9: "bee"})
    read = read_boxes(write("b.csv", table.format("label", "car", "person")))
    assert (read.label.tolist(), dict(read.class_names or {})) == ([2, 0], {2: "car", 0: "person"})
    read = read_boxes(write("c.csv", table.format("class", "ant", "bee")))
    assert (read.label.tolist(), dict(read.class_names or {})) == ([0, 1], {0: "ant", 1: "bee"})
    read = read_boxes(write("f.csv", table.format("class,name", "4,ant", "9,bee")))
    assert (read.label.tolist(), dict(read.class_names or {})) == ([4, 9], {4: "ant", 9: "bee"})
    read = read_boxes(write("g.csv", table.format("label,name", "ant,x", "bee,y")))
    assert dict(read.class_names or {}) == {0: "x", 1: "y"}
    read = read_boxes(write("d.csv", table.format("class", "3", "8")))
    assert (read.label.tolist(), read.class_names) == ([3, 8], None)
    with pytest.raises(FormatError, match=r"line 3, column 7: class number 4 has two names, 'ant' and 'bee'"):
        read_boxes(write("e.csv", table.format("class_id,class_name", "4,ant", "4,bee")))


def test_tracks_of_a_table_have_what_was_interpolated_and_how_sure_links_are(write: Write) -> None:
    text = "frame,track_id,left,top,width,height,interpolated,link_probability\n"
    text += "1,5,1,1,9,9,False,0.75\n2,5,2,1,9,9,True,\n"
    read = read_boxes(write("tracks.csv", text), unique_ids=True)
    assert read.rows.tolist() == [[1, 5, 1, 1, 9, 9, 1, -1, 0.75, -1], [2, 5, 2, 1, 9, 9, 1, -1, -1, 1]]
    assert read.interpolated.tolist() == [False, True]


def test_a_table_of_several_videos_gives_the_one_of_the_pictures_name(write: Write) -> None:
    text = "video,frame,x1,y1,x2,y2\nstreet.mp4,1,1,1,9,9\npark.mp4,1,5,5,9,9\n"
    assert boxes_of(read_boxes(write("a.csv", text), VIDEO)) == [[1, 1, 1, 8, 8]]
    with pytest.raises(FormatError, match=r"holds boxes of 2 videos, but not yard: street.mp4, park.mp4"):
        read_boxes(write("a.csv", text), Pictures("yard"))


def test_frames_of_a_table_count_from_0_where_frame_0_occurs_or_the_name_says_so(write: Write) -> None:
    table = "{},x1,y1,x2,y2\n{},1,1,9,9\n{},1,1,9,9\n"
    assert read_boxes(write("a.csv", table.format("frame", 0, 39)), VIDEO).frame.tolist() == [1, 40]
    assert read_boxes(write("a.csv", table.format("frame", 1, 40)), VIDEO).frame.tolist() == [1, 40]
    assert read_boxes(write("a.csv", table.format("frame_index", 3, 5)), VIDEO).frame.tolist() == [4, 6]
    assert read_boxes(write("a.csv", table.format("frame_index", 3, 40)), VIDEO).frame.tolist() == [3, 40]
    from_zero = ReadingOptions(frames_from=0)
    assert read_boxes(write("a.csv", table.format("frame", 3, 5)), VIDEO, from_zero).frame.tolist() == [4, 6]
    mot = write("a.txt", "0,-1,1,1,8,8,1\n")
    assert read_boxes(mot, VIDEO, from_zero).frame.tolist() == [1]
    with pytest.raises(
        FormatError, match=r"frame 0 is out of range: .* if the file counts frames from 0, give --frames"
    ):
        read_boxes(mot, VIDEO)


def test_the_format_of_a_box_can_be_given(write: Write) -> None:
    corners = "1,-1,20,60,50,140,0.9\n1,-1,250,90,285,180,0.8\n2,-1,24,60,54,140,0.7\n"
    read = read_boxes(write("a.txt", corners), VIDEO, ReadingOptions(BoxFormat.xyxy))
    assert boxes_of(read) == EXPECTED
    centres = "frame,x,y,w,h\n1,35,100,30,80\n1,267.5,135,35,90\n2,39,100,30,80\n"
    assert boxes_of(read_boxes(write("b.csv", centres), VIDEO, ReadingOptions(BoxFormat.cxcywh))) == EXPECTED
    with pytest.raises(FormatError, match=r"line 1, column 5: right 10 is not above that of the opposite side"):
        read_boxes(write("a.txt", "1,-1,20,60,10,140,0.9"), VIDEO, ReadingOptions(BoxFormat.xyxy))


@pytest.mark.parametrize("text", ["", "\n", "[]", '{"images": [], "annotations": []}', "frame,x1,y1,x2,y2\n"])
def test_a_file_without_boxes_has_none(write: Write, text: str) -> None:
    assert len(read_boxes(write("boxes", text), VIDEO).detections()) == 0


def test_a_file_that_is_no_json_names_no_videos(write: Write) -> None:
    for text in ("{", "[" * 100_000, "[1]", '{"annotations": 3}'):
        assert videos_in(write("boxes.json", text)) == []
