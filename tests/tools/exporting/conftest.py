"""Two tracks of two classes: one with an interpolated box and a gap, one up to the last frame."""

import numpy as np
import pytest

from siamlink.detectors.class_names import ClassNames
from siamlink.tools.exporting.video_tracks import VideoTracks
from siamlink.tracker.tracks import Tracks

LEFT, TOP, WIDTH, HEIGHT = 10.25, 20, 30, 60


@pytest.fixture
def video() -> VideoTracks:
    """Ten frames at 5 frames a second; track 7 is in frames 1 to 4 (4 px a frame) and 7, track 3 in 8 to 10."""
    frame = np.array([1, 2, 3, 4, 7, 8, 9, 10])
    shift = np.array([0, 4, 8, 12, 40, 0, 0, 0])
    left, top = LEFT + shift, np.array([TOP] * 5 + [100] * 3)
    tracks = Tracks(
        frame=frame,
        box=np.column_stack([left, top, left + WIDTH, top + HEIGHT]),
        score=np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.9, 0.9, 0.9]),
        label=np.array([2, 2, 2, 2, 2, 0, 0, 0]),
        track_id=np.array([7] * 5 + [3] * 3),
        interpolated=np.array([False, False, True, False, False, False, False, False]),
        link_probability=np.array([0.99, 0.75, 0.75, 0.25, np.nan, 1, 0.5, np.nan]),
    )
    names = ClassNames({0: "person", 1: "unused", 2: 'lorry & "bus" <big>'})
    return VideoTracks("clip", tracks, 5.0, 10, (640, 480), names, "clip.mp4", record={"matching": "learned"})
