import numpy as np

from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.left_out import (
    DUPLICATE,
    FALSE_ALARM,
    IN_TRACK,
    SHORT_TRACK,
    LeftOut,
    LeftOutCollector,
    without_reason,
)


def boxes(frame, left, label=0) -> Detections:
    left = np.asarray(left, float)
    box = np.column_stack([left, 0 * left, left + 10, 0 * left + 10])
    return Detections(np.asarray(frame), box, np.ones(len(left)), np.full(len(left), label))


def test_what_is_left_out_is_taken_once_and_counted_by_reason():
    collector = LeftOutCollector(True)
    collector.add(boxes([3, 3, 4], [0, 50, 0]), np.array([IN_TRACK, FALSE_ALARM, SHORT_TRACK], np.uint8))
    collector.add(boxes([2, 3], [7, 8]), DUPLICATE)
    taken = collector.take()
    assert taken.detections.frame.tolist() == [2, 3, 3, 4]
    assert taken.reason.tolist() == [DUPLICATE, FALSE_ALARM, DUPLICATE, SHORT_TRACK]
    assert taken.counts == {"duplicate": 2, "false_alarm": 1, "short_track": 1}
    assert len(collector.take().reason) == 0
    assert LeftOut.joined([taken, taken]).counts["duplicate"] == 4


def test_nothing_is_collected_unless_someone_takes_it():
    collector = LeftOutCollector(False)
    collector.add(boxes([1], [0]), FALSE_ALARM)
    assert collector.take().counts == {}


def test_a_duplicate_overlaps_a_box_in_a_track_of_its_frame_and_class():
    found = Detections.concatenate([boxes([1, 1, 1, 2], [0, 2, 30, 2]), boxes([1], [1], label=4)])
    in_track = found.box[:, 0] == 0
    reason = without_reason(found, in_track)
    assert dict(zip(found.box[:, 0].tolist(), reason.tolist(), strict=True)) | {2.0: 0} == {
        0.0: IN_TRACK, 2.0: 0, 30.0: FALSE_ALARM, 1.0: FALSE_ALARM
    }  # fmt: skip
    assert sorted(reason[found.box[:, 0] == 2].tolist()) == [DUPLICATE, FALSE_ALARM]
