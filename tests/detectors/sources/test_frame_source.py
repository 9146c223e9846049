"""Numbers, times and ends of frames, by a source that is a list."""

from collections.abc import Iterator

import numpy as np
import pytest

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.sources.frame_source import FrameSource, StreamBroken, check_frame_rate


def image(width: int = 4, height: int = 2) -> Image:
    return np.zeros((height, width, 3), np.uint8)


class Listed(FrameSource):
    """Frames of a list: an image, a pair of seconds and an image, or an exception."""

    def __init__(self, *frames: object, live: bool = False) -> None:
        super().__init__("listed", 10.0, len(frames), None, live)
        self.frames = frames
        self.size_count = 0

    def _first_size(self) -> tuple[int, int]:
        self.size_count += 1
        return 4, 2

    def _read(self) -> Iterator[tuple[float | None, Image]]:
        for frame in self.frames:
            if isinstance(frame, Exception):
                raise frame
            yield frame if isinstance(frame, tuple) else (None, frame)


def test_frames_are_numbered_from_one_with_times_by_the_frame_rate_or_the_source():
    source = Listed(image(), (0.5, image()), image())
    assert [(frame.number, frame.seconds) for frame in source] == [(1, 0.0), (2, 0.5), (3, pytest.approx(0.2))]
    assert (source.read_count, source.last_number, source.broken) == (3, 3, None)


def test_a_second_iteration_starts_again_except_for_a_live_source():
    source = Listed(image(), image())
    assert [frame.number for frame in source] == [frame.number for frame in source] == [1, 2]
    assert source.read_count == 2
    live = Listed(image(), live=True)
    assert len(list(live)) == 1
    with pytest.raises(InputError, match="listed is live and can be read once only"):
        iter(live)


def test_the_size_is_determined_once_and_only_when_needed():
    source = Listed(image())
    assert source.size_count == 0
    source.check()
    list(source)
    assert (source.size, source.size_count) == ((4, 2), 1)


def test_an_early_end_has_its_reason_until_the_next_iteration():
    source = Listed(image(), StreamBroken("the cable is cut"))
    assert [frame.number for frame in source] == [1]
    assert source.broken == "the cable is cut"
    source.frames = (image(), image())
    assert len(list(source)) == 2
    assert source.broken is None


def test_an_image_of_another_size_ends_the_frames():
    source = Listed(image(), image(6, 3), image())
    assert [frame.number for frame in source] == [1]
    assert source.broken == "the picture size changes from 4x2 to 6x3 at frame 2"


def test_fewer_frames_than_promised_are_a_broken_end():
    source = Listed(image(), image())
    source.frame_count = source.promised_count = 3
    assert len(list(source)) == 2
    assert source.broken == "ends after 2 of 3 frames"
    source.promised_count = 2
    assert len(list(source)) == 2
    assert source.broken is None


def test_other_errors_are_raised():
    with pytest.raises(InputError, match="no frame"):
        list(Listed(image(), InputError("no frame")))


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_frame_rate_that_is_no_number_above_zero_is_an_error(rate):
    assert check_frame_rate(29.97) == 29.97
    with pytest.raises(ConfigError, match=f"the frame rate must be a number above 0, not {rate:g}"):
        check_frame_rate(rate)
