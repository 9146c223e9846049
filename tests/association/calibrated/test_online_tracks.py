"""Open tracks that are continued one detection after another, and those of a window, are the same."""

import numpy as np
import pytest

from siamlink.association.calibrated.online_statistics import WindowStatistics
from siamlink.association.calibrated.online_tracks import (
    TRACK_NAMES,
    OpenTracks,
    follow,
    new_tracks,
    take_over,
    track_features,
)
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def test_a_window_gives_the_tracks_that_its_frames_gave_one_by_one(
    walkers: Detections, walker_statistics: WindowStatistics, walker_tracks: OpenTracks
) -> None:
    rows = np.arange(2)
    tracks = walker_tracks[:0]
    for frame, new in walkers.by_frame():
        described = walker_statistics.describe(make_scene(new), new.label)
        if frame == 1:
            tracks = new_tracks(described, rows, 1, walker_statistics)
        else:
            follow(tracks, described, rows, np.full(2, 7.0), walker_statistics)
    names = (
        "id",
        "count",
        "first_frame",
        "last_frame",
        "place",
        "velocity",
        "velocity_variance",
        "first_place",
        "sums",
    )
    for name in (*names, "first_place", "gap", "ratio", "weakest", "best_rank", "recent", "unit", "label"):
        np.testing.assert_allclose(tracks[name], walker_tracks[name], rtol=1e-3, atol=1e-6, err_msg=name)


def test_features_of_tracks(walker_tracks: OpenTracks) -> None:
    features = track_features(walker_tracks, stride=1, frame_rate=30.0)
    column = {name: features[0, n] for n, name in enumerate(TRACK_NAMES)}
    assert features.shape == (2, len(TRACK_NAMES))
    assert column["track_length"] == pytest.approx(np.log(12))
    assert column["seconds"] == pytest.approx(np.log(12 / 30))
    assert (column["track_link_ratio"], column["gap_before"]) == (7, 1)


def test_tracks_of_the_same_number_keep_what_a_window_does_not_tell(walker_tracks: OpenTracks) -> None:
    former = walker_tracks[[1]].copy()
    former["extrapolated"], former["shown"] = 5, True
    take_over(former, walker_tracks)
    assert walker_tracks["extrapolated"].tolist() == [0, 5]
    assert walker_tracks["shown"].tolist() == [False, True]
