import numpy as np
import pytest

from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tracker.linking.left_out import DUPLICATE, FALSE_ALARM, LeftOutCollector
from siamlink.tracker.runs.result import ClassCount, Counts
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks, Recorder
from siamlink.tracker.tracks import Tracks


def detections(frame: int) -> Detections:
    return Detections.from_boxes(frame, [[0, 0, 10, 20], [20, 0, 30, 20]])


def tracks(frame: int, ids: list[int]) -> Tracks:
    found = detections(frame)[: len(ids)]
    interpolated = np.arange(len(ids)) > 0
    return Tracks(found.frame, found.box, found.score, found.label, np.array(ids), interpolated)


def frame(number: int) -> Frame:
    return Frame(number, 0.0, np.full((2, 2, 3), number, np.uint8))


@pytest.mark.parametrize("keeps", [True, False])
def test_everything_is_counted_and_kept_if_wanted(keeps):
    recorder = Recorder((), keeps, Stopwatch())
    for number, ids in ((1, [1, 2]), (2, [2]), (3, [])):
        recorder.add_detections(detections(number))
        recorder.add_tracks(tracks(number, ids), number)
    classes = {0: ClassCount(tracks=2, boxes=3)}
    assert recorder.counts == Counts(detections=6, tracks=2, boxes=3, interpolated=1, classes=classes)
    assert recorder.tracks.track_id.tolist() == ([1, 2, 2] if keeps else [])
    assert len(recorder.detections) == (6 if keeps else 0)


def test_text_is_appended_as_soon_as_tracks_are_final():
    texts: list[str] = []
    recorder = Recorder((AppendTracks(texts.append),), False, Stopwatch())
    recorder.add_tracks(tracks(1, [1]), 1)
    recorder.add_tracks(tracks(2, [1, 3]), 2)
    assert texts == [tracks(1, [1]).to_mot_text(), tracks(2, [1, 3]).to_mot_text()]


def test_frames_wait_for_their_tracks_and_are_drawn_once():
    drawn: list[tuple[int, list[int]]] = []
    stopwatch = Stopwatch()
    draw = DrawTracks(lambda frame, tracks: drawn.append((frame.number, tracks.track_id.tolist())))
    recorder = Recorder((draw,), False, stopwatch)
    for number in (1, 2, 3):
        recorder.add_detections(detections(number), frame(number))
    assert drawn == []
    recorder.add_tracks(Tracks.concatenate([tracks(1, [1]), tracks(2, [1, 2])]), 2)
    assert drawn == [(1, [1]), (2, [1, 2])]
    recorder.add_tracks(Tracks.empty(), 3)
    assert drawn[2:] == [(3, [])]
    assert stopwatch.seconds["draw"] > 0


def test_without_a_sink_that_draws_no_frame_is_held():
    recorder = Recorder((AppendTracks(lambda _: None),), False, Stopwatch())
    recorder.add_detections(detections(1), frame(1))
    assert not recorder._waiting


@pytest.mark.parametrize("keeps", [True, False])
def test_what_the_tracker_leaves_out_is_counted_by_reason_and_kept_with_the_tracks(keeps):
    collector = LeftOutCollector(True)
    recorder = Recorder((), keeps, Stopwatch(), collector)
    for frame in (1, 2):
        collector.add(Detections.from_boxes(frame, [[0, 0, 9, 9], [5, 5, 9, 9]]), np.array([DUPLICATE, FALSE_ALARM]))
        recorder.add_tracks(Tracks.empty(), frame)
    assert recorder.counts.left_out == {"duplicate": 2, "false_alarm": 2}
    assert recorder.left_out.detections.frame.tolist() == ([1, 1, 2, 2] if keeps else [])
