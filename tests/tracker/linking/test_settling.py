"""When frames are settled, and how the tracks in a window get their ids."""

from collections.abc import Iterable

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.linking.settling import Ids, SettlingTracker, number_tracks
from siamlink.tracker.linking.window_schedule import Settlement
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks


class Log(SettlingTracker):
    """Writes down which frames it took in and which settlements came; all detections are one track."""

    def __init__(self, setup: TrackerSetup) -> None:
        super().__init__(setup)
        self.events: list[str] = []

    @property
    def window_count(self) -> int:
        return 1

    def _take_in(self, new: Detections, image: Image | None = None, number: int | None = None) -> None:
        self.events.append(f"frames {','.join(str(k) for k in new.frame)}, number {number}")

    def _settle(self, settlements: Iterable[Settlement]) -> Tracks:
        for each in settlements:
            self.events.append(f"{each.final_frame} of {each.last_frame}")
            self._schedule.final_frame = each.final_frame
        return Tracks.empty()

    def _newest_ids(self, count: int) -> Ids:
        return np.ones(count, np.int32)


def log(matcher: Matcher, mode: str, seconds: float = 0.2) -> Log:
    parameters = TrackerParameters(mode=mode, latency_seconds=seconds, step_share=0.5)
    return Log(TrackerSetup(10, parameters, matcher))


def in_frames(*frames: int) -> Detections:
    return Detections(frames, [[0, 0, 5, 5]] * len(frames), [1] * len(frames), [0] * len(frames))


def test_skipped_frames_are_settled_before_the_next_detections_are_known(matcher: Matcher) -> None:
    tracker = log(matcher, "windowed")
    tracker.update(in_frames(1), frame_number=1)
    tracker.update(in_frames(6), frame_number=6)
    assert tracker.events == ["frames 1, number 1", "2 of 3", "4 of 5", "frames 6, number 6"]
    assert (tracker.frame, tracker.final_frame, tracker.last_ids.tolist()) == (6, 4, [0])
    tracker.finish()
    assert tracker.events[-1] == "6 of 6"


def test_many_frames_come_in_blocks_from_settlement_to_settlement(matcher: Matcher) -> None:
    tracker = log(matcher, "windowed")
    assert len(list(tracker.update_many(in_frames(1, 2, 3, 4, 6)))) == 3
    assert tracker.events == [
        "frames 1,2,3, number None",
        "2 of 3",
        "frames 4, number None",
        "4 of 5",
        "frames 6, number None",
    ]


def test_offline_everything_is_settled_at_the_end_and_online_at_once(matcher: Matcher) -> None:
    offline, online = log(matcher, "offline"), log(matcher, "online")
    for number in (1, 2):
        offline.update(in_frames(number), frame_number=number)
        online.update(in_frames(number), frame_number=number)
        assert (offline.final_frame, online.final_frame) == (0, number)
        assert (offline.last_ids.tolist(), online.last_ids.tolist()) == ([0], [1])
    offline.finish()
    assert offline.events[-1] == "2 of 2"


def test_frame_numbers_must_grow(matcher: Matcher) -> None:
    tracker = log(matcher, "online")
    tracker.update(in_frames(3), frame_number=3)
    with pytest.raises(InputError, match="growing frame numbers: 3 after 3"):
        tracker.update(in_frames(3), frame_number=3)


def test_held_and_demanded_ids_go_on_and_new_ones_follow() -> None:
    track = np.array([1, 2, 3, 4, 1, 0, 4], np.int32)
    held = np.array([7, 0, 0, 0, 0, 9, 0], np.int32)
    demanded = np.array([0, 0, 0, 5, 0, 0, 0], np.int32)
    assert number_tracks(track, held, demanded, 11).tolist() == [7, 11, 12, 5, 7, 0, 5]
