"""A street as a video, with a detector that sees the people in it."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

FRAMES = 40
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
def street(here: Path, streets_with_frames: Path) -> Path:
    """A street as a MOT sequence of images, and as `east.mp4`, which has few key frames; `blobs.py` sees the people."""
    (here / "blobs.py").write_text(BLOBS)
    write_video(streets_with_frames / "east", here / "east.mp4", list(range(FRAMES)))
    return streets_with_frames / "east"


@pytest.fixture
def variable_street(here: Path, street: Path) -> Path:
    """The same, where the video has half the frame rate in the middle."""
    ticks = [tick for tick in range(2 * FRAMES) if not (12 <= tick < 48 and tick % 2)][:FRAMES]
    write_video(street, here / "east.mp4", ticks)
    return street


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
