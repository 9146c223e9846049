"""Which objects without a detection are predicted."""

import numpy as np
import pytest

from siamlink.association.calibrated.online_extrapolation import extrapolated
from siamlink.association.calibrated.online_statistics import WindowStatistics
from siamlink.association.calibrated.online_tracks import OpenTracks
from siamlink.detectors.base.arrays import BoolArray, FloatArray

NOTHING = np.zeros((0, 4)), np.zeros(0, bool)


def predicted(
    tracks: OpenTracks, statistics: WindowStatistics, boxes: tuple[FloatArray, BoolArray] = NOTHING
) -> list[int]:
    """The rows of the predicted tracks in frame 13, of objects that are often missed."""
    statistics.gap_survival = np.full(61, 0.5)
    return extrapolated(tracks, 13, statistics, *boxes).row.tolist()


@pytest.fixture
def tracks(walker_tracks: OpenTracks, walker_statistics: WindowStatistics) -> OpenTracks:
    walker_statistics.missed = (True, True)
    walker_tracks["probability"], walker_tracks["shown"] = 0.99, True
    return walker_tracks


def test_a_box_is_predicted_where_the_object_is_expected(
    tracks: OpenTracks, walker_statistics: WindowStatistics
) -> None:
    assert predicted(tracks, walker_statistics) == [0, 1]
    box = extrapolated(tracks, 13, walker_statistics, *NOTHING).box
    np.testing.assert_allclose(box, [[165, 100, 195, 160], [165, 300, 195, 360]], atol=4)


@pytest.mark.parametrize(("name", "value"), [("probability", 0.1), ("shown", False), ("extrapolated", 12)])
def test_not_for_false_alarms_nor_more_often_than_detected(
    tracks: OpenTracks, walker_statistics: WindowStatistics, name: str, value: float
) -> None:
    tracks[name] = value
    assert predicted(tracks, walker_statistics) == []


def test_not_where_gaps_are_objects_that_are_absent(tracks: OpenTracks, walker_statistics: WindowStatistics) -> None:
    walker_statistics.missed = (False, False)
    assert predicted(tracks, walker_statistics) == []


def test_not_where_a_young_track_replaces_it(tracks: OpenTracks, walker_statistics: WindowStatistics) -> None:
    box = np.array([[166.0, 102, 196, 162]])
    assert predicted(tracks, walker_statistics, (box, np.array([True]))) == [1]
    assert predicted(tracks, walker_statistics, (box, np.array([False]))) == [0, 1]
