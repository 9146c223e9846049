"""Frame after frame: tracks of scenes without doubt, from the past alone."""

import numpy as np
import pytest

from siamlink.association.calibrated.online import OnlineLinker
from siamlink.detectors.detections import Detections


def crossing(frames: int = 60, step: int = 1) -> tuple[Detections, np.ndarray]:
    """Three who walk, two of them past each other, in every `step`-th frame, and who is who."""
    frame = np.repeat(np.arange(1, frames + 1, step), 3)
    who = np.tile(np.arange(3), len(frame) // 3)
    x = np.array([100.0, 340.0, 700.0])[who] + np.array([4.0, -4.0, 2.0])[who] * (frame - 1)
    y = np.array([300.0, 320.0, 500.0])[who]
    jitter = np.random.default_rng(0).normal(0, 0.4, (len(frame), 4))
    box = np.column_stack([x - 20, y - 55, x + 20, y + 55]) + jitter
    return Detections(frame, box, np.full(len(frame), 0.9), np.zeros(len(frame), int)), who


@pytest.mark.parametrize("step", [1, 5])
def test_tracks_go_on_while_frames_come(step: int) -> None:
    detections, who = crossing(60 * step if step > 1 else 60, step)
    linker = OnlineLinker(30.0, (1280, 720))
    tracks = []
    for frame, seen in detections.by_frame():
        track, probability = linker.update(seen, frame)
        assert len(track) == len(probability) == len(seen)
        tracks.append(track)
    found = np.concatenate(tracks)
    for each in range(3):
        names, counts = np.unique(found[who == each], return_counts=True)
        assert counts.max() >= 0.9 * counts.sum(), (each, names, counts)


def test_frames_without_detections_are_no_fault() -> None:
    linker = OnlineLinker(30.0)
    detections, _ = crossing(10)
    for frame in range(1, 16):
        track, _ = linker.update(detections.in_frame(frame), frame)
    assert len(track) == 0
