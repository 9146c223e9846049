"""The tracks of a video in segments are the bytes of the tracks of the whole video."""

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from siamlink.tools.segments import segmented
from siamlink.tools.segments.segment import Segment

Run = Callable[..., Any]
Make = Callable[..., Path]
COUNTS = (2, 5, 17)
FRAMES = 40
LEARNED = ("--set", "matching=learned")
BLOBS = """
import cv2, numpy as np

class Blobs:
    fingerprint = "what is not black"

    def detect(self, image):
        _, _, stats, _ = cv2.connectedComponentsWithStats((image.max(axis=2) > 4).astype(np.uint8))
        rows = [[x, y, x + w, y + h, 0.5 + 0.3 * (area % 7) / 7] for x, y, w, h, area in stats[1:] if area > 60]
        return np.array(rows, float).reshape(-1, 5)
"""


@pytest.fixture
def cut_at_random(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of any length instead of equal ones."""

    def cut(frame_count: int, count: int) -> list[Segment]:
        inside = sorted(random.Random(f"{frame_count} {count}").sample(range(1, frame_count), count - 1))
        ends = [0, *inside, frame_count]
        return [Segment(k, count, ends[k - 1] + 1, ends[k]) for k in range(1, count + 1)]

    monkeypatch.setattr(segmented, "segments_of", cut)


@pytest.fixture
def street(here: Path, streets_with_frames: Path) -> Path:
    """A street as a MOT sequence of images, and as `east.mp4`, which has few key frames; `blobs.py` sees the people."""
    (here / "blobs.py").write_text(BLOBS)
    write_video(streets_with_frames / "east", here / "east.mp4", list(range(FRAMES)))
    return streets_with_frames / "east"


def write_video(sequence: Path, path: Path, ticks: list[int]) -> None:
    """The pictures of a sequence at times of thirtieths of a second, with pictures that need later ones."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"g": "9", "bf": "2", "crf": "12"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 30)
        for number, tick in enumerate(ticks, 1):
            image = cv2.imread(str(sequence / "img1" / f"{number:06d}.png"))
            frame = av.VideoFrame.from_ndarray(np.asarray(image, np.uint8), "bgr24")
            frame.pts, frame.time_base = tick, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


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


@pytest.mark.usefixtures("cut_at_random")
def test_a_video_with_a_detector_and_appearance(interruptible: Run, street: Path, here: Path) -> None:
    check_same(interruptible, "east.mp4", "--detector", "blobs.py:Blobs", *LEARNED)


@pytest.mark.usefixtures("cut_at_random")
def test_a_video_with_given_detections(interruptible: Run, street: Path) -> None:
    check_same(interruptible, "east.mp4", "--detections", str(street / "det" / "det.txt"), *LEARNED)


@pytest.mark.usefixtures("cut_at_random")
def test_a_sequence_of_images_with_the_choice_of_matching(interruptible: Run, street: Path) -> None:
    check_same(interruptible, street)


@pytest.mark.usefixtures("cut_at_random")
def test_calibrated_matching_with_appearance(interruptible: Run, street: Path) -> None:
    check_same(interruptible, "east.mp4", "--detector", "blobs.py:Blobs", "--config", "general", counts=(5,))


@pytest.mark.usefixtures("cut_at_random")
def test_a_variable_frame_rate(interruptible: Run, street: Path, here: Path) -> None:
    ticks = [tick for tick in range(2 * FRAMES) if not (12 <= tick < 48 and tick % 2)][:FRAMES]
    write_video(street, here / "east.mp4", ticks)
    check_same(interruptible, "east.mp4", "--detector", "blobs.py:Blobs", *LEARNED)
