"""COCO: read by pycocotools, with ids that are unique over all videos."""

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from siamlink.tools.exporting.coco import write
from siamlink.tools.exporting.options import ExportOptions

coco = pytest.importorskip("pycocotools.coco")


def read(path: Path) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):
        return coco.COCO(str(path))


def test_pycocotools_reads_boxes_tracks_and_images(tmp_path, video):
    write(tmp_path / "a.json", [video], ExportOptions())
    read_again = read(tmp_path / "a.json")
    assert len(read_again.getImgIds()) == 10
    names = {each["id"]: each["name"] for each in read_again.loadCats(read_again.getCatIds())}
    assert names == {1: "person", 3: 'lorry & "bus" <big>'}
    (image,) = [each for each in read_again.loadImgs(read_again.getImgIds()) if each["frame_id"] == 2]
    assert (image["file_name"], image["width"], image["height"], image["video_id"]) == ("clip/000003.jpg", 640, 480, 1)
    (found,) = read_again.loadAnns(read_again.getAnnIds(imgIds=image["id"]))
    assert found["bbox"] == [18.25, 20, 30, 60]
    assert (found["area"], found["iscrowd"], found["track_id"], found["category_id"]) == (1800, 0, 7, 3)
    assert (found["score"], found["attributes"]) == (
        0.7,
        {"interpolated": True, "found": False, "link_probability": 0.75},
    )
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["videos"] == [
        {"id": 1, "name": "clip", "file_name": "clip.mp4", "width": 640, "height": 480, "length": 10, "fps": 5.0}
    ]
    assert content["tracks"] == [
        {"id": 3, "category_id": 1, "video_id": 1, "siamlink_id": 3},
        {"id": 7, "category_id": 3, "video_id": 1, "siamlink_id": 7},
    ]
    last = content["annotations"][-1]
    assert last["attributes"] == {"interpolated": False, "found": False}, "an unknown probability is left out"


def test_ids_are_unique_over_all_videos(tmp_path, video):
    pictures = tuple(f"picture {number}.png" for number in range(10))
    other = replace(video, name="other", image_files=pictures, video="pictures")
    write(tmp_path / "a.json", [video, other], ExportOptions())
    content = json.loads((tmp_path / "a.json").read_text())
    for part in ("images", "annotations", "tracks", "videos"):
        ids = [each["id"] for each in content[part]]
        assert len(set(ids)) == len(ids)
    assert [each["id"] for each in content["tracks"]] == [3, 7, 10, 14]
    assert [each["siamlink_id"] for each in content["tracks"]] == [3, 7, 3, 7]
    assert {each["track_id"] for each in content["annotations"] if each["video_id"] == 2} == {10, 14}
    assert content["images"][10]["file_name"] == "picture 0.png"
    image_of = {each["id"]: each["video_id"] for each in content["images"]}
    assert all(image_of[each["image_id"]] == each["video_id"] for each in content["annotations"])
    assert len(read(tmp_path / "a.json").anns) == 16
