"""What was seen of a video is known again, exactly, and never for what it does not belong to."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.appearance.appearance import Appearances, LoadedAppearance
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame
from siamlink.detectors.sources.image_folder import ImageFolder
from siamlink.tracker.cache.frame_cache import (
    NO_CACHE,
    CachedCameraMotion,
    CachedDescriptors,
    CachedDetections,
    FrameCache,
    open_frame_cache,
)
from siamlink.tracker.cache.record_store import RecordStore, files_of
from siamlink.tracker.linking.appearance import describe_detections

BOXES = np.array([[0, 0, 10 + n, 20] for n in range(8)], np.float32)


class Looks:
    """Describes a box by its right side, in two appearances; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def __call__(self, box: np.ndarray) -> tuple[np.ndarray, ...]:
        self.asked += box[:, 2].tolist()
        return (box[:, 2:3], np.hstack([box[:, 2:3], -box[:, 2:3]]).astype(np.float64)) if len(box) else ()


def looks(folder: Path, together: bool = False) -> CachedDescriptors:
    return CachedDescriptors(RecordStore(folder, {"appearance": "x"}, "x"), 2, together)


@settings(max_examples=40)
@given(asked=st.lists(st.lists(st.integers(0, 7), unique=True, max_size=8), min_size=2, max_size=5))
def test_no_box_is_described_twice_and_all_are_right(
    tmp_path_factory: pytest.TempPathFactory, asked: list[list[int]]
) -> None:
    folder, describe = tmp_path_factory.mktemp("looks"), Looks()
    for rows in asked:
        seen, box = looks(folder), BOXES[rows]
        first, second = seen.complete(3, box, describe) or (box[:, 2:3], box[:, 2:3])
        assert np.array_equal(first, box[:, 2:3])
        assert np.array_equal(second[:, 0], box[:, 2])
        assert first.dtype == np.float32
        seen.store.close()
    assert sorted(describe.asked) == sorted({BOXES[row, 2] for rows in asked for row in rows})


def test_looks_that_depend_on_the_other_boxes_are_known_for_the_same_boxes_alone(tmp_path: Path) -> None:
    describe = Looks()
    for rows in ([0, 1], [0, 1], [0], [1, 0]):
        seen = looks(tmp_path, together=True)
        seen.complete(1, BOXES[rows], describe)
        seen.store.close()
    assert describe.asked == [10, 11, 10, 11, 10]


def test_the_last_frame_that_has_to_be_seen(tmp_path: Path) -> None:
    frame, box = np.array([2, 2, 5, 7], np.int32), BOXES[:4]
    assert CachedDescriptors().last_unknown(frame, box) == 7
    with looks(tmp_path).store as store:
        seen = CachedDescriptors(store, 2)
        seen.complete(7, box[3:], Looks())
        seen.complete(2, box[:1], Looks())
    with looks(tmp_path).store as store:
        seen = CachedDescriptors(store, 2)
        assert seen.last_unknown(frame, box) == 5
        seen.complete(5, box[2:3], Looks())
    with looks(tmp_path).store as store:
        seen = CachedDescriptors(store, 2)
        assert seen.last_unknown(frame, box) == 2
        assert seen.last_unknown(frame[[0, 2]], box[[0, 2]]) == 0
        assert seen.last_unknown(frame[:0], box[:0]) == 0


def test_large_descriptors_are_not_kept(tmp_path: Path) -> None:
    with RecordStore(tmp_path, {}, "x") as store:
        CachedDescriptors(store).complete(1, BOXES, lambda box: (np.zeros((len(box), 10_000), np.float32),))
    assert files_of(tmp_path) == []


def test_records_of_another_shape_are_not_used(tmp_path: Path) -> None:
    with RecordStore(tmp_path, {}, "x") as store:
        store.add(1, {"box": BOXES, "0": np.zeros((8, 2))})
        store.add(2, {"box": BOXES[:, :2], "0": np.zeros((8, 2)), "1": np.zeros((8, 2))})
        store.add(3, {"box": BOXES, "0": np.zeros((7, 2)), "1": np.zeros((8, 2))})
        store.add(4, {"box": BOXES, "0": np.zeros((8, 2)), "1": np.zeros((8, 2))})
    with RecordStore(tmp_path, {}, "x") as store:
        assert [CachedDescriptors(store, 2).knows(frame, BOXES) for frame in (1, 2, 3, 4)] == [
            False,
            False,
            False,
            True,
        ]


def test_detections_are_known_frame_by_frame_and_whole_once_the_end_is(tmp_path: Path, pictures: ImageFolder) -> None:
    found = [Detections.from_boxes(n, BOXES[:n], np.linspace(-1, 2, n), np.arange(n)) for n in (1, 2, 3)]
    found[1] = Detections.empty()
    for count in (1, 2, 3):
        with RecordStore(tmp_path, {}, "x") as store:
            seen = CachedDetections(store)
            assert [seen.in_frame(n) is None for n in (1, 2, 3)] == [n >= count for n in (1, 2, 3)]
            assert seen.whole() is None
            seen.add(count, found[count - 1])
            if count == 3:
                list(pictures)
                seen.end(pictures)
    with RecordStore(tmp_path, {}, "x") as store:
        whole = CachedDetections(store).whole()
    assert whole is not None
    assert whole[1] == 3
    for name in ("frame", "box", "score", "label"):
        assert np.array_equal(getattr(whole[0], name), getattr(Detections.concatenate(found), name))


