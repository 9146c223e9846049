"""`track` of pictures that a program gives: lists, iterators, arrays, files, captures; and detections by frame."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import Scene, crossing
from siamlink.tracker.runs.result import TrackingResult
from siamlink.tracker.runs.track import track

FRAMES = 24


@pytest.fixture(scope="module")
def scene() -> Scene:
    return crossing(frame_count=FRAMES)


@pytest.fixture(scope="module")
def images(scene: Scene) -> list[np.ndarray]:
    return [scene.render(number) for number in range(1, FRAMES + 1)]


def oracle(scene: Scene) -> Any:
    """A detector that knows the detections of the scene, frame by frame."""
    found = (scene.detections().in_frame(number) for number in range(1, FRAMES + 1))
    return lambda image: next(found)


@pytest.fixture
def detector(scene: Scene) -> Any:
    return oracle(scene)


def tracked(source: Any, detector: Any, **more: Any) -> TrackingResult:
    return track(source, detector, frame_rate=30, **more)


@pytest.mark.slow
@pytest.mark.parametrize("matching", ["learned", "calibrated"])
@pytest.mark.parametrize("mode", ["offline", "windowed"])
def test_a_list_and_an_iterator_are_tracked_alike(scene: Scene, images: Any, mode: str, matching: str) -> None:
    settings = {"mode": mode, "matching": matching}
    again = tracked(images, oracle(scene), **settings)
    once = tracked((image for image in images), oracle(scene), **settings)
    assert once.tracks.to_mot_text() == again.tracks.to_mot_text() != ""
    assert (once.name, once.frame_count, again.frame_count) == ("frames", FRAMES, FRAMES)
    np.testing.assert_array_equal(once.detections.box, scene.detections().box)
    assert once.broken is None
    if matching == "learned":
        assert once.appearance.described == once.appearance.requested > 0
        assert once.appearance.missing is None


def test_an_array_image_files_and_a_capture_are_tracked(images: Any, detector: Any, tmp_path: Path, scene) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(FRAMES)]
    for path, image in zip(paths, images, strict=True):
        cv2.imwrite(str(path), image)
    given = [scene.detections().in_frame(number) for number in range(1, FRAMES + 1)]
    settings = {"frame_rate": 30, "detections": given, "appearance": "none"}
    expected = track(images, **settings).tracks.to_mot_text()
    assert track(np.stack(images), **settings).tracks.to_mot_text() == expected != ""
    from_files = track(paths, **settings)
    assert (from_files.tracks.to_mot_text(), from_files.name) == (expected, tmp_path.name)
    shown = iter([*[(True, image) for image in images], (False, None)])
    values = {cv2.CAP_PROP_FRAME_COUNT: FRAMES, cv2.CAP_PROP_FPS: 30}
    capture = SimpleNamespace(isOpened=lambda: True, get=lambda what: values.get(what, 0), read=lambda: next(shown))
    result = track(capture, detector, appearance="none", name="gate")
    assert (result.tracks.to_mot_text(), result.name, result.frame_count) == (expected, "gate", FRAMES)


def test_detections_may_be_a_list_of_what_a_detector_returns_for_each_frame() -> None:
    pictures = [np.zeros((60, 80, 3), np.uint8)] * 20
    objects: list[Any] = [
        [{"score": 0.9, "label": "dog", "box": {"xmin": 10 + k, "ymin": 5, "xmax": 30 + k, "ymax": 45}}]
        for k in range(19)
    ]
    result = track(pictures, detections=[*objects, None], frame_rate=10, appearance="none")
    assert (result.tracks.count, result.frame_count, result.detector) == (1, 20, None)
    assert dict(result.class_names) == {0: "dog"}
    objects[3] = {"labels": [1]}
    with pytest.raises(InputError, match="frame 4 are a dict with the keys labels: it has no 'boxes'"):
        track(pictures, detections=objects)
    with pytest.raises(InputError, match="a detection in frame 21, but frames ends with frame 20"):
        track(pictures, detections=[*[[]] * 20, [[0, 0, 5, 9, 1]]])


def test_names_of_classes_that_a_detector_reports_are_in_the_result(images: Any) -> None:
    def ants(image: object) -> Any:
        return {"boxes": [[10, 10, 40, 90]], "scores": [0.9], "labels": ["ant"]}

    result = tracked(iter(images), ants, appearance="none")
    assert dict(result.class_names) == {0: "ant"}


def test_a_capture_of_a_camera_cannot_be_tracked_offline(images: Any, detector: Any) -> None:
    shown = iter([*[(True, image) for image in images], (False, None)])
    camera = SimpleNamespace(isOpened=lambda: True, get=lambda what: 0.0, read=lambda: next(shown))
    with pytest.raises(InputError, match="capture is live and needs --mode online or --mode windowed"):
        track(camera, detector)
    assert track(camera, detector, mode="online", appearance="none").frame_count == FRAMES


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "c:d", "a\nb", 3])
def test_a_name_that_cannot_name_files_is_an_error(images: Any, name: Any) -> None:
    with pytest.raises(ConfigError, match="the results cannot be named"):
        track(images, detections=[[]], name=name)


@pytest.mark.parametrize("frame_rate", ["25", 0, -3, float("nan")])
def test_a_frame_rate_that_is_no_number_above_0_is_an_error(images: Any, frame_rate: Any) -> None:
    with pytest.raises(ConfigError, match="the frame rate must be a number above 0, not"):
        track(images, detections=[[]], frame_rate=frame_rate)


def test_corrections_of_pictures_that_can_be_read_once_need_their_detections(images: Any, tmp_path: Path) -> None:
    (tmp_path / "earlier.txt").write_text("1,1,10,10,20,40,1,-1,-1,-1\n2,1,10,10,20,40,1,-1,-1,-1\n")
    (tmp_path / "fixes.txt").write_text("tracks earlier.txt\nmust 1 1 2 1\n")

    def never(image: object) -> Any:
        raise AssertionError

    with pytest.raises(ConfigError, match="images that can be read once only need the detections"):
        track(iter(images), never, constraints=tmp_path / "fixes.txt")


def test_no_image_is_lost_where_the_generator_fails(images: Any) -> None:
    def broken() -> Iterator[np.ndarray]:
        yield from images[:3]
        raise OSError("the disk is gone")

    with pytest.raises(InputError, match="the iterator of images failed: OSError: the disk is gone"):
        tracked(broken(), lambda image: Detections.empty())
