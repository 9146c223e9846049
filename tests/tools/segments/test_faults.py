"""Segments and what can go wrong with them: lost workers, damaged files, interruptions, sources that cannot be cut."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.segments import segment_file

Run = Callable[..., Any]
Make = Callable[..., Path]
SEES = ("--detector", "mine.py:Sees", "--no-video")
FAST = (*SEES, "--config", "fast")
FOLDER = Path("out/.walk.segments")
KILLED = """
import os, pathlib
from mine import Sees

class Killed(Sees):
    def detect(self, image):
        if not pathlib.Path("killed").exists():
            pathlib.Path("killed").touch()
            os.kill(os.getpid(), 9)
        return super().detect(image)
"""
SLOW = """
import os, pathlib, time
from mine import Sees

class Slow(Sees):
    def __init__(self):
        self.slow = len(list(pathlib.Path().glob("process-*"))) == 1  # the first one only hands out segments
        pathlib.Path(f"process-{os.getpid()}").touch()

    def detect(self, image):
        with pathlib.Path("slow.txt" if self.slow else "quick.txt").open("a") as done:
            done.write("x")
        time.sleep(0.1 if self.slow else 0.0)
        return super().detect(image)
"""


@pytest.fixture
def whole(interruptible: Run) -> bytes:
    """The tracks of the walkers in one piece."""
    assert interruptible("track", "walk.mp4", "-o", "whole", *FAST).code == 0
    Path("looked.txt").unlink()
    return Path("whole/walk.txt").read_bytes()


def looked() -> int:
    """In how many frames the detector was run since the last call."""
    path = Path("looked.txt")
    count = len(path.read_text()) if path.exists() else 0
    path.unlink(missing_ok=True)
    return count


def test_an_interrupted_run_goes_on_with_the_segments_that_it_lacks(interruptible: Run, whole: bytes) -> None:
    Path("stop.txt").write_text("14")
    arguments = ("track", "walk.mp4", "-o", "out", *FAST, "--segments", 4)
    done = interruptible(*arguments)
    assert done.code == 130
    assert done.err.splitlines() == [
        "the segments that are done stay: the same command continues with the others",
        "siamlink: interrupted",
    ]
    assert len(list(FOLDER.glob("detections-*"))) == 2
    assert looked() == 14
    done = interruptible(*arguments)
    assert (done.code, done.err) == (0, "walk: 2 of 4 segments are done\n")
    assert looked() == 12
    assert Path("out/walk.txt").read_bytes() == whole
    assert not FOLDER.exists()


def test_a_damaged_file_is_done_again(interruptible: Run, whole: bytes) -> None:
    for number in (1, 2, 3):
        assert interruptible("segment", "walk.mp4", f"{number}/3", "-o", "out", *FAST[:2], *FAST[3:]).code == 0
    assert looked() == 24
    for path, damage in ((FOLDER / "detections-2-of-3.safetensors", flipped), (FOLDER / "frames.safetensors", cut)):
        path.write_bytes(damage(path.read_bytes()))
    done = interruptible("join", "walk.mp4", "-o", "out", *FAST)
    assert (done.code, done.err) == (0, "segment 2/3 of walk was damaged; it is done again\n")
    assert looked() == 8
    assert Path("out/walk.txt").read_bytes() == whole


def test_segments_of_earlier_settings_and_of_another_number_do_not_stand_in_the_way(interruptible: Run) -> None:
    options = (*FAST, "--confidence", 0.3)
    for number in (1, 2, 3):
        interruptible("segment", "walk.mp4", f"{number}/3", "-o", "out", *FAST[:2], *FAST[3:])
    for number in (1, 2):
        interruptible("segment", "walk.mp4", f"{number}/2", "-o", "out", *options[:2], *options[3:])
    looked()
    done = interruptible("join", "walk.mp4", "-o", "out", *options)
    assert (done.code, done.err, looked()) == (0, "", 0)


def test_an_interrupted_join_goes_on_with_the_segments_that_are_done(interruptible: Run, whole: bytes) -> None:
    for number in (1, 2):
        interruptible("segment", "walk.mp4", f"{number}/2", "-o", "out", *FAST[:2], *FAST[3:])
    path = FOLDER / "detections-2-of-2.safetensors"
    path.write_bytes(cut(path.read_bytes()))
    looked()
    Path("stop.txt").write_text("3")
    done = interruptible("join", "walk.mp4", "-o", "out", *FAST)
    assert done.code == 130
    assert "the segments that are done stay: the same command continues with the others" in done.err
    assert interruptible("join", "walk.mp4", "-o", "out", *FAST).code == 0
    assert Path("out/walk.txt").read_bytes() == whole


def flipped(data: bytes) -> bytes:
    return data[:300] + bytes([data[300] ^ 1]) + data[301:]


def cut(data: bytes) -> bytes:
    return data[:-10]


def test_segments_of_another_video_are_not_used(interruptible: Run, whole: bytes, sequence: Make) -> None:
    for number in (1, 2, 3):
        interruptible("segment", "walk.mp4", f"{number}/3", "-o", "out", *FAST[:2], *FAST[3:])
    os.utime("walk.mp4", (1, 1))
    assert interruptible("segment", "walk.mp4", "1/3", "-o", "out", *FAST[:2], *FAST[3:]).code == 0
    assert looked() == 24, "the same bytes at another time are the same video"
    with Path("walk.mp4").open("ab") as video:
        video.write(b"\0\0\0\x08free")
    done = interruptible("join", "walk.mp4", "-o", "out", *FAST)
    assert done.code == 2
    assert done.err == (
        "siamlink: walk: of another video, detector or version is 1/3, 2/3, 3/3; run 'siamlink segment walk.mp4 K/3 "
        "-o out' for each, with the same options\n"
    )


def test_missing_segments_are_named(interruptible: Run, whole: bytes) -> None:
    join = ("join", "walk.mp4", "-o", "out", *FAST)
    assert interruptible(*join).err == (
        "siamlink: walk: there are no segments in out/.walk.segments: run 'siamlink segment SOURCE K/N' for each of "
        "them first\n"
    )
    FOLDER.mkdir(parents=True)
    (FOLDER / "detections-1-of-0.safetensors").touch()
    assert "there are no segments in" in interruptible(*join).err
    done = interruptible("segment", "walk.mp4", "2/3", "-o", "out", *FAST[:2], *FAST[3:])
    assert (done.code, done.out) == (0, "segment 2/3 of walk is detected; not yet: 1/3, 3/3\n")
    done = interruptible(*join)
    assert done.code == 2
    assert done.err == (
        "siamlink: walk: there is no segment 1/3, 3/3; run 'siamlink segment walk.mp4 K/3 -o out' for each, with the "
        "same options\n"
    )
    for number in (1, 3):
        interruptible("segment", "walk.mp4", f"{number}/3", "-o", "out", *FAST[:2], *FAST[3:])
    done = interruptible(*join)
    assert (done.code, done.err) == (0, "")
    assert Path("out/walk.txt").read_bytes() == whole


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("segment", "walk.mp4", "0/3", "-o", "out"), "a segment is K/N, such as 3/16, with K from 1 to N"),
        (("segment", "walk.mp4", "4/3", "-o", "out"), "a segment is K/N, such as 3/16, with K from 1 to N"),
        (("segment", "walk.mp4", "one", "-o", "out"), "a segment is K/N, such as 3/16, with K from 1 to N"),
        (("segment", "0", "1/3", "-o", "out"), "camera 0 is live: segments are for video files"),
        (("join", "rtsp://h/gate", "-o", "out"), "stream gate is live: segments are for video files"),
        (("track", "0", "-o", "out", "--segments", 3), "camera 0 is live: segments are for video files"),
        (("track", "walk.mp4", "-o", "-", "--segments", 3), "it excludes --segments"),
        (("track", "walk.mp4", "-o", "out", "--segments", 3, "--resume"), "it excludes --resume and --cache"),
        (("track", "walk.mp4", "-o", "out", "--segments", 3, "--mode", "online"), "not for mode online"),
        (("track", "walk.mp4", "-o", "out", "--segments", 25, *SEES), "24 frames are too few for 25 segments"),
        (
            ("track", "walk.mp4", "-o", "out", "--segments", 3, "--detector", "motion"),
            "so its detections may depend on earlier frames: track it in one piece, without segments",
        ),
        (("segment", "walk.mp4", "1/3", "-o", "det.txt", *SEES[:2]), "it is a file; name a folder for the results"),
        (("segment", "walk.mp4", "1/3", "-o", "-", *SEES[:2]), "segments are files: give a folder, -o DIR, not -o -"),
        (("join", "walk.mp4", "-o", "-"), "segments are files: give a folder, -o DIR, not -o -"),
    ],
)
def test_what_cannot_be_cut_is_said_in_one_line(siamlink: Run, arguments: tuple[object, ...], line: str) -> None:
    done = siamlink(*arguments)
    assert done.code == 2
    assert line in done.line


def test_damaged_and_joined_videos_are_refused(siamlink: Run, interruptible: Run, walk_bytes: dict[str, bytes]) -> None:
    with av.open("walk.mp4") as source, av.open("joined.ts", "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    clip = Path("joined.ts").read_bytes()
    Path("joined.ts").write_bytes(clip + clip)
    clip = walk_bytes[".mkv"]
    Path("damaged.mkv").write_bytes(clip[: len(clip) // 2] + b"\0" * 3000 + clip[len(clip) // 2 + 3000 :])
    assert "a clock that starts again" in siamlink("track", "joined.ts", "-o", "out", *SEES, "--segments", 2).line
    done = interruptible("track", "damaged.mkv", "-o", "out", *SEES, "--segments", 2)
    assert done.code == 2
    assert re.fullmatch(r"siamlink: damaged: segment [12]/2: the video breaks off after frame .*\n", done.err)


def test_detections_alone_are_linked_in_one_piece(siamlink: Run, sequence: Make) -> None:
    folder = sequence("alone", frames=None)
    assert siamlink("track", folder, "-o", "whole", "--no-video").code == 0
    done = siamlink("track", folder, "-o", "out", "--no-video", "--segments", 3)
    assert done.code == 0
    assert "alone: nothing is decoded before it is linked, so it is not cut into segments" in done.err
    assert Path("out/alone.txt").read_bytes() == Path("whole/alone.txt").read_bytes()


def test_a_full_disk_is_one_line(interruptible: Run, monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    def full(*_: object) -> None:
        raise OutputError("cannot write out/.walk.segments/x: No space left on device")

    monkeypatch.setattr(segment_file, "publish", full)
    done = interruptible("track", "walk.mp4", "-o", "out", *FAST, "--segments", 3)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "No space left on device" in done.err
    assert [path.name for path in FOLDER.iterdir()] == []


def test_results_with_everything_are_those_of_one_piece(interruptible: Run, here: Path) -> None:
    Path("fix.txt").write_text("tracks whole/walk.txt\nfalse 2\n")
    options = ("--detector", "mine.py:Sees", "--export", "csv,coco")
    assert interruptible("track", "walk.mp4", "-o", "whole", "--report", *options).code == 0
    done = interruptible("track", "walk.mp4", "-o", "out", "--report", *options, "--segments", 3)
    assert done.code == 0, done.err
    names = sorted(path.name for path in Path("whole").iterdir())
    assert sorted(path.name for path in Path("out").iterdir()) == names
    for name in names:
        if not name.endswith((".json", ".html", ".mp4")) or "coco" in name:
            assert Path("out", name).read_bytes() == Path("whole", name).read_bytes(), name
    assert Path("out/walk.mp4").stat().st_size == Path("whole/walk.mp4").stat().st_size
    for folder, segments in (("fixed", ()), ("fixed-in-segments", ("--segments", 3))):
        fixed = ("track", "walk.mp4", "-o", folder, *SEES, "--constraints", "fix.txt", *segments)
        assert interruptible(*fixed).code == 0
    assert Path("fixed/walk.txt").read_bytes() == Path("fixed-in-segments/walk.txt").read_bytes()
    assert Path("fixed/walk.txt").read_bytes() != Path("whole/walk.txt").read_bytes()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(interruptible: Run, whole: bytes, here: Path) -> None:
    (here / "killed.py").write_text(KILLED)
    options = ("--detector", "killed.py:Killed", "--no-video", "--config", "fast", "--segments", 3, "--jobs", 2)
    done = interruptible("track", "walk.mp4", "-o", "out", *options)
    assert done.code == 0, done.err
    assert "of walk: its process died (SIGKILL); it is done again" in done.err
    assert Path("out/walk.txt").read_bytes() == whole
    assert not FOLDER.exists()


@pytest.mark.slow
@pytest.mark.alone
def test_a_slow_worker_does_fewer_segments(interruptible: Run, whole: bytes, here: Path) -> None:
    (here / "slow.py").write_text(SLOW)
    options = ("--detector", "slow.py:Slow", "--no-video", "--config", "fast", "--segments", 12, "--jobs", 2)
    done = interruptible("track", "walk.mp4", "-o", "out", *options)
    assert done.code == 0, done.err
    assert Path("out/walk.txt").read_bytes() == whole
    slow, quick = (len(Path(name).read_text()) for name in ("slow.txt", "quick.txt"))
    assert slow + quick == 24
    assert slow < quick