def test_the_camera_is_known_between_the_same_frames_with_the_same_boxes(tmp_path: Path) -> None:
    moved = np.array([[1.0, 0.0, 3.5], [0.0, 1.0, -2.0]])
    with RecordStore(tmp_path, {}, "x") as store:
        CachedCameraMotion(store).add(3, 1, BOXES, moved)
        CachedCameraMotion(store).add(5, 3, BOXES[:0], moved[:0])
    with RecordStore(tmp_path, {}, "x") as store:
        seen = CachedCameraMotion(store)
        assert np.array_equal(seen.recall(3, 1, BOXES), moved)
        assert seen.recall(5, 3, BOXES[:0]).shape == (0, 3)
        assert [seen.recall(*asked) for asked in ((3, 2, BOXES), (3, 1, BOXES[1:]), (4, 1, BOXES))] == [None] * 3
    assert CachedCameraMotion().recall(3, 1, BOXES) is None


def test_frames_that_broke_off_have_no_end(tmp_path: Path, pictures: ImageFolder) -> None:
    pictures.broken = "ends early"
    with RecordStore(tmp_path, {}, "x") as store:
        CachedDetections(store).end(pictures)
    assert files_of(tmp_path) == []


@pytest.fixture
def pictures(tmp_path: Path) -> ImageFolder:
    """Three pictures of grey values of their own."""
    import cv2

    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in (1, 2, 3):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((40, 40, 3), 10 * number, np.uint8))
    return ImageFolder(folder)


class Finder:
    fingerprint: str | None = "first"

    def detect(self, image: np.ndarray) -> Detections:
        return Detections.from_boxes(1, BOXES[:1] + image[0, 0, 0])


class Grey:
    """The grey of the picture; wants optical flow if told to."""

    fingerprint: str | None = "first"
    needs_flow = False

    def describe(self, image: np.ndarray, box: np.ndarray, *_: object) -> np.ndarray:
        return np.full((len(box), 2), image[0, 0, 0], np.float32)


class Flowing(Grey):
    needs_flow = True


def opened(folder: Path, frames: ImageFolder, finder: type = Finder, grey: type = Grey, **given: object) -> FrameCache:
    appearance = Appearances([LoadedAppearance("grey", "grey", grey())])
    settings = {"frame_rate": 30.0, "flow": FlowParameters(), **given}
    return open_frame_cache(
        folder, frames, detector=LoadedDetector("finder", finder()), appearance=appearance, **settings
    )


def keys(seen: FrameCache) -> tuple[str, ...]:
    for store in seen.stores:
        store.close()
    return tuple(store.key for store in seen.stores)


def test_what_is_known_is_of_the_same_content_by_the_same_eyes(tmp_path: Path, pictures: ImageFolder) -> None:
    first = keys(opened(tmp_path, pictures))
    assert len(first) == 3
    assert keys(opened(tmp_path, pictures, frame_rate=5.0, flow=FlowParameters(height=200))) == first
    other = keys(opened(tmp_path, pictures, type("Other", (Finder,), {"fingerprint": "second"})))
    assert (other[0] != first[0], other[1:]) == (True, first[1:])
    flowing = {keys(opened(tmp_path, pictures, grey=Flowing, frame_rate=rate))[1] for rate in (5.0, 30.0)}
    flowing.add(keys(opened(tmp_path, pictures, grey=Flowing, flow=FlowParameters(height=200)))[1])
    assert len(flowing) == 3
    moved = pictures.files[0].parent.rename(tmp_path / "moved")
    assert keys(opened(tmp_path, ImageFolder(moved))) == first
    data = bytearray((moved / "2.png").read_bytes())
    data[-1] ^= 1
    (moved / "2.png").write_bytes(data)
    assert set(keys(opened(tmp_path, ImageFolder(moved)))).isdisjoint(first)


def test_nothing_is_kept_of_what_does_not_say_what_it_depends_on(tmp_path: Path, pictures: ImageFolder) -> None:
    silent = {"fingerprint": None}
    finder, grey = type("Finder", (Finder,), silent), type("Grey", (Grey,), silent)
    assert opened(tmp_path, pictures, finder, grey) == NO_CACHE
    assert [each.store is None for each in opened(tmp_path, pictures, finder)] == [True, False, False]


def test_frames_are_read_only_as_far_as_something_is_not_known(tmp_path: Path, pictures: ImageFolder) -> None:
    def described(rows: list[int]) -> tuple[list[float], int]:
        found = Detections.concatenate([Detections.from_boxes(n, BOXES[:2]) for n in (1, 2, 3)])
        seen, grey = opened(tmp_path / "kept", pictures), Appearances([LoadedAppearance("grey", "grey", Grey())])
        looked = describe_detections(
            counted(), found, np.array(rows), grey, None, Stopwatch(), lambda *_: None, seen.looks
        )
        keys(seen)
        return looked[:, 0].tolist(), len(read)

    read: list[int] = []

    def counted() -> Iterator[Frame]:
        read.clear()
        for frame in pictures:
            read.append(frame.number)
            yield frame

    alike = pytest.approx([0.5**0.5] * 2)
    assert described([0, 4]) == (alike, 3)
    read.clear()
    assert described([0, 4]) == (alike, 0)
    assert described([0, 2, 4])[1] == 2
    read.clear()
    assert described([2, 4]) == (alike, 0)
