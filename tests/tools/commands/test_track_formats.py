"""Detections of every format are tracked by the command; what is assumed or wrong is one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Check = Callable[..., Any]
Rows = list[tuple[int, ...]]
LAST, WIDTH, HEIGHT = 24, 160, 120


@pytest.fixture
def rows(here: Path) -> Rows:
    """Frame, left, top, width and height of all detections."""
    lines = (here / "det.txt").read_text().splitlines()
    return [tuple(int(line.split(",")[column]) for column in (0, 2, 3, 4, 5)) for line in lines]


def coco(rows: Rows) -> str:
    images = [{"id": 100 + frame, "frame_id": frame - 1, "file_name": f"{frame}.jpg"} for frame in range(1, LAST + 1)]
    boxes = [{"image_id": 100 + row[0], "bbox": row[1:], "category_id": 7, "score": 0.9} for row in rows]
    return json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 7, "name": "walker"}]})


def json_lines(rows: Rows) -> str:
    names = ("frame", "x_min", "y_min", "x_max", "y_max", "confidence", "class_name")
    return "".join(
        json.dumps(dict(zip(names, (f, x, y, x + w, y + h, 0.9, "walker"), strict=True))) + "\n"
        for f, x, y, w, h in rows
    )


def spaces(rows: Rows) -> str:
    return "".join(f"{f} -1 {x} {y} {w} {h} 0.9\n" for f, x, y, w, h in rows)


def supervision(rows: Rows) -> str:
    header = "x_min,y_min,x_max,y_max,class_id,confidence,tracker_id,frame\n"
    return header + "".join(f"{x},{y},{x + w},{y + h},7,0.9,,{f}\n" for f, x, y, w, h in rows)


def kitti(rows: Rows) -> str:
    rest = "-1 -1 -1 -1000 -1000 -1000 -10 0.9"
    return "".join(f"{f - 1} -1 walker 0 0 -10 {x} {y} {x + w} {y + h} {rest}\n" for f, x, y, w, h in rows)


FILES = {
    "spaces.txt": spaces,
    "supervision.csv": supervision,
    "boxes.jsonl": json_lines,
    "coco.json": coco,
    "kitti.txt": kitti,
}
NOTES = {
    "coco.json": "frames are counted from 0, as COCO JSON does: frame 0 of the file is frame 1 here",
    "kitti.txt": "frames are counted from 0, as KITTI text does: frame 0 of the file is frame 1 here",
}


@pytest.mark.parametrize("name", FILES)
def test_detections_of_every_format_are_tracked(
    siamlink: Run, here: Path, rows: Rows, check_two_tracks: Check, name: str
) -> None:
    (here / name).write_text(FILES[name](rows))
    result = siamlink("track", "walk.mp4", "-o", "out", "--no-video", "--detections", name)
    assert result.code == 0
    assert result.err == (f"{name}: {NOTES[name]}\n" if name in NOTES else "")
    record = check_two_tracks("out", "walk")
    named = {"boxes.jsonl", "coco.json", "kitti.txt"}
    assert [each["name"] for each in record["classes"]] == (
        ["walker"] if name in named else [None] * len(record["classes"])
    )


def test_a_yolo_folder_is_tracked(siamlink: Run, here: Path, rows: Rows, check_two_tracks: Check) -> None:
    (here / "labels").mkdir()
    for frame in range(1, LAST + 1):
        lines = (
            f"0 {(x + w / 2) / WIDTH:.6f} {(y + h / 2) / HEIGHT:.6f} {w / WIDTH:.6f} {h / HEIGHT:.6f} 0.9\n"
            for number, x, y, w, h in rows
            if number == frame
        )
        (here / "labels" / f"walk_{frame}.txt").write_text("".join(lines))
    result = siamlink("track", "walk.mp4", "-o", "out", "--no-video", "--detections", "labels")
    assert (result.code, result.err) == (0, "")
    check_two_tracks("out", "walk")


def test_corners_need_the_option(siamlink: Run, here: Path, rows: Rows, check_two_tracks: Check) -> None:
    (here / "corners.txt").write_text("".join(f"{f},-1,{x},{y},{x + w},{y + h},0.9\n" for f, x, y, w, h in rows))
    command = ("track", "walk.mp4", "-o", "out", "--no-video", "--detections", "corners.txt")
    result = siamlink(*command)
    assert result.code == 2
    assert "boxes end outside the picture" in result.line
    assert siamlink(*command, "--box-format", "xyxy").err == ""
    check_two_tracks("out", "walk")


def test_frames_from_0_need_the_option_in_mot_text(
    siamlink: Run, here: Path, rows: Rows, check_two_tracks: Check
) -> None:
    (here / "zero.txt").write_text("".join(f"{f - 1},-1,{x},{y},{w},{h},0.9\n" for f, x, y, w, h in rows))
    command = ("track", "walk.mp4", "-o", "out", "--no-video", "--detections", "zero.txt")
    assert siamlink(*command).line.endswith("if the file counts frames from 0, give --frames-from 0")
    assert siamlink(*command, "--frames-from", 0).err == ""
    check_two_tracks("out", "walk")


@pytest.mark.slow
def test_images_numbered_by_their_names_are_so_in_all_outputs(
    siamlink: Run, here: Path, images: Path, video_facts: Check
) -> None:
    for frame in range(1, LAST + 1):
        (images / f"frame{frame}.png").rename(images / f"{frame + 59:06d}.png")
    images.rename(here / "clip")
    assert siamlink("detect", "clip", "-o", "found.txt", "--detector", "mine.py:Walkers").code == 0
    frames = [int(line.split(",")[0]) for line in (here / "found.txt").read_text().splitlines()]
    assert (min(frames), max(frames)) == (60, 59 + LAST)
    result = siamlink("track", "clip", "-o", "out", "--detections", "found.txt", "--frame-rate", "30")
    assert (result.code, result.err) == (0, "")
    tracked = [int(line.split(",")[0]) for line in (here / "out" / "clip.txt").read_text().splitlines()]
    assert min(tracked) in (60, 61)
    assert max(tracked) == 59 + LAST
    record = json.loads((here / "out" / "clip.json").read_text())["input"]
    assert (record["frames"], record["first_frame"]) == (LAST, 60)
    assert video_facts("out/clip.mp4")[3] == LAST
    with_cache = ("track", "clip", "--cache", "kept", "--no-video", "--detector", "mine.py:Walkers")
    assert siamlink(*with_cache, "-o", "cached").code == 0
    first = (here / "cached" / "clip.txt").read_text()
    assert siamlink(*with_cache, "-o", "again").code == 0
    assert (here / "again" / "clip.txt").read_text() == first
    assert first.startswith(("60,", "61,"))


def test_parts_of_the_picture_are_pixels_in_tracks_and_ground_truth(siamlink: Run, here: Path, rows: Rows) -> None:
    folder = here / "parts"
    for name, numbered in (("det", False), ("gt", True)):
        lines = []
        for index, (f, x, y, w, h) in enumerate(rows):
            box = f"{x / WIDTH:.6f},{y / HEIGHT:.6f},{w / WIDTH:.6f},{h / HEIGHT:.6f}"
            lines.append(f"{f},{index % 2 + 1 if numbered else -1},{box},1\n")
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.txt").write_text("".join(lines))
    info = f"[Sequence]\nframeRate=12\nseqLength={LAST}\nimWidth={WIDTH}\nimHeight={HEIGHT}\n"
    (folder / "seqinfo.ini").write_text(info)
    result = siamlink("track", "parts", "-o", "out", "--no-video")
    assert "det.txt: boxes are parts of the picture, and were multiplied by its size, 160x120" in result.err
    assert siamlink("evaluate", "parts", "out", "--json", "scores.json").code == 0
    assert json.loads((here / "scores.json").read_text())["overall"]["HOTA"] > 90
