"""The command `siamlink export`."""

import importlib.util
import json
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from siamlink.tools.exporting.formats import FORMATS
from siamlink.tools.exporting.options import FORMAT_NAMES

Run = Callable[..., Any]
WALK = ("track", "walk.mp4", "--detector", "mine.py:Walkers", "--no-video", "--config", "fast", "-o", "out")
TEXT_FORMATS = ("cvat", "coco", "csv", "jsonl", "label-studio", "mot-zip")


@pytest.fixture
def results(siamlink: Run) -> Path:
    """Tracks of the two walkers."""
    assert siamlink(*WALK).code == 0
    return Path("out/walk.txt")


def test_the_names_of_formats_are_those_that_are_written() -> None:
    assert tuple(FORMATS) == FORMAT_NAMES


def test_without_a_format_they_are_listed_with_an_example(siamlink: Run) -> None:
    refused = siamlink("export", "walk.txt")
    assert refused.code == 2
    assert refused.err.splitlines()[-1] == (
        "Error: Missing option '--to'. Format: cvat, coco, csv, jsonl, parquet, label-studio, mot-zip, geff; "
        "such as siamlink export out/street.txt --to csv -o street.csv."
    )


def test_a_list_with_a_space_says_how_it_is_written(siamlink: Run) -> None:
    refused = siamlink("track", "walk.mp4", "-o", "out", "--export", "cvat,", "csv")
    assert (refused.code, refused.line) == (2, "siamlink: a list has no spaces: write --export cvat,csv")


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_each_format_is_written_once_and_then_only_on_request(siamlink: Run, results: Path, name: str) -> None:
    result = siamlink("export", results, "--to", name, "-o", "tracks.out")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("tracks.out")
    first = Path("tracks.out").read_bytes()
    again = siamlink("export", results, "--to", name, "-o", "tracks.out")
    assert (again.code, again.line) == (2, "siamlink: tracks.out exists; --overwrite replaces it")
    if name != "mot-zip":
        assert siamlink("export", results, "--to", name, "-o", "tracks.out", "--overwrite").code == 0
        assert Path("tracks.out").read_bytes() == first
    assert siamlink("export", results, "--to", name, "-o", results, "--overwrite").line == (
        "siamlink: out/walk.txt is the input and is not replaced; write somewhere else"
    )


@pytest.mark.parametrize("name", ["walk.mp4", "out/walk.json"])
def test_neither_the_video_nor_the_record_is_replaced(siamlink: Run, results: Path, name: str) -> None:
    before = Path(name).read_bytes()
    refused = siamlink("export", results, "--to", "coco", "-o", name, "--video", "walk.mp4", "--overwrite")
    assert refused.line == f"siamlink: {name} is the input and is not replaced; write somewhere else"
    assert Path(name).read_bytes() == before


