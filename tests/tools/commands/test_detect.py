"""The command `siamlink detect`."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.read import read_boxes

Run = Callable[..., Any]


def test_detections_are_written_and_can_be_tracked(siamlink: Run, check_two_tracks: Callable[..., Any]) -> None:
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "mine.py:Walkers")
    assert (result.code, result.err) == (0, "")
    assert result.out == "48 detections in 24 frames by mine.py:Walkers, written to found.txt\n"
    lines = Path("found.txt").read_text().splitlines()
    assert lines[0] == "1,-1,4,20,14,40,0.9,-1,-1,-1"
    assert len(read_boxes(Path("found.txt"), Pictures(frame_count=24)).detections()) == len(lines) == 48
    assert siamlink("track", "walk.mp4", "-o", "out", "--detections", "found.txt").code == 0
    check_two_tracks("out", "walk")


def test_the_frames_of_a_sequence_are_detected(siamlink: Run, sequence: Callable[..., Path]) -> None:
    folder = sequence("SEQ", "images", detections="")
    assert siamlink("detect", folder, "-o", "found.txt", "--detector", "mine.py:Walkers").code == 0
    assert len(read_boxes(Path("found.txt")).detections()) == 48


def test_a_truncated_video_gives_the_detections_so_far(siamlink: Run, walk_bytes: dict[str, bytes]) -> None:
    Path("cut.mkv").write_bytes(walk_bytes[".mkv"][: len(walk_bytes[".mkv"]) * 6 // 10])
    result = siamlink("detect", "cut.mkv", "-o", "found.txt", "--detector", "mine.py:Walkers")
    assert result.code == 3
    reached = int(read_boxes(Path("found.txt")).detections().frame.max())
    assert result.line == f"cut: ends after {reached} of 24 frames; the detections end there"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.mp4", "-o", "found.txt"), "no such file or folder: missing.mp4"),
        (("walk.mp4", "-o", "det.txt"), "det.txt exists; --overwrite replaces it"),
        (("walk.mp4", "-o", "."), ". is a folder; name a file to write"),
        (("walk.mp4", "-o", "no/found.txt"), "cannot write no/found.txt: there is no folder no"),
        (("walk.mp4", "-o", "walk.mp4", "--overwrite"), "walk.mp4 is the input and is not replaced"),
        (("walk.mp4", "-o", "found.txt", "--detector", "mine.py:Fails"), "failed in frame 10: RuntimeError"),
    ],
)
def test_what_cannot_be_used_is_one_line(siamlink: Run, arguments: tuple[str, ...], message: str) -> None:
    before = {path: path.read_bytes() for path in Path().glob("*.*")}
    result = siamlink("detect", "--detector", "motion", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.line
    assert {path: path.read_bytes() for path in Path().glob("*.*")} == before


def test_a_sequence_without_frames(siamlink: Run, sequence: Callable[..., Path]) -> None:
    result = siamlink("detect", sequence("SEQ", None), "-o", "found.txt", "--detector", "motion")
    assert result.code == 2
    assert result.line.endswith("SEQ has no frames (img1/ or SEQ.mp4), so no detector can look at them")


def test_overwriting_replaces_the_file(siamlink: Run) -> None:
    Path("found.txt").write_text("earlier")
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "mine.py:Walkers", "--overwrite")
    assert result.code == 0
    assert len(read_boxes(Path("found.txt")).detections()) == 48


def test_ctrl_c_writes_nothing_of_a_file(siamlink: Run) -> None:
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "mine.py:Interrupted")
    assert (result.code, result.line) == (130, "siamlink: interrupted")
    assert not Path("found.txt").exists()


def test_ctrl_c_ends_a_live_stream(siamlink: Run, stream: str) -> None:
    result = siamlink("detect", stream, "-o", "found.txt", "--detector", "mine.py:Interrupted")
    assert result.code == 0
    assert result.line == "gate is live: Ctrl-C ends it; until then the results are in found.partial.txt"
    assert len(read_boxes(Path("found.txt")).detections()) == 20
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_detections_of_a_lost_stream_are_written(siamlink: Run, network_camera: Any, still_clock: Any) -> None:
    def images() -> Iterator[bytes]:
        yield from network_camera.parts(np.zeros((4, 48, 64, 3), np.uint8))

    with network_camera(images, images) as camera:
        options = ("--detector", "mine.py:Walkers", "--patience", 60)
        result = siamlink("detect", camera.url, "-o", "found.txt", *options)
    assert (result.code, result.out) == (3, "16 detections in 8 frames by mine.py:Walkers, written to found.txt\n")
    started, gaps, broken = result.err.splitlines()
    assert started == "gate is live: Ctrl-C ends it; until then the results are in found.partial.txt"
    assert gaps.startswith("gate: without frames 2 times, ")
    assert "not back within 60 seconds" in broken
    frames = sorted(set(read_boxes(Path("found.txt")).detections().frame))
    back = frames[4]
    assert frames == [1, 2, 3, 4, back, back + 1, back + 2, back + 3]
    assert back > 12
    assert sorted(path.name for path in Path().glob("found*")) == ["found.txt"]


def test_a_file_that_grows_is_not_overwritten(siamlink: Run) -> None:
    Path("found.partial.txt").write_text("a whole night")
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "mine.py:Walkers")
    assert (result.code, result.line) == (2, "siamlink: found.partial.txt exists; --overwrite replaces it")
    assert Path("found.partial.txt").read_text() == "a whole night"
