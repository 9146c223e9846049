"""Pictures that a program gives: lists, iterators, arrays, image files and `cv2.VideoCapture`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.detectors.sources.open import open_source

PICTURES = [np.full((6, 8, 3), 10 * number, np.uint8) for number in range(1, 5)]


def shown(frames: FrameSource) -> list[tuple[int, float, int]]:
    return [(number, round(seconds, 6), int(image[0, 0, 0])) for number, seconds, image in frames]


EXPECTED = [(number, round((number - 1) / 5, 6), 10 * number) for number in range(1, 5)]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "street"
    folder.mkdir()
    paths = [folder / f"{number}.png" for number in range(1, 5)]
    for path, picture in zip(paths, PICTURES, strict=True):
        assert cv2.imwrite(str(path), picture)
    return paths


@pytest.mark.parametrize("kind", [list, tuple, np.stack])
def test_lists_and_arrays_can_be_read_again_and_have_a_length(kind: Any) -> None:
    source = open_source(kind(PICTURES), 5)
    assert (source.name, source.frame_rate, source.frame_count) == ("frames", 5, 4)
    assert (source.counted, source.live, source.single_pass, source.size) == (True, False, False, (8, 6))
    assert shown(source) == shown(source) == EXPECTED


def test_an_iterator_is_read_once_and_no_picture_is_lost() -> None:
    source = open_source(iter(PICTURES), 5)
    assert (source.frame_count, source.counted, source.live, source.single_pass) == (None, False, False, True)
    assert source.size == (8, 6)
    assert shown(source) == EXPECTED
    with pytest.raises(InputError, match="frames is an iterator and can be read once only"):
        iter(source)


def test_a_generator_may_fill_the_same_array_again() -> None:
    def reusing() -> Iterator[np.ndarray]:
        picture = np.zeros((6, 8, 3), np.uint8)
        for number in range(1, 5):
            picture[:] = 10 * number
            yield picture

    assert [int(frame.image[0, 0, 0]) for frame in list(open_source(reusing(), 5))] == [10, 20, 30, 40]


def test_image_files_in_a_list_have_the_name_of_their_folder(files: list[Path]) -> None:
    for paths in (files, [str(path) for path in files]):
        source = open_source(paths, 5)
        assert (source.name, source.files, source.counted) == ("street", tuple(files), True)
        assert shown(source) == EXPECTED
    assert shown(open_source(iter(files), 5)) == EXPECTED
    with pytest.raises(InputError, match=r"there is no image file .*absent\.png"):
        open_source([*files, files[0].with_name("absent.png")])


def test_pictures_of_other_types_are_converted() -> None:
    source = open_source([picture[..., 0] / 255 for picture in PICTURES], 5)
    assert shown(source) == EXPECTED


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "the list of images is empty"),
        (iter([]), "the iterator ended before the first"),
        (PICTURES[0], r"one image of shape \(6, 8, 3\); expected a path"),
        (PICTURES[0][..., 0], r"one image of shape \(6, 8\)"),
        (None, "the source is of type NoneType; expected a path"),
        (2.5, "the source is of type float"),
        ({"a": 1}, "the source is of type dict"),
        (b"street.mp4", "the source is of type bytes"),
        ([3, 4], "frame 1: the image is a int, not a NumPy array"),
        ([*PICTURES, PICTURES[0][:3]], "frame 5: the image is 8x3 pixels; expected 8x6"),
        ([PICTURES[0], PICTURES[0].transpose(2, 0, 1)], "frame 2: .*channels first"),
    ],
)
def test_what_holds_no_pictures_is_one_line(source: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        list(open_source(source))
    assert "\n" not in str(caught.value)


def test_an_error_in_the_generator_names_its_line() -> None:
    def broken() -> Iterator[np.ndarray]:
        yield PICTURES[0]
        raise ValueError("no more film")

    with pytest.raises(InputError, match=r"iterator of images failed: ValueError: no more film \(.*test_given_pict"):
        list(open_source(broken()))


class Capture:
    """As `cv2.VideoCapture`."""

    def __init__(self, count: int = 4, opened: bool = True) -> None:
        self.values = {cv2.CAP_PROP_FPS: 5.0, cv2.CAP_PROP_FRAME_COUNT: float(count), cv2.CAP_PROP_POS_FRAMES: 0.0}
        self.pictures, self.opened = iter(PICTURES), opened

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def get(self, what: int) -> float:
        return self.values[what]

    def read(self) -> tuple[bool, Any]:
        picture = next(self.pictures, None)
        return picture is not None, picture


def test_a_capture_of_a_file_is_a_recording_and_one_of_a_camera_is_live() -> None:
    recording, camera = open_source(Capture()), open_source(Capture(count=-1))
    assert (recording.name, recording.frame_rate, recording.frame_count, recording.live) == ("capture", 5, 4, False)
    assert (camera.frame_count, camera.live, camera.single_pass) == (None, True, True)
    assert shown(recording) == shown(camera) == EXPECTED
    with pytest.raises(InputError, match=r"the cv2\.VideoCapture is not open"):
        open_source(Capture(opened=False))
    empty = Capture()
    empty.pictures = iter([])
    with pytest.raises(InputError, match=r"the cv2\.VideoCapture gives no frame"):
        list(open_source(empty))


def test_a_capture_of_a_real_file(make_video) -> None:
    capture = cv2.VideoCapture(str(make_video("street.mp4", 10)))
    capture.read()
    source = open_source(capture)
    assert (source.frame_count, source.live, len(list(source))) == (9, False, 9)
