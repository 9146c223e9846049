"""Detectors of the two walkers, good and faulty; tests use them as their own `mine.py`."""

import signal
from pathlib import Path

import numpy as np


class Walkers:
    """Knows where the two walkers are."""

    def __init__(self):
        self.seen = 0

    def detect(self, image):
        self.seen += 1
        x = 4 * self.seen
        return np.array([[x, 20, x + 14, 60, 0.9], [150 - x, 70, 164 - x, 110, 0.8]])


class Sees:
    """Finds the two walkers by their colours alone; writes down that it looked; interrupts where it is told to."""

    fingerprint = "by colour"

    def detect(self, image):
        looks = len(Path("looked.txt").read_text()) if Path("looked.txt").exists() else 0
        if Path("stop.txt").exists() and looks == int(Path("stop.txt").read_text()):
            Path("stop.txt").unlink()
            raise KeyboardInterrupt
        with Path("looked.txt").open("a") as looked:
            looked.write("x")
        warmth = image[..., 2].astype(int) - image[..., 0]
        places = [np.nonzero(mask) for mask in (warmth > 80, warmth < -80)]
        return np.array([[x.min(), y.min(), x.max() + 1, y.max() + 1, 0.9] for y, x in places if len(x)])


class SeesToo(Sees):
    """The same, under another name."""


class Fails(Walkers):
    def detect(self, image):
        if self.seen == 9:
            raise RuntimeError("out\nof memory")
        return super().detect(image)


class Nonsense(Walkers):
    def detect(self, image):
        return "people" if self.seen == 9 else super().detect(image)


class Interrupted(Walkers):
    def detect(self, image):
        if self.seen == 9:
            signal.raise_signal(signal.SIGINT)
        return super().detect(image)
