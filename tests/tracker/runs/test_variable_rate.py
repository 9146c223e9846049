"""Videos with a variable frame rate are tracked as if frames were missing at a constant one."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.open import open_source
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.frame_numbers import FrameNumbers, checked_timestamps, timing_of
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.sinks import DrawTracks
from siamlink.tracker.runs.track import track, track_input

TICKS = [tick for tick in range(60) if not (15 <= tick < 45 and tick % 2)]
"""The frames of 25 a second that came: in the middle, the camera was half as fast."""
SECONDS = [tick / 25 for tick in TICKS]


def picture(tick: int) -> np.ndarray:
    image = np.full((64, 256, 3), 90, np.uint8)
    image[10:50, 10 + 3 * tick : 30 + 3 * tick] = (20, 20, 230)
    return image


def red(image: np.ndarray) -> list[list[float]]:
    y, x = np.nonzero(image[..., 2].astype(int) - image[..., 0] > 70)
    return [[x.min(), y.min(), x.max() + 1, y.max() + 1, 0.9]]


@pytest.fixture(params=["street.mp4", "street.mkv"])
def video(request: Any, tmp_path: Path) -> Path:
    with av.open(str(tmp_path / request.param), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 256, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for tick in TICKS:
            frame = av.VideoFrame.from_ndarray(picture(tick), "bgr24")
            frame.pts, frame.time_base = 1000 + 40 * tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return tmp_path / request.param


def test_a_video_knows_the_times_of_its_frames_without_decoding(video: Path) -> None:
    source = open_source(video)
    assert source.presentation_times() == pytest.approx(SECONDS)
    assert [frame.seconds for frame in source] == pytest.approx(SECONDS)
    assert open_source(video, 25).presentation_times() is None, "the caller's frame rate wins"


def test_numbers_follow_the_times_and_come_back() -> None:
    numbers, rate = timing_of(None, 30, np.array(SECONDS))
    assert rate == pytest.approx(25)
    own = np.arange(1, len(TICKS) + 1)
    assert numbers.steady(own).tolist() == [tick + 1 for tick in TICKS]
    assert numbers.number(numbers.steady(own)).tolist() == own.tolist()
    assert numbers.number(np.array([0, 17, 60, 63])).tolist() == [0, 16, 45, 48]
    assert numbers.steady(np.array([45, 48])).tolist() == [60, 63]
    boxes = Detections([15, 16, 17, 18], [[0, 0, 5, 9]] * 4, np.ones(4), np.zeros(4))
    assert numbers.given(boxes).frame.tolist() == [15, 16]
    later = numbers.beginning_with(100)
    assert later.given(boxes).frame.tolist() == [114, 115]
    assert (later.of_source(16), later.count_up_to(16)) == (114, 15)
    assert FrameNumbers(first=7).given(boxes).frame.tolist() == [21, 22, 23, 24]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.floats(0.98, 1.02))
def test_any_video_comes_back(steps: list[int], clock: float) -> None:
    steady = np.concatenate([[1], 1 + np.cumsum(steps)])
    numbers = FrameNumbers.of_times(steady / 25 * clock, 25)
    own = np.arange(1, len(steady) + 5)
    assert numbers.steady(own)[: len(steady)].tolist() == steady.tolist()
    assert numbers.number(numbers.steady(own)).tolist() == own.tolist()
    assert numbers.is_constant is (set(steps) == {1})


def test_a_constant_rate_changes_nothing(tmp_path: Path) -> None:
    numbers, rate = timing_of(None, 29.5, None)
    assert (numbers.is_constant, rate) == (True, 29.5)
    boxes = Detections.from_boxes(7, [[0, 0, 5, 9]])
    assert numbers.given(boxes) is boxes
    source = open_input([picture(1)] * 3)
    assert source.at_constant_rate(timing_of(source.frames, source.frame_rate, None)) is source


@pytest.mark.parametrize("settings", [{}, {"mode": "windowed"}, {"mode": "online"}, {"matching": "learned"}])
def test_tracks_are_those_of_a_constant_rate_with_frames_missing(video: Path, settings: dict[str, Any]) -> None:
    settings = {"appearance": "none", **settings}
    own = track(video, red, **settings)
    assert (own.frame_count, len(own.detections), own.tracks.frame.max()) == (len(TICKS), len(TICKS), len(TICKS))
    ticks = np.array(TICKS)
    spread = own.detections.with_frame((ticks[own.detections.frame - 1] + 1).astype(np.int32))
    steady = track([picture(0)] * 60, detections=spread, frame_rate=25, **settings).tracks
    came = steady[np.isin(steady.frame, ticks + 1)]
    np.testing.assert_allclose(own.tracks.box, came.box, atol=0.02)
    assert (own.tracks.track_id.tolist(), own.tracks.frame.tolist()) == (
        came.track_id.tolist(),
        (np.searchsorted(ticks, came.frame - 1) + 1).tolist(),
    )
    given = track(video, detections=own.detections, **settings)
    assert given.tracks.frame.tolist() == own.tracks.frame.tolist()


@pytest.mark.slow
def test_appearance_is_of_the_right_frames(video: Path) -> None:
    """With the video decoded again, in passing, and with time stamps that are given."""
    pictures = [frame.image for frame in open_source(video)]
    runs = [
        track(video, red, matching="learned"),
        track(pictures, red, timestamps=SECONDS, matching="learned"),
        track(iter(pictures), red, timestamps=SECONDS, matching="learned"),
    ]
    texts = {run.tracks.to_mot_text() for run in runs}
    assert len(texts) == 1
    assert texts != {""}
    for run in runs:
        assert run.appearance.described == run.appearance.requested > 0


def test_sinks_get_the_frames_that_came_with_their_tracks(video: Path) -> None:
    shown: list[tuple[int, int, list[int]]] = []

    def draw(frame: Any, tracks: Any) -> None:
        left = red(frame.image)[0][0]
        assert tracks.box[:, 0] == pytest.approx(left, abs=6)
        shown.append((frame.number, len(tracks), tracks.frame.tolist()))

    parameters = TrackerParameters(mode="windowed", appearance="none")
    result = track_input(open_input(video), TrackingOptions(parameters, red, sinks=(DrawTracks(draw),)))
    assert [number for number, *_ in shown] == list(range(1, len(TICKS) + 1))
    assert sum(count for _, count, _ in shown) == len(result.tracks) == result.counts.boxes > 30


def test_time_stamps_that_cannot_be_right_are_one_line() -> None:
    pictures = [picture(tick) for tick in range(4)]
    for wrong, message in (
        ([0, 1, 2], "3 timestamps for 4 frames: give each frame one"),
        ([0, 1, 1, 2], "timestamps must grow: that of frame 3 is 1 s after 1 s"),
        ([0, 1, float("nan"), 2], "timestamps must be a list of one number for each frame"),
        (["a", 1, 2, 3], "timestamps must be a list of one number"),
        (3.0, "timestamps must be a list of one number"),
    ):
        with pytest.raises(InputError, match=message):
            track(pictures, red, timestamps=wrong)
    with pytest.raises(ConfigError, match="either frame_rate or timestamps"):
        track(pictures, red, timestamps=[0, 1, 2, 3], frame_rate=25)
    with pytest.raises(InputError, match="frame 3 has no time stamp: 2 were given"):
        track(iter(pictures), red, timestamps=[0, 1], appearance="none")
    assert checked_timestamps([0, 0.5], None).tolist() == [0, 0.5]