@pytest.mark.parametrize(("name", "package"), [("parquet", "pyarrow"), ("geff", "geff")])
@pytest.mark.filterwarnings("ignore")
def test_formats_of_other_packages(
    siamlink: Run, results: Path, name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    missing = siamlink("export", results, "--to", name, "-o", "tracks.out")
    expected = f"siamlink: the format {name} needs the package {package}: pip install 'siamlink[{name}]'"
    assert (missing.code, missing.line) == (2, expected)


@pytest.mark.filterwarnings("ignore")
def test_a_folder_of_geff_is_replaced_but_no_other_folder(interruptible: Run) -> None:
    pytest.importorskip("geff")
    assert interruptible(*WALK).code == 0
    export = ("export", "out/walk.txt", "--to", "geff", "-o", "walk.geff")
    assert interruptible(*export).code == 0
    (Path("walk.geff") / "mark").touch()
    assert interruptible(*export).line == "siamlink: walk.geff exists; --overwrite replaces it"
    assert interruptible(*export, "--overwrite").code == 0
    assert not (Path("walk.geff") / "mark").exists()
    refused = interruptible("export", "out/walk.txt", "--to", "geff", "-o", "out", "--overwrite")
    assert refused.line == "siamlink: out is a folder of something else than geff and is not replaced"


def test_the_video_says_what_no_record_does(siamlink: Run, results: Path) -> None:
    Path("bare.txt").write_bytes(results.read_bytes())
    refused = siamlink("export", "bare.txt", "--to", "coco", "-o", "a.json")
    assert (refused.code, refused.line) == (
        2,
        "siamlink: the frame rate, the picture size and the length of bare are not known: give the video by --video "
        "(a run of siamlink writes them to bare.json)",
    )
    rate = siamlink("export", "bare.txt", "--to", "csv", "-o", "a.csv").line
    assert "the frame rate of bare is not known: give --frame-rate or --video (" in rate
    assert siamlink("export", "bare.txt", "--to", "coco", "-o", "a.json", "--video", "walk.mp4").code == 0
    (stated,) = json.loads(Path("a.json").read_text())["videos"]
    assert stated == {
        "id": 1,
        "name": "bare",
        "file_name": "walk.mp4",
        "width": 160,
        "height": 120,
        "length": 24,
        "fps": 12.0,
    }


def test_names_of_the_pictures_of_a_folder(siamlink: Run, results: Path, images: Path) -> None:
    assert siamlink("export", results, "--to", "coco", "-o", "a.json", "--video", images).code == 0
    pictures = json.loads(Path("a.json").read_text())["images"]
    assert [each["file_name"] for each in pictures][:3] == ["frame1.png", "frame2.png", "frame3.png"]
    assert len(pictures) == 24


def test_several_results_in_one_file(siamlink: Run, results: Path) -> None:
    for suffix in (".txt", ".json"):
        Path(f"other{suffix}").write_bytes(results.with_suffix(suffix).read_bytes())
    assert siamlink("export", results, "other.txt", "--to", "mot-zip", "-o", "a.zip").code == 0
    assert zipfile.ZipFile("a.zip").namelist() == ["walk.txt", "other.txt"]
    assert siamlink("export", results, "other.txt", "--to", "coco", "-o", "a.json").code == 0
    assert [each["name"] for each in json.loads(Path("a.json").read_text())["videos"]] == ["walk", "other"]


CHOICE = "choose from cvat, coco, csv, jsonl, parquet, label-studio, mot-zip, geff"
BAD = [
    (("--to", "cvat,csv"), f"one format at a time, not 'cvat,csv'; {CHOICE}"),
    (("--to", "avi"), f"unknown format 'avi'; {CHOICE}"),
    (("--to", "csv", "--gt"), "--gt belongs to --to mot-zip, not to --to csv"),
    (
        ("--to", "coco", "--keyframes", "all"),
        "--keyframes belongs to --to cvat and --to label-studio, not to --to coco",
    ),
    (("--to", "cvat", "--video-url", "a"), "--video-url belongs to --to label-studio, not to --to cvat"),
    (("--to", "csv", "out/walk.txt"), "two results are called walk; each video of a file needs its own name"),
    (("--to", "csv", "other.txt"), "a file of csv holds one video, but 2 results are given"),
    (("--to", "csv", "other.txt", "--video", "walk.mp4"), "--video walk.mp4 belongs to one result, but 2 are given"),
    (
        ("--to", "csv", "det.txt"),
        "det.txt, line 2: id -1 occurs twice in frame 1: these are detections, not tracks; first on line 1",
    ),
    (("--to", "csv", "none.txt"), "cannot read none.txt: No such file or directory"),
    (("--to", "csv", "--video", "none.mp4"), "no such file or folder: none.mp4"),
    (("--to", "csv", "--video", "0"), "camera 0 is live; give the file or folder of the video"),
]


@pytest.mark.parametrize(("options", "message"), BAD)
def test_what_cannot_be_is_one_line(siamlink: Run, results: Path, options: tuple[str, ...], message: str) -> None:
    for suffix in (".txt", ".json"):
        Path(f"other{suffix}").write_bytes(results.with_suffix(suffix).read_bytes())
    result = siamlink("export", results, *options, "-o", "a.out")
    assert (result.code, result.line) == (2, f"siamlink: {message}")
    assert not Path("a.out").exists()


def test_wrong_records_and_videos_are_named(siamlink: Run, results: Path) -> None:
    record = json.loads(Path("out/walk.json").read_text())
    for change, message in (
        (
            {"size": [320, 240]},
            "walk.mp4 is not the video of out/walk.txt: their pictures are 160x120 and 320x240 pixels",
        ),
        ({"frames": 20}, "out/walk.txt has a box in frame 24, but the video has 20 frames"),
    ):
        changed = {**record, "input": {**record["input"], **change}}
        Path("out/walk.json").write_text(json.dumps(changed))
        assert (
            siamlink("export", results, "--to", "csv", "-o", "a", "--video", "walk.mp4").line == f"siamlink: {message}"
        )
    Path("out/walk.json").write_text("[1, 2]")
    assert siamlink("export", results, "--to", "csv", "-o", "a").line == (
        "siamlink: out/walk.json: not the record of a run: expected a JSON object; rename it to do without"
    )
    Path("parts.txt").write_text("1,1,0.1,0.2,0.3,0.4,1,-1,-1,-1\n")
    scaled = siamlink("export", "parts.txt", "--to", "csv", "-o", "parts.csv", "--video", "walk.mp4")
    assert (scaled.code, scaled.line) == (
        0,
        "parts.txt: boxes are parts of the picture, and were multiplied by its size, 160x120; they were read as "
        "left, top, width, height",
    )
    assert Path("parts.csv").read_text().splitlines()[1].startswith("16.00,24.00,64.00,72.00,")


def test_a_video_is_not_the_tracks_in_it(siamlink: Run, results: Path) -> None:
    line = "siamlink: walk.mp4 is a video; give its tracks, walk.txt, which 'siamlink track' writes"
    for command in (
        ("export", "walk.mp4", "--to", "csv", "-o", "a.csv"),
        ("summary", "walk.mp4"),
        ("report", "walk.mp4"),
    ):
        refused = siamlink(*command)
        assert (refused.code, refused.line) == (2, line)


def test_results_without_tracks_are_said(siamlink: Run) -> None:
    Path("none.txt").touch()
    result = siamlink("export", "none.txt", "--to", "cvat", "-o", "a.xml", "--video", "walk.mp4")
    assert (result.code, result.line) == (0, "there are no tracks in the results")


def test_what_a_format_does_not_need_is_not_asked_for(siamlink: Run, results: Path) -> None:
    Path("bare.txt").write_bytes(results.read_bytes())
    assert siamlink("export", "bare.txt", "--to", "mot-zip", "-o", "a.zip").code == 0
    assert siamlink("export", "bare.txt", "--to", "csv", "-o", "a.csv", "--frame-rate", "12").code == 0
    assert Path("a.csv").read_text().splitlines()[3].split(",")[7:9] == ["2", "0.0833"]
    assert siamlink("export", "bare.txt", "--to", "csv", "-o", "b.csv").line.startswith("siamlink: the frame rate of")


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_a_run_exports_beside_its_tracks(siamlink: Run, mode: str) -> None:
    names = ["walk.coco.json", "walk.csv", "walk.cvat.xml", "walk.label-studio.config.xml", "walk.label-studio.json"]
    track = (*WALK, "--mode", mode, "--export", "cvat,csv, label-studio,coco")
    assert siamlink(*track).code == 0
    written = sorted(path.name for path in Path("out").iterdir())
    assert written == sorted(["walk.txt", "walk.json", *names])
    for name, to in (("walk.csv", "csv"), ("walk.cvat.xml", "cvat"), ("walk.coco.json", "coco")):
        assert siamlink("export", "out/walk.txt", "--to", to, "-o", "again").code == 0
        size = (Path("out") / name).stat().st_size
        assert len(Path("again").read_bytes()) == pytest.approx(size, rel=0.02), "but for more digits"
        Path("again").unlink()
    Path("out/walk.txt").unlink()
    Path("out/walk.json").unlink()
    assert siamlink(*track).line == "siamlink: out/walk.cvat.xml exists; --overwrite replaces it"
    assert siamlink(*track, "--overwrite").code == 0


def test_formats_of_a_run_are_checked_before_it(siamlink: Run, sequence: Callable[..., Path]) -> None:
    unknown = "siamlink: unknown format 'xml'; choose from cvat, coco, csv, jsonl, parquet, label-studio, mot-zip, geff"
    assert siamlink(*WALK, "--export", "cvat,xml").line == unknown
    bare = sequence("BARE", frames=None)
    assert siamlink("track", bare, "-o", "out", "--export", "csv,cvat").line == (
        "siamlink: BARE has no pictures, and --export cvat needs their size: write imWidth and imHeight into its "
        "seqinfo.ini"
    )
    (bare / "seqinfo.ini").write_text("[Sequence]\nframeRate=12\nseqLength=24\nimWidth=160\nimHeight=120\n")
    assert siamlink("track", bare, "-o", "out", "--export", "csv,cvat").code == 0
    assert "<width>160</width>" in Path("out/BARE.cvat.xml").read_text()
    printed = siamlink("track", "walk.mp4", "-o", "-", "--export", "csv")
    assert printed.line == "siamlink: -o - prints the tracks of one source after the other: it excludes --export"


def test_pictures_have_the_names_in_the_folder_that_was_tracked(siamlink: Run, images: Path) -> None:
    assert siamlink("track", images, *WALK[2:]).code == 0
    assert siamlink("export", "out/pictures.txt", "--to", "coco", "-o", "a.json").err == ""
    names = [each["file_name"] for each in json.loads(Path("a.json").read_text())["images"]]
    assert names == [f"frame{number}.png" for number in range(1, 25)]
    images.rename("moved")
    assert siamlink("export", "out/pictures.txt", "--to", "coco", "-o", "b.json").err == ""
    assert json.loads(Path("b.json").read_text())["images"][0]["file_name"] == "pictures/000001.jpg"


def test_a_variable_frame_rate_is_said_where_it_shifts_boxes(siamlink: Run, results: Path) -> None:
    with av.open("uneven.mp4", "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"g": "6", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 120)
        for number in range(24):
            frame = av.VideoFrame.from_ndarray(np.zeros((120, 160, 3), np.uint8), "bgr24")
            frame.pts, frame.time_base = 10 * number + (60 if number > 12 else 0), Fraction(1, 120)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    export = ("export", results, "--to", "label-studio", "-o", "a.json", "--overwrite", "--video")
    assert siamlink(*export, "walk.mp4").err == ""
    shifted = "the video has a variable frame rate, but Label Studio"
    assert siamlink(*export, "uneven.mp4").line.startswith(shifted)
    Path("uneven.mp4").rename("walk.mp4")  # which the record names
    assert siamlink(*export[:-1]).line.startswith(shifted)
