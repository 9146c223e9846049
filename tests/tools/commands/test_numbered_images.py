"""Images that are numbered by their names, through export, import and evaluation."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

Run = Callable[..., Any]
COUNT, FIRST = 12, 60


@pytest.fixture
def tracked(siamlink: Run, here: Path) -> str:
    """Results of the folder `clip`, whose images are numbered from 60, with exports."""
    (here / "clip").mkdir()
    for number in range(FIRST, FIRST + COUNT):
        Image.new("RGB", (80, 60), (number, 90, 90)).save(here / "clip" / f"{number:06d}.png")
    rows = [f"{FIRST + index},-1,{5 + 3 * index},10,15,40,0.9\n" for index in range(COUNT)]
    (here / "boxes.txt").write_text("".join(rows))
    command = ("track", "clip", "--frame-rate", "30", "--detections", "boxes.txt", "-o", "out", "--no-video")
    command = (*command, "--export", "cvat,coco,csv")
    result = siamlink(*command)
    assert (result.code, result.err) == (0, "")
    return "out/clip.txt"


def frames(path: str) -> list[int]:
    return [int(line.split(",")[0]) for line in Path(path).read_text().splitlines()]


def test_formats_that_count_pictures_begin_with_the_first(tracked: str) -> None:
    assert frames(tracked) == list(range(FIRST, FIRST + COUNT))
    xml = Path("out/clip.cvat.xml").read_text()
    assert [int(number) for number in re.findall(r'<box frame="(\d+)"', xml)] == list(range(COUNT))
    coco = json.loads(Path("out/clip.coco.json").read_text())
    assert [image["file_name"] for image in coco["images"]][:2] == ["000060.png", "000061.png"]
    assert [image["frame_id"] for image in coco["images"]] == list(range(COUNT))
    assert [line.split(",")[7] for line in Path("out/clip.csv").read_text().splitlines()[1:3]] == ["60", "61"]


@pytest.mark.parametrize("name", ["clip.coco.json", "clip.csv"])
def test_what_is_exported_is_read_back_in_the_same_frames(siamlink: Run, tracked: str, name: str) -> None:
    result = siamlink("track", "clip", "--frame-rate", "30", "--detections", f"out/{name}", "-o", "again", "--no-video")
    assert (result.code, result.err) == (0, "")
    assert frames("again/clip.txt") == frames(tracked)


def test_corrected_tracks_come_back_in_the_same_frames(siamlink: Run, tracked: str) -> None:
    result = siamlink("import", "out/clip.cvat.xml", "--results", tracked, "-o", "corrected")
    assert result.code == 0
    assert frames("corrected/clip.txt") == frames("corrected/clip/gt/gt.txt") == frames(tracked)
    assert siamlink("evaluate", "corrected/clip", tracked, "--json", "scores.json").code == 0
    assert json.loads(Path("scores.json").read_text())["overall"]["HOTA"] == pytest.approx(100)
