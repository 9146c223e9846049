"""Which detections continue which open tracks."""

from siamlink.association.calibrated.online_links import Continuations, best_continuations
from siamlink.association.calibrated.online_statistics import WindowStatistics
from siamlink.association.calibrated.online_tracks import OpenTracks
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections

LEFT, RIGHT = [165, 100, 195, 160], [165, 300, 195, 360]
"""Where the two objects are expected in frame 13."""


def continued(tracks: OpenTracks, statistics: WindowStatistics, boxes: list[list[int]]) -> Continuations:
    new = Detections.from_boxes(13, boxes, [0.7] * len(boxes))
    return best_continuations(tracks, statistics.describe(make_scene(new), new.label), 13, statistics)


def test_each_track_goes_on_where_it_is_expected_and_a_stranger_begins_one(
    walker_tracks: OpenTracks, walker_statistics: WindowStatistics
) -> None:
    found = continued(walker_tracks, walker_statistics, [RIGHT, [900, 500, 930, 560], LEFT])
    assert found.row.tolist() == [1, -1, 0]
    assert found.ratio[[0, 2]].min() > 5
    assert (found.ratio[1], found.in_doubt) == (0, False)


def test_a_link_to_one_of_two_alike_is_in_doubt(walker_tracks: OpenTracks, walker_statistics: WindowStatistics) -> None:
    assert continued(walker_tracks, walker_statistics, [LEFT, [166, 101, 196, 161], RIGHT]).in_doubt


def test_without_open_tracks_there_are_no_links(walker_tracks: OpenTracks, walker_statistics: WindowStatistics) -> None:
    assert continued(walker_tracks[:0], walker_statistics, [LEFT, RIGHT]).row.tolist() == [-1, -1]


def test_a_weak_detection_continues_only_what_strong_ones_leave(
    walker_tracks: OpenTracks, walker_statistics: WindowStatistics
) -> None:
    new = Detections.from_boxes(13, [LEFT, [168, 103, 198, 163], RIGHT], [0.7] * 3)
    described = walker_statistics.describe(make_scene(new), new.label)
    described.probability[:] = 0.1, 0.9, 0.1
    assert best_continuations(walker_tracks, described, 13, walker_statistics).row.tolist() == [-1, 0, 1]
