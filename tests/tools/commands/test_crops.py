"""The command `siamlink crops`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

Run = Callable[..., Any]
WALK = ("track", "walk.mp4", "--detector", "mine.py:Walkers", "--no-video", "--config", "fast", "-o", "out")


@pytest.fixture
def results(siamlink: Run) -> Path:
    """Tracks of the two walkers."""
    assert siamlink(*WALK).code == 0
    return Path("out/walk.txt")


def test_each_track_has_its_crops_and_they_are_replaced_only_on_request(siamlink: Run, results: Path) -> None:
    asked = ("crops", results, "--video", "walk.mp4", "-o", "crops", "--per-track", "3")
    result = siamlink(*asked)
    assert (result.code, result.out, result.err) == (0, "6 crops of 2 tracks in crops\n", "")
    names = sorted(path.name for path in Path("crops").iterdir())
    assert [name[:5] for name in names] == ["0001-"] * 3 + ["0002-"] * 3
    red_or_blue = [cv2.imread(f"crops/{name}").reshape(-1, 3).mean(axis=0) for name in names]
    assert all((blue < red) == (name[:4] == "0001") for name, (blue, _, red) in zip(names, red_or_blue, strict=True))
    Path("crops/mine.jpg").write_text("kept")
    assert siamlink(*asked).line == "siamlink: crops holds earlier crops; --overwrite replaces them"
    assert siamlink(*asked[:-1], "1", "--overwrite").out == "2 crops of 2 tracks in crops\n"
    assert len(list(Path("crops").iterdir())) == 3


def test_a_video_that_ends_early_gives_what_it_has(siamlink: Run, results: Path) -> None:
    whole = Path("walk.mp4").read_bytes()
    Path("images").mkdir()
    for number in range(1, 9):
        cv2.imwrite(f"images/{number}.png", cv2.UMat(120, 160, cv2.CV_8UC3).get())
    result = siamlink("crops", results, "--video", "images", "-o", "crops")
    assert result.code == 3
    assert result.line == "images: ends with frame 8; there are no crops of later frames, and tracks go on"
    assert max(int(path.stem[5:]) for path in Path("crops").iterdir()) <= 8
    assert Path("walk.mp4").read_bytes() == whole


def test_the_source_that_the_record_names_is_used(siamlink: Run, results: Path) -> None:
    result = siamlink("crops", results, "-o", "crops", "--per-track", "1")
    assert (result.code, result.out) == (0, "2 crops of 2 tracks in crops\n")
    assert result.line == "the video is walk.mp4, as out/walk.json says"
    record = json.loads(Path("out/walk.json").read_text())
    Path("out/walk.json").write_text(json.dumps({**record, "input": {**record["input"], "size": [320, 240]}}))
    sizes = "their pictures are 160x120 and 320x240 pixels"
    other = f"siamlink: walk.mp4 is not the video of out/walk.txt: {sizes}; give --video"
    assert siamlink("crops", results, "-o", "more").line == other
    Path("walk.mp4").unlink()
    moved = siamlink("crops", results, "-o", "more")
    assert (moved.code, moved.line) == (2, "siamlink: the video walk.mp4 was not found: give --video")
    Path("out/walk.json").unlink()
    assert siamlink("crops", results, "-o", "more").line == "siamlink: the video is not known: give --video"
    assert not Path("more").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--video", "none.mp4"], "none.mp4"),
        (["--video", "0"], "camera 0 is live; give the file or folder of the video"),
        (["--video", "det.txt"], "det.txt"),
        (["--video", "walk.mp4", "-o", "walk.mp4"], "it is a file; name a folder for the crops"),
    ],
)
def test_what_cannot_be_is_one_line(siamlink: Run, results: Path, options: list[str], message: str) -> None:
    result = siamlink("crops", results, *([] if "-o" in options else ["-o", "crops"]), *options)
    assert result.code == 2
    assert message in result.line
    assert not Path("crops").exists()


def test_the_wrong_video_is_named(siamlink: Run, results: Path) -> None:
    Path("images").mkdir()
    for number in range(1, 25):
        cv2.imwrite(f"images/{number}.png", cv2.UMat(60, 80, cv2.CV_8UC3).get())
    result = siamlink("crops", results, "--video", "images", "-o", "crops")
    assert result.line == (
        "siamlink: images is not the video of out/walk.txt: their pictures are 80x60 and 160x120 pixels"
    )
    Path("out/walk.json").unlink()
    Path("out/walk.txt").write_text("1,1,300,300,20,40,1,-1,-1,-1\n")
    assert "most boxes lie outside the pictures" in siamlink("crops", results, "--video", "images", "-o", "crops").line


def test_without_tracks_there_is_a_note(siamlink: Run, results: Path) -> None:
    results.write_text("")
    result = siamlink("crops", results, "--video", "walk.mp4", "-o", "crops")
    assert (result.code, result.out, result.line) == (
        0,
        "0 crops of 0 tracks in crops\n",
        "there are no tracks in the results",
    )
