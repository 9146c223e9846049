"""The tracks of a video in segments are the bytes of the tracks of the whole video."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.tools.segments import segmented
from siamlink.tools.segments.segment import Segment

Run = Callable[..., Any]
Make = Callable[..., Path]
COUNTS = (2, 5, 17)
LEARNED = ("--set", "matching=learned")


@pytest.fixture
def cut_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of any length instead of equal ones."""

    def cut(frame_count: int, count: int) -> list[Segment]:
        inside = sorted(random.Random(f"{frame_count} {count}").sample(range(1, frame_count), count - 1))
        ends = [0, *inside, frame_count]
        return [Segment(k, count, ends[k - 1] + 1, ends[k]) for k in range(1, count + 1)]

    monkeypatch.setattr(segmented, "segments_of", cut)


def check_same(run: Run, source: Path | str, *options: str, counts: tuple[int, ...] = COUNTS, boxes: int = 40) -> None:
    name = Path(source).stem
    assert run("track", source, "-o", "whole", "--no-video", *options).code == 0
    whole = Path("whole", f"{name}.txt").read_bytes()
    assert whole.count(b"\n") > boxes
    for count in counts:
        done = run("track", source, "-o", str(count), "--no-video", "--segments", count, *options)
        assert done.code == 0, done.err
        assert Path(str(count), f"{name}.txt").read_bytes() == whole
        assert not list(Path(str(count)).glob(".*")), "the segments are removed at the end"


@pytest.mark.usefixtures("cut_at_random", "street")
def test_a_video_with_a_detector_and_appearance(interruptible: Run) -> None:
    check_same(interruptible, "east.mp4", "--detector", "blobs.py:Blobs", *LEARNED)


@pytest.mark.usefixtures("cut_at_random")
def test_a_video_with_given_detections(interruptible: Run, street: Path) -> None:
    check_same(interruptible, "east.mp4", "--detections", str(street / "det" / "det.txt"), *LEARNED)


@pytest.mark.usefixtures("cut_at_random")
def test_a_sequence_of_images_with_the_choice_of_matching(interruptible: Run, street: Path) -> None:
    check_same(interruptible, street)


@pytest.mark.usefixtures("cut_at_random", "street")
def test_calibrated_matching_with_appearance(interruptible: Run) -> None:
    check_same(interruptible, "east.mp4", "--detector", "blobs.py:Blobs", "--config", "general", counts=(5,))


@pytest.mark.usefixtures("cut_at_random", "variable_street")
def test_a_variable_frame_rate(interruptible: Run) -> None:
    check_same(interruptible, "east.mp4", "--detector", "blobs.py:Blobs", *LEARNED)


def test_a_video_in_segments_is_searched_once_as_a_whole(siamlink: Run, street: Path, searches: list[int]) -> None:
    done = siamlink("track", street, "-o", "out", "--no-video", "--segments", 3, "--set", "gaps.search=true", *LEARNED)
    assert done.code == 0, done.err
    assert len(searches) == 1
    assert done.err.count("gaps.search reads the whole video in one process, after the segments") == 1
