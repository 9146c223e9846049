"""The command `siamlink track` on what it cannot use: one clear line, and what could be tracked is tracked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Make = Callable[..., Path]
Check = Callable[..., Any]
LAST = 24
"""The number of the last frame of the walkers."""


BAD_OPTIONS = [
    (("--config", "nope"), "there is no configuration or file 'nope'. Shipped: default, fast"),
    (("--set", "gate.max_gap=1"), "unknown key 'gate.max_gap'; did you mean 'gate.max_gap_frames'?"),
    (("--set", "gate.max_gap_seconds"), "expected key=value, such as gate.max_gap_seconds=0.5"),
    (("--set", "gate.max_gap_seconds=0"), "gate.max_gap_seconds: input should be greater than 0, got 0"),
    (("--set", "mode=fast"), "mode: input should be 'offline', 'windowed' or 'online', got 'fast'"),
    (("--mode", "windowed", "--set", "latency_seconds=-1"), "latency_seconds: input should be greater than or equal"),
    (("--mode", "windowed", "--set", "step_share=0"), "step_share: input should be greater than 0"),
    (("--detector", "motion", "--detections", "det.txt"), "give --detector or --detections, not both"),
    (("--detector", "motion", "--box-format", "xyxy"), "are for files of detections, and walk has none"),
    (("--detector", "motion", "--frames-from", "0"), "are for files of detections, and walk has none"),
    (("--mode", "offline", "--set", "mode=online"), "give --mode or --set mode=online, not both"),
    (("--detections", "other.txt"), "cannot read other.txt: No such file or directory"),
    (("--set", "model=nowhere", "--detector", "motion"), "no model at nowhere/context.json"),
    (("--frame-rate", "0", "--detector", "motion"), "the frame rate must be a number above 0, not 0"),
    (("--frame-rate", "nan", "--detector", "motion"), "the frame rate must be a number above 0, not nan"),
    (("--frame-rate", "0.0001", "--detector", "motion"), "0.0001 frames per second are too few"),
    (("--detector", "motoin"), "there is no detector 'motoin'; did you mean 'motion'?"),
    (("--detector", ""), "there is no detector ''"),
    (("--detector", "mine.py:Wolkers"), "did you mean 'Walkers'?"),
    (("--detector", "nowhere.py:Walkers"), "there is no file nowhere.py"),
    (("--detector", "onnx:det.txt"), "det.txt is not an ONNX file that can be run"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_options_are_one_line_and_leave_nothing(siamlink: Run, options: tuple[str, ...], message: str) -> None:
    result = siamlink("track", "walk.mp4", "-o", "out", *options)
    assert (result.code, result.out) == (2, "")
    assert result.line.startswith("siamlink: ")
    assert message in result.line
    assert not [*Path().glob("out/*")]


def test_the_default_detector_without_a_network_connection_names_the_alternative(
    siamlink: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIAMLINK_CACHE", str(here / "cache"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    result = siamlink("track", "walk.mp4", "-o", "out")
    assert result.code == 2
    assert "cannot download https://" in result.line
    assert "--detector onnx:FILE" in result.line


BAD_SOURCES = {
    "missing.mp4": (None, "no such file or folder: missing.mp4"),
    "empty.mp4": (b"", "empty.mp4 is empty (0 bytes)"),
    "text.mp4": (b"hello\n", "text.mp4 is not a video; it holds text: 'hello'"),
    "m" * 300: (None, "File name too long"),
    "97": (None, "camera 97"),
    "http://127.0.0.1:9/x.mp4": (None, "cannot open the stream http://127.0.0.1:9/x.mp4: Connection refused"),
    "rtsp://me:secret@127.0.0.1:9/x": (None, "cannot open the stream rtsp://127.0.0.1:9/x: Connection refused"),
    "odd://x": (None, "cannot open odd://x: streams are read by http, https, rtmp"),
}


@pytest.mark.parametrize("source", BAD_SOURCES)
def test_sources_that_cannot_be_used(siamlink: Run, source: str) -> None:
    content, message = BAD_SOURCES[source]
    if content is not None:
        Path(source).write_bytes(content)
    result = siamlink("track", source, "-o", "out", "--detector", "motion", "--mode", "online")
    assert (result.code, result.out) == (2, "")
    assert message in result.line
    assert not Path("out").exists()


def test_folders_without_images_or_with_mixed_sizes(siamlink: Run, images: Path) -> None:
    from PIL import Image

    Path("papers").mkdir()
    Path("papers/readme.txt").touch()
    assert "no images in papers" in siamlink("track", "papers", "-o", "out").line
    Image.new("RGB", (50, 40)).save(images / "frame9.png")
    line = siamlink("track", "pictures", "-o", "out").line
    assert line.startswith("siamlink: images of mixed sizes: pictures/frame9.png is 50x40")
    assert not Path("out").exists()


BAD_ROWS = [
    ("3,-1,nan,1,2,3,0.5", "line 6, column 3: left nan is not a finite number"),
    ("3,-1,1,inf,2,3,0.5", "line 6, column 4: top inf is not a finite number"),
    ("3,-1,1,1,-2,3,0.5", "line 6, column 5: width -2 is not above 0: the box is empty or inverted"),
    ("3,-1,1,1,2,0,0.5", "line 6, column 6: height 0 is not above 0: the box is empty or inverted"),
    ("0,-1,1,1,2,3,0.5", "line 6, column 1: frame 0 is out of range: frames are counted from 1"),
    ("25,-1,1,1,2,3,0.5", "line 6, column 1: frame 25 is out of range: the last frame is 24"),
    ("1.5,-1,1,1,2,3,0.5", "line 6, column 1: frame 1.5 is not a whole number"),
    ("3,-1,1,1,x,3,0.5", "line 6, column 5: 'x' (width) is not a number"),
    ("3,-1,1,1", "line 6: expected at least 6 columns, found 4"),
    ("1,-1,4,20,14,40,1,-1,-1,-1", "line 6: the same box occurs twice; first on line 1"),
]


@pytest.mark.parametrize(("row", "message"), BAD_ROWS)
def test_malformed_detections_name_line_and_column(siamlink: Run, sequence: Make, row: str, message: str) -> None:
    lines = Path("det.txt").read_text().splitlines()
    folder = sequence("SEQ", None, detections="\n".join([*lines[:5], row, *lines[5:]]))
    result = siamlink("track", folder, "-o", "out")
    assert result.code == 2
    assert result.line.startswith(f"siamlink: {folder}/det/det.txt, {message}")
    assert not Path("out").exists()


def test_a_frame_beyond_counted_images_is_out_of_range(siamlink: Run, images: Path) -> None:
    Path("late.txt").write_text("25,-1,1,1,2,3,0.5\n")
    result = siamlink("track", images, "-o", "out", "--detections", "late.txt")
    assert result.line == "siamlink: late.txt, line 1, column 1: frame 25 is out of range: the last frame is 24"


def test_detections_beyond_the_end_of_a_video_are_noted(siamlink: Run) -> None:
    Path("late.txt").write_text(Path("det.txt").read_text() + "30,-1,1,1,2,3,0.5\n")
    result = siamlink("track", "walk.mp4", "-o", "out", "--detections", "late.txt")
    assert result.code == 3
    assert result.line.startswith("walk: ends with frame 24, but there are detections up to frame 30;")


@pytest.mark.parametrize(
    ("info", "message"),
    [("frameRate=12\n", "seqinfo.ini, line 1"), ("[Sequence]\nframeRate=fast\n", "not 'fast'"), ("[Other]\n", "[Seq")],
)
def test_a_malformed_seqinfo_does_not_stop_the_other_sequences(
    siamlink: Run, sequence: Make, info: str, message: str, check_two_tracks: Check
) -> None:
    sequence("A", None, info=info)
    sequence("B")
    result = siamlink("track", "sequences", "-o", "out")
    assert result.code == 2
    assert message in result.line
    check_two_tracks("out", "B")
    assert result.out.splitlines()[2].split()[:2] == ["B", "24"]


def test_a_truncated_video_gives_the_tracks_so_far(
    siamlink: Run, here: Path, walk_bytes: dict[str, bytes], check_two_tracks: Check, video_facts: Check
) -> None:
    (here / "cut.mkv").write_bytes(walk_bytes[".mkv"][: len(walk_bytes[".mkv"]) * 6 // 10])
    result = siamlink("track", "cut.mkv", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers")
    assert result.code == 3
    record = json.loads(Path("out/cut.json").read_text())
    reached = record["input"]["frames"]
    assert 6 <= reached < LAST
    assert result.line == f"cut: ends after {reached} of 24 frames; the results end there"
    assert record["input"]["broken"] == f"ends after {reached} of 24 frames"
    check_two_tracks("out", "cut", reached)
    assert video_facts("out/cut.mp4")[3] == reached
    check_two_tracks("out", "walk")


def test_a_damaged_video_is_noted_with_its_frame(
    siamlink: Run, here: Path, walk_bytes: dict[str, bytes], video_facts: Check
) -> None:
    damaged = bytearray(walk_bytes[".mp4"])
    middle = len(damaged) // 2
    damaged[middle : middle + 400] = b"\x55" * 400
    (here / "hole.mp4").write_bytes(damaged)
    result = siamlink("track", "hole.mp4", "-o", "out", "--detector", "mine.py:Walkers")
    assert result.code == 3
    reached = json.loads(Path("out/hole.json").read_text())["input"]["frames"]
    assert f"decoding broke at frame {reached + 1}" in result.line
    assert video_facts("out/hole.mp4")[3] == reached


def test_given_detections_outlive_a_truncated_video(
    siamlink: Run, sequence: Make, walk_bytes: dict[str, bytes], check_two_tracks: Check, video_facts: Check
) -> None:
    folder = sequence("SEQ", None)
    (folder / "SEQ.mkv").write_bytes(walk_bytes[".mkv"][: len(walk_bytes[".mkv"]) * 6 // 10])
    result = siamlink("track", folder, "-o", "out")
    assert result.code == 3
    check_two_tracks("out", "SEQ")
    shown = video_facts("out/SEQ.mp4")[3]
    assert shown < LAST
    appearance, _, ended = result.err.splitlines()  # between them, that the figures look alike
    assert appearance.startswith("SEQ: ")
    assert appearance.endswith("geometry alone after it")
    assert ended.startswith(f"SEQ: ends after {shown} of 24 frames; the video ends there")


@pytest.mark.parametrize(
    ("detector", "message"),
    [("Fails", "failed in frame 10: RuntimeError: out of memory"), ("Nonsense", "returned a str for frame 10")],
)
def test_a_detector_that_fails_midway(siamlink: Run, detector: str, message: str) -> None:
    result = siamlink("track", "walk.mp4", "-o", "out/deep", "--detector", f"mine.py:{detector}")
    assert result.code == 2
    assert result.line.startswith(f"siamlink: walk: detector 'mine.py:{detector}' {message}")
    assert not Path("out").exists()


def test_a_model_that_cannot_be_used_stops_the_run_once(siamlink: Run, sequence: Make) -> None:
    sequence("A", None)
    sequence("B", None)
    Path("model").mkdir()
    for name in ("context.json", "detection.json"):
        Path("model", name).write_bytes(b"no model")
    result = siamlink("track", "sequences", "-o", "out", "--set", "model=model")
    assert result.code == 2
    assert "model/context.json is not an XGBoost model" in result.line
