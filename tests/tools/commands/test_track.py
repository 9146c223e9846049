"""The command `siamlink track` on all it can track."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.detectors.sources.frame_source import FrameSource

Run = Callable[..., Any]
Make = Callable[..., Path]
Check = Callable[..., Any]
LAST = 24
"""The number of the last frame of the walkers."""


def test_a_video_is_detected_tracked_and_drawn(
    siamlink: Run, here: Path, check_two_tracks: Check, video_facts: Check
) -> None:
    result = siamlink("track", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers")
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in (here / "out").iterdir()) == ["walk.json", "walk.mp4", "walk.txt"]
    record = check_two_tracks("out", "walk")
    assert video_facts(here / "out" / "walk.mp4") == ("h264", "yuv420p", (160, 120), LAST)
    assert record["input"] == {
        "name": "walk",
        "source": "walk.mp4",
        "frame_rate": 12,
        "frames": LAST,
        "first_frame": 1,
        "size": [160, 120],
        "detections": "mine.py:Walkers",
        "broken": None,
    }
    assert record["counts"]["detections"] == 2 * LAST
    assert record["counts"]["tracks"] == 2
    assert {"decode", "detect", "features", "solve", "draw"} <= set(record["seconds"])
    assert record["config"]["gate"]["max_gap_seconds"] == 1.0
    assert {"python", "siamlink", "numpy", "av"} <= set(record["versions"])


def test_the_closing_table_has_a_row_for_each_source(siamlink: Run, sequence: Make) -> None:
    sequence("B-images", "images")
    sequence("A-video")
    sequence("C-none", None)
    sequence("D-empty", None, detections="")
    result = siamlink("track", "sequences", "-o", "out", "--no-video")
    assert result.code == 0
    header, _, *table, last = result.out.splitlines()
    assert header.split() == [
        "source",
        "frames",
        "detections",
        "tracks",
        "boxes",
        "interpolated",
        "seconds",
        "frames/s",
    ]
    assert [line.split()[:4] for line in table] == [
        ["A-video", "24", "48", "2"],
        ["B-images", "24", "48", "2"],
        ["C-none", "24", "48", "2"],
        ["D-empty", "24", "0", "0"],
    ]
    assert last == "results in out"
    assert result.err.splitlines() == [
        "C-none has no frames: tracked from its detections alone",
        "D-empty has no frames: tracked from its detections alone",
        "D-empty: no detections, so there are no tracks",
    ]
    assert Path("out/D-empty.txt").read_text() == ""
    assert not list(Path("out").glob("*.mp4"))


@pytest.mark.parametrize("mode", ["offline", "online"])
def test_no_image_is_read_where_none_is_needed(
    siamlink: Run, sequence: Make, check_two_tracks: Check, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    def read(_: FrameSource) -> None:
        raise AssertionError("an image was read")

    monkeypatch.setattr(FrameSource, "__iter__", read)
    sequence("A-images", "images")
    sequence("A-video", "video")
    options = ("--config", "fast", "--mode", mode, "--no-video")
    assert siamlink("track", "sequences", "-o", "out", *options).code == 0
    for name in ("A-images", "A-video"):
        assert "decode" not in check_two_tracks("out", name)["seconds"]


@pytest.mark.parametrize("frames", ["video", "images"])
def test_a_mot_sequence_is_tracked_from_its_own_detections(
    siamlink: Run, sequence: Make, frames: str, check_two_tracks: Check, video_facts: Check
) -> None:
    folder = sequence("SEQ", frames)
    assert siamlink("track", folder, "-o", "out").code == 0
    record = check_two_tracks("out", "SEQ")
    assert record["input"]["detections"] == str(folder / "det" / "det.txt")
    assert video_facts("out/SEQ.mp4")[3] == LAST


@pytest.mark.slow
def test_a_named_detector_goes_before_the_sequence_s_own_detections(
    siamlink: Run, sequence: Make, check_two_tracks: Check
) -> None:
    folder = sequence("SEQ", detections="")
    assert siamlink("track", folder, "-o", "out", "--no-video", "--detector", "mine.py:Walkers").code == 0
    assert check_two_tracks("out", "SEQ")["input"]["detections"] == "mine.py:Walkers"


@pytest.mark.slow
def test_an_image_folder_is_read_in_natural_order(siamlink: Run, images: Path, video_facts: Check) -> None:
    result = siamlink("track", images, "-o", "out", "--detector", "motion", "--frame-rate", 12)
    assert (result.code, result.err) == (0, "")
    boxes = [line.split(",") for line in Path("out/pictures.txt").read_text().splitlines()]
    right = [float(box[2]) for box in boxes if float(box[3]) < 50]
    assert len(right) > 10
    assert right == sorted(right)
    assert video_facts("out/pictures.mp4")[3] == LAST


def test_each_video_gets_a_detector_of_its_own(siamlink: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    assert siamlink("track", "walk.mp4", "again.mp4", "-o", "out", "--detector", "mine.py:Walkers").code == 0
    assert Path("out/walk.txt").read_text() == Path("out/again.txt").read_text()


@pytest.mark.slow
def test_an_onnx_model_detects(siamlink: Run, data: Path) -> None:
    model = data.parent / "models" / "yolox_nano_416x416.onnx"
    if not model.is_file():
        pytest.skip(f"no model at {model}")
    result = siamlink("track", data / "TUD-Campus" / "img1", "-o", "out", "--no-video", "--detector", f"onnx:{model}")
    assert (result.code, result.err) == (0, f"onnx:{model} reports all its 80 classes; --classes selects some\n")
    assert json.loads(Path("out/TUD-Campus.json").read_text())["counts"]["tracks"] >= 5


def test_a_real_sequence_is_tracked_and_scored(siamlink: Run, data: Path, video_facts: Check) -> None:
    folder = data / "TUD-Campus"
    assert siamlink("track", folder, "-o", "out").code == 0
    assert video_facts("out/TUD-Campus.mp4") == ("h264", "yuv420p", (640, 480), 71)
    assert siamlink("track", folder, "-o", "vgg", "--no-video", "--detections", "det/det_frcnn_vgg.txt").code == 0
    for results in ("out", "vgg"):
        assert siamlink("evaluate", folder, results, "--json", f"{results}.json").code == 0
        assert json.loads(Path(f"{results}.json").read_text())["overall"]["HOTA"] > 33
    assert Path("out/TUD-Campus.txt").read_text() != Path("vgg/TUD-Campus.txt").read_text()


@pytest.mark.slow
def test_a_real_sequence_without_frames_is_noted(siamlink: Run, data: Path) -> None:
    result = siamlink("track", data / "MOT17-02-FRCNN", "-o", "out")
    assert result.code == 0
    assert result.line == "MOT17-02-FRCNN has no frames: tracked from its detections alone, no video written"
    assert sorted(path.suffix for path in Path("out").iterdir()) == [".json", ".txt"]


def test_detections_can_be_given_for_a_video(siamlink: Run, check_two_tracks: Check) -> None:
    assert siamlink("track", "walk.mp4", "-o", "out", "--detections", "det.txt").code == 0
    assert check_two_tracks("out", "walk")["input"]["detections"] == "det.txt"


def test_detections_can_be_given_by_their_place_in_each_sequence(
    siamlink: Run, sequence: Make, check_two_tracks: Check
) -> None:
    for name in ("A", "B"):
        folder = sequence(name, None, detections="")
        (folder / "det" / "other.txt").write_text(Path("det.txt").read_text())
    assert siamlink("track", "sequences", "-o", "out", "--detections", "det/other.txt").code == 0
    for name in ("A", "B"):
        check_two_tracks("out", name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "mode", "solver"),
    [
        ((), "offline", "lp"),
        (("--solver", "hungarian"), "offline", "hungarian"),
        (("--mode", "online"), "online", "lp"),
        (("--config", "online"), "online", "lp"),
        (("--config", "default"), "offline", "lp"),
        (("--config", "online", "--mode", "offline"), "offline", "lp"),
        (("--config", "mine.yaml"), "online", "lp"),
        (("--set", "mode=online"), "online", "lp"),
        (("--config", "windowed"), "windowed", "lp"),
        (("--mode", "windowed", "--set", "latency_seconds=0.5", "--solver", "hungarian"), "windowed", "hungarian"),
    ],
)
def test_options_choose_mode_and_solver(
    siamlink: Run, sequence: Make, options: tuple[str, ...], mode: str, solver: str, check_two_tracks: Check
) -> None:
    Path("mine.yaml").write_text("mode: online\ngate:\n  max_gap_seconds: 0.5\n")
    Path("online").mkdir()
    result = siamlink("track", sequence("SEQ", None), "-o", "out", *options)
    assert result.code == 0, result.err
    config = check_two_tracks("out", "SEQ")["config"]
    assert (config["mode"], config["solver"]) == (mode, solver)
    assert config["gate"]["max_gap_seconds"] == (0.5 if "mine.yaml" in options else 1.0)


@pytest.mark.slow
def test_names_with_spaces_brackets_braces_and_other_scripts(siamlink: Run, here: Path) -> None:
    names = ["a street, twice", "straße 日本", "x{0}[bold]:car:"]
    for name in names:
        (here / f"{name}.mp4").write_bytes((here / "walk.mp4").read_bytes())
    result = siamlink(
        "track", *(f"{name}.mp4" for name in names), "-o", "o [b]:car:", "--detector", "motion", "--config", "fast"
    )
    assert (result.code, result.err) == (0, "")
    for name in names:
        assert f"\n{name} " in result.out
        assert len(list((here / "o [b]:car:").glob("*"))) == 9
    assert result.out.endswith("results in o [b]:car:\n")
