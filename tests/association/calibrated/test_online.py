"""Online tracks of a clear scene."""

import numpy as np
import pytest

from siamlink.association.calibrated.online import OnlineLinker
from siamlink.detectors.detections import Detections


def crossing(frames: int = 60, step: int = 1) -> tuple[Detections, np.ndarray]:
    """Three objects, two of which pass each other, in every `step`-th frame, and their identities."""
    frame = np.repeat(np.arange(1, frames + 1, step), 3)
    identity = np.tile(np.arange(3), len(frame) // 3)
    x = np.array([100.0, 340.0, 700.0])[identity] + np.array([4.0, -4.0, 2.0])[identity] * (frame - 1)
    y = np.array([300.0, 320.0, 500.0])[identity]
    jitter = np.random.default_rng(0).normal(0, 0.4, (len(frame), 4))
    box = np.column_stack([x - 20, y - 55, x + 20, y + 55]) + jitter
    return Detections(frame, box, np.full(len(frame), 0.9), np.zeros(len(frame), int)), identity


@pytest.mark.parametrize("step", [1, 5])
def test_every_object_has_one_track_over_nearly_all_frames(step: int) -> None:
    detections, identity = crossing(60 * step if step > 1 else 60, step)
    linker = OnlineLinker(30.0, (1280, 720))
    tracks = []
    for frame, new in detections.by_frame():
        track, probability = linker.update(new, frame)
        assert len(track) == len(probability) == len(new)
        tracks.append(track)
    track_id = np.concatenate(tracks)
    for each in range(3):
        names, counts = np.unique(track_id[identity == each], return_counts=True)
        assert counts.max() >= 0.9 * counts.sum(), (each, names, counts)


def test_frames_without_detections_are_no_error() -> None:
    linker = OnlineLinker(30.0)
    detections, _ = crossing(10)
    for frame in range(1, 16):
        track, _ = linker.update(detections.in_frame(frame), frame)
    assert len(track) == 0
