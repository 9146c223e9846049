"""Segments cover a video; what each has to describe is its share of the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tools.segments.describe import SegmentToDescribe
from siamlink.tools.segments.seam import SeamFrames, check_seams
from siamlink.tools.segments.segment import parse_part, segments_of
from siamlink.tracker.cache.camera_fits import CameraFits
from siamlink.tracker.postprocessing.camera_motion import CameraMotion, measured_frames
from siamlink.tracker.runs.frame_numbers import FrameNumbers
from siamlink.tracker.runs.options import ToDescribe

numbered = st.lists(st.integers(1, 5), min_size=1, max_size=60).map(lambda steps: np.cumsum([1, *steps[1:]]))


@given(st.integers(1, 10_000), st.integers(1, 50))
def test_segments_cover_all_frames_once(frames: int, count: int) -> None:
    if count > frames:
        with pytest.raises(ConfigError, match="too few"):
            segments_of(frames, count)
        return
    segments = segments_of(frames, count)
    assert [frame for each in segments for frame in range(each.first, each.last + 1)] == list(range(1, frames + 1))
    sizes = [each.last - each.first + 1 for each in segments]
    assert max(sizes) - min(sizes) <= 1
    assert [parse_part(str(each)) for each in segments] == [(each.number, count) for each in segments]


@given(numbered, st.sampled_from([5.0, 12.5, 30.0, 60.0]))
def test_the_frames_up_to_which_motion_is_measured(number: np.ndarray, rate: float) -> None:
    fits, image = CameraFits(), np.zeros((120, 160, 3), np.uint8)
    camera = CameraMotion(rate, Stopwatch(), fits)
    for each in number.tolist():
        camera.see(each, image, np.zeros((0, 4), np.float32))
    pairs, motions = fits.arrays(1)
    assert pairs[:, 0].tolist() == measured_frames(number, rate).tolist()
    assert pairs[:, 1].tolist() == [0, *pairs[:-1, 0].tolist()]
    again = CameraMotion(rate, Stopwatch(), CameraFits().add_arrays(pairs, motions))
    last = int(number[-1])
    assert again.last_missing(last) == 0
    again.recall(Detections.empty(), last)
    assert again.known_until == camera.known_until


@given(st.data(), numbered, st.booleans())
def test_each_detection_is_described_in_its_segment(data: st.DataObject, number: np.ndarray, camera: bool) -> None:
    count = data.draw(st.integers(1, len(number)))
    frame = np.sort(data.draw(st.lists(st.sampled_from(number.tolist()), max_size=40)))
    box = np.arange(len(frame))[:, None] + np.array([0, 0, 5, 9])
    detections = Detections(frame.astype(np.int32), box, np.ones(len(frame)), np.zeros(len(frame)))
    rows = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(frame), max_size=len(frame))))
    whole = ToDescribe(detections, rows.astype(np.int64), "grey", 30.0, FrameNumbers(number), camera)
    described, measured = [], measured_frames(number, 30.0)
    segments = segments_of(len(number), count)
    for segment, part in zip(segments, SegmentToDescribe.all_of(whole, segments), strict=True):
        described += part.detections.box[part.rows].tolist()
        inside = number[segment.first - 1 : segment.last]
        assert set(part.detections.frame[part.rows]) <= set(inside)
        assert part.number.tolist() == number[part.first - 1 : segment.last].tolist()
        assert part.first <= max(1, segment.first - 1)
        before = measured[measured < inside[0]]
        assert not camera or not len(before) or before[-1] in part.number, "the last measured frame is decoded again"
    assert described == detections.box[rows].tolist()


def test_neighbours_that_have_seen_other_pictures_are_refused() -> None:
    first, second, third = segments_of(9, 3)
    pictures = np.random.default_rng(0).integers(0, 256, (10, 4, 6, 3), np.uint8)
    records = []
    for segment in (first, second, third):
        seam = SeamFrames(segment)
        for frame in range(max(1, segment.first - 2), segment.last + 1):
            seam.see(frame, pictures[frame])
        records.append(seam.digests)
    assert [sorted(each) for each in records] == [["end"], ["before", "end"], ["before", "end"]]
    check_seams([first, second, third], records)
    late = SeamFrames(third)
    late.see(third.first - 1, pictures[0])
    with pytest.raises(InputError, match=r"frame 6 is another picture if decoding begins at the key frame before it"):
        check_seams([first, second, third], [*records[:2], late.digests])
