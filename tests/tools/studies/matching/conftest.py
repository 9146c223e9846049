"""Sequences and appearances to match."""

from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[..., Path]
MODEL = '''
import numpy as np

def colour(image, box):
    return np.array([image[int(y1):int(y2), int(x1):int(x2)].mean((0, 1)) for x1, y1, x2, y2 in box])

class Colour:
    """The mean colour, compared by its cosine."""
    def describe(self, image, box):
        return colour(image, box) - 100

class Pairwise(Colour):
    """Descriptors whose cosine means nothing, and two features."""
    feature_names = "similarity", "noise"
    def describe(self, image, box):
        return np.column_stack([np.full(len(box), 1e6), colour(image, box)[:, 0]])
    def compare(self, earlier, later):
        return np.column_stack([-abs(earlier - later)[:, 1], earlier[:, 1]])

class Blind(Colour):
    def describe(self, image, box):
        return np.ones((len(box), 2))

class Moving(Colour):
    """Which way the boxes move: one walker goes right, one left."""
    needs_flow = True
    def describe(self, image, box, flow):
        moved = [colour(flow.vectors, each[None] * flow.scale)[0] for each in box]
        return np.column_stack([np.reshape(moved, (-1, 2))[:, 0], np.full(len(box), 5)])

class Recorder(Colour):
    boxes = []
    def describe(self, image, box):
        Recorder.boxes.append(box)
        return super().describe(image, box)

class Unsure(Colour):
    feature_names = ("nothing",)
    def compare(self, earlier, later):
        return np.full((len(earlier), 1), np.nan)

class Changes(Colour):
    width = 1
    def describe(self, image, box):
        self.width += 1
        return np.ones((len(box), self.width))
'''


@pytest.fixture
def walks(here: Path, sequence: Make) -> Make:
    """Makes sequences whose detections are lost in frames 9 to 14, so that there are tracklets apart in time."""
    (here / "model.py").write_text(MODEL)

    def make(name: str, *more: str) -> Path:
        folder = sequence(name)
        file = folder / "det" / "det.txt"
        lines = [line for line in file.read_text().splitlines() if not 9 <= int(line.split(",")[0]) <= 14]
        file.write_text("\n".join([*lines, *more]) + "\n")
        return folder

    return make
