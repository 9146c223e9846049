"""A report of 10,000 tracks with 100 boxes each, in 10,000 frames without a video: many.html.

Usage: python tests/browser/many_tracks.py DIR
"""

import sys
from pathlib import Path

import numpy as np
from inputs import siamlink

TRACKS, LENGTH, FRAMES = 10_000, 100, 10_000
WIDTH, HEIGHT = 1920, 1080
UNSURE = 0.02
"""The share of links that are not sure."""


def write_many(path: Path) -> None:
    """Tracks that wander about, in MOT format with link probabilities."""
    rng = np.random.default_rng(0)
    shape = (TRACKS, LENGTH)
    frame = np.sort(rng.integers(1, FRAMES - LENGTH + 2, TRACKS))[:, None] + np.arange(LENGTH)
    track_id = np.broadcast_to(np.arange(1, TRACKS + 1)[:, None], shape)
    time = np.arange(LENGTH)
    left = np.clip(rng.uniform(0, WIDTH - 60, (TRACKS, 1)) + rng.normal(0, 1.5, (TRACKS, 1)) * time, 0, WIDTH - 60)
    top = np.clip(rng.uniform(200, HEIGHT - 150, (TRACKS, 1)) + rng.normal(0, 0.5, (TRACKS, 1)) * time, 0, HEIGHT - 130)
    score = rng.uniform(0.4, 1, shape)
    probability = np.where(rng.random(shape) < UNSURE, rng.uniform(0.3, 0.95, shape), rng.uniform(0.99, 1, shape))
    constant = [np.full(shape, each) for each in (50.0, 120.0, -1.0)]
    columns = (frame, track_id, left, top, *constant[:2], score, constant[2], probability, constant[2])
    rows = np.stack(columns, axis=-1).reshape(-1, len(columns))
    text = "%d,%d,%.2f,%.2f,%.2f,%.2f,%.4f,%d,%.4f,%d"
    np.savetxt(path, rows[np.lexsort((rows[:, 1], rows[:, 0]))], fmt=text)


if __name__ == "__main__":
    tracks = Path(sys.argv[1]) / "many.txt"
    write_many(tracks)
    siamlink("report", tracks, "--frame-rate", "30")
