"""What is recorded of a video is recalled exactly, and never for another video, detector or appearance."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.optical_flow import BackgroundFlow, FlowParameters
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.sources.frame_source import Frame
from siamlink.detectors.sources.image_folder import ImageFolder
from siamlink.tracker.cache.frame_cache import (
    NO_CACHE,
    CachedBackgroundFlow,
    CachedDescriptors,
    CachedDetections,
    FrameCache,
    content_digest,
    open_frame_cache,
)
from siamlink.tracker.cache.record_store import RecordDatabase, RecordStore
from siamlink.tracker.linking.appearance import FrameDescriber, describe_detections

BOXES = np.array([[0, 0, 10 + n, 20] for n in range(8)], np.float32)


@contextmanager
def opened(folder: Path) -> Iterator[RecordStore]:
    with RecordDatabase(folder) as database:
        yield RecordStore(database, {"of": "x"}, "x")
        assert database.fault is None


class Describer:
    """Describes a box by its right side, in two appearances, and lists the boxes that it has described."""

    def __init__(self) -> None:
        self.boxes: list[float] = []

    def __call__(self, box: np.ndarray) -> tuple[np.ndarray, ...]:
        self.boxes += box[:, 2].tolist()
        return (box[:, 2:3], np.hstack([box[:, 2:3], -box[:, 2:3]]).astype(np.float64)) if len(box) else ()


@settings(max_examples=20)
@given(requests=st.lists(st.lists(st.integers(0, 7), unique=True, max_size=8), min_size=2, max_size=5))
def test_no_box_is_described_twice_and_all_descriptors_are_right(
    tmp_path_factory: pytest.TempPathFactory, requests: list[list[int]]
) -> None:
    folder, describe = tmp_path_factory.mktemp("descriptors"), Describer()
    for rows in requests:
        box = BOXES[rows]
        with opened(folder) as store:
            first, second = CachedDescriptors(store, 2).complete(3, box, describe) or (box[:, 2:3], box[:, 2:3])
        assert np.array_equal(first, box[:, 2:3])
        assert np.array_equal(second[:, 0], box[:, 2])
        assert first.dtype == np.float32
    assert sorted(describe.boxes) == sorted({BOXES[row, 2] for rows in requests for row in rows})


def test_descriptors_that_depend_on_the_other_boxes_are_recalled_for_the_same_boxes_alone(tmp_path: Path) -> None:
    describe = Describer()
    for rows in ([0, 1], [0, 1], [0], [1, 0]):
        with opened(tmp_path) as store:
            CachedDescriptors(store, 2, together=True).complete(1, BOXES[rows], describe)
    assert describe.boxes == [10, 11, 10, 11, 10]


def test_the_last_frame_with_a_box_without_descriptors(tmp_path: Path) -> None:
    frame, box = np.array([2, 2, 5, 7], np.int32), BOXES[:4]
    assert CachedDescriptors().last_missing(frame, box) == 7
    with opened(tmp_path) as store:
        cache = CachedDescriptors(store, 2)
        cache.complete(7, box[3:], Describer())
        cache.complete(2, box[:1], Describer())
    with opened(tmp_path) as store:
        cache = CachedDescriptors(store, 2)
        assert cache.last_missing(frame, box) == 5
        cache.complete(5, box[2:3], Describer())
    with opened(tmp_path) as store:
        cache = CachedDescriptors(store, 2)
        assert cache.last_missing(frame, box) == 2
        assert cache.last_missing(frame[[0, 2]], box[[0, 2]]) == 0
        assert cache.last_missing(frame[:0], box[:0]) == 0


def test_large_descriptors_are_not_recorded(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        CachedDescriptors(store).complete(1, BOXES, lambda box: (np.zeros((len(box), 10_000), np.float32),))
    with opened(tmp_path) as store:
        assert store.frame_count == 0


def test_records_of_another_shape_are_not_used(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.add(1, {"box": BOXES, "0": np.zeros((8, 2))})
        store.add(2, {"box": BOXES[:, :2], "0": np.zeros((8, 2)), "1": np.zeros((8, 2))})
        store.add(3, {"box": BOXES, "0": np.zeros((7, 2)), "1": np.zeros((8, 2))})
        store.add(4, {"box": BOXES, "0": np.zeros((8, 2)), "1": np.zeros((8, 2))})
    with opened(tmp_path) as store:
        complete = [CachedDescriptors(store, 2).has(frame, BOXES) for frame in (1, 2, 3, 4)]
    assert complete == [False, False, False, True]


def test_detections_are_recalled_by_frame_and_as_a_whole_once_the_end_is_recorded(
    tmp_path: Path, pictures: ImageFolder
) -> None:
    detections = [Detections.from_boxes(n, BOXES[:n], np.linspace(-1, 2, n), np.arange(n)) for n in (1, 2, 3)]
    detections[1] = Detections.empty()
    for count in (1, 2, 3):
        with opened(tmp_path) as store:
            cache = CachedDetections(store)
            assert [cache.in_frame(n) is None for n in (1, 2, 3)] == [n >= count for n in (1, 2, 3)]
            assert cache.whole() is None
            cache.add(count, detections[count - 1])
            if count == 3:
                list(pictures)
                cache.end(pictures)
    with opened(tmp_path) as store:
        whole = CachedDetections(store).whole()
    assert whole is not None
    assert whole[1] == 3
    for name in ("frame", "box", "score", "label"):
        assert np.array_equal(getattr(whole[0], name), getattr(Detections.concatenate(detections), name))


def test_the_flow_of_the_background_is_recalled_between_the_same_frames(tmp_path: Path) -> None:
    flow = BackgroundFlow(np.arange(12, dtype=np.float32).reshape(2, 3, 2), 4)
    with opened(tmp_path) as store:
        CachedBackgroundFlow(store).add(3, 1, flow)
        CachedBackgroundFlow(store).add(5, 3, BackgroundFlow.none())
        store.add(
            7, {"since": np.array([5]), "vectors": np.full((1, 1, 2), np.nan, np.float32), "factor": np.ones(1, int)}
        )
        store.add(9, {"since": np.array([7]), "vectors": np.zeros((1, 1, 2), np.float32), "factor": np.array([np.nan])})
    with opened(tmp_path) as store:
        cache = CachedBackgroundFlow(store)
        recalled, none = cache.recall(3, 1), cache.recall(5, 3)
        assert recalled is not None
        assert np.array_equal(recalled.vectors, flow.vectors)
        assert recalled.factor == 4
        assert none is not None
        assert none.vectors.shape == (0, 0, 2)
        assert [cache.recall(*other) for other in ((3, 2), (4, 3), (7, 5), (9, 7))] == [None] * 4
    assert CachedBackgroundFlow().recall(3, 1) is None


def test_frames_that_broke_off_have_no_end(tmp_path: Path, pictures: ImageFolder) -> None:
    pictures.broken = "ends early"
    with opened(tmp_path) as store:
        CachedDetections(store).end(pictures)
    with opened(tmp_path) as store:
        assert store.records(0) == []


@pytest.fixture
def pictures(tmp_path: Path) -> ImageFolder:
    """Three pictures of grey values of their own."""
    import cv2

    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in (1, 2, 3):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((40, 40, 3), 10 * number, np.uint8))
    return ImageFolder(folder)


class Detector:
    fingerprint: str | None = "first"

    def detect(self, image: np.ndarray) -> Detections:
        return Detections.from_boxes(1, BOXES[:1] + image[0, 0, 0])


class Grey:
    """The grey of the picture."""

    fingerprint: str | None = "first"
    needs_flow = False

    def describe(self, image: np.ndarray, box: np.ndarray, *_: object) -> np.ndarray:
        return np.full((len(box), 2), image[0, 0, 0], np.float32)


class GreyWithFlow(Grey):
    needs_flow = True


@contextmanager
def cache_of(
    folder: Path, frames: ImageFolder, detector: type = Detector, grey: type = Grey, **options: object
) -> Iterator[FrameCache]:
    appearance = Appearances([LoadedAppearance("grey", "grey", grey())])
    settings = {"frame_rate": 30.0, "flow": FlowParameters(), **options}
    loaded = LoadedDetector("detector", detector())
    with RecordDatabase(folder) as database:
        yield open_frame_cache(database, frames, detector=loaded, appearances=[appearance], **settings)


def keys(*arguments: object, **options: object) -> tuple[str, ...]:
    with cache_of(*arguments, **options) as cache:
        return tuple(each.store.key for each in (cache.detections, cache.descriptors["grey"], cache.background))


def test_records_belong_to_the_content_and_to_the_detector_or_appearance(tmp_path: Path, pictures: ImageFolder) -> None:
    first = keys(tmp_path, pictures)
    assert len(first) == 3
    assert keys(tmp_path, pictures, frame_rate=5.0, flow=FlowParameters(height=200)) == first
    other = keys(tmp_path, pictures, type("Other", (Detector,), {"fingerprint": "second"}))
    assert (other[0] != first[0], other[1:]) == (True, first[1:])
    with_flow = {keys(tmp_path, pictures, grey=GreyWithFlow, frame_rate=rate)[1] for rate in (5.0, 30.0)}
    with_flow.add(keys(tmp_path, pictures, grey=GreyWithFlow, flow=FlowParameters(height=200))[1])
    assert len(with_flow) == 3
    moved = pictures.files[0].parent.rename(tmp_path / "moved")
    assert keys(tmp_path, ImageFolder(moved)) == first
    data = bytearray((moved / "2.png").read_bytes())
    data[-1] ^= 1
    (moved / "2.png").write_bytes(data)
    assert set(keys(tmp_path, ImageFolder(moved))).isdisjoint(first)


def test_nothing_is_recorded_of_a_plug_in_without_a_fingerprint(tmp_path: Path, pictures: ImageFolder) -> None:
    without = {"fingerprint": None}
    detector, grey = type("Detector", (Detector,), without), type("Grey", (Grey,), without)
    with cache_of(tmp_path, pictures, detector, grey) as cache:
        assert cache == NO_CACHE
    with cache_of(tmp_path, pictures, detector) as cache:
        parts = (cache.detections, cache.descriptors["grey"], cache.background)
        assert [each.store is None for each in parts] == [True, False, False]


def test_a_file_is_read_for_its_digest_once_until_it_changes(
    tmp_path: Path, pictures: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    monkeypatch.setattr("siamlink.tracker.cache.frame_cache.file_digest", lambda path: read.append(path) or "digest")
    first, *others = pictures.files
    digest = content_digest([first, *others])
    assert content_digest([first, *others]) == digest
    assert read == [first, *others]
    first.write_bytes(first.read_bytes() + b"more")
    content_digest([first, *others])
    assert read == [first, *others, first]
    with pytest.raises(FileNotFoundError):
        content_digest([tmp_path / "nowhere"])


def test_frames_are_read_only_as_far_as_descriptors_are_missing(tmp_path: Path, pictures: ImageFolder) -> None:
    def describe(rows: list[int]) -> tuple[list[float], int]:
        detections = Detections.concatenate([Detections.from_boxes(n, BOXES[:2]) for n in (1, 2, 3)])
        appearances = Appearances([LoadedAppearance("grey", "grey", Grey())])
        with cache_of(tmp_path / "cache", pictures) as cache:
            describer = FrameDescriber(appearances, FlowParameters(), 30, Stopwatch(), cache)
            descriptors = describe_detections(counted(), detections, np.array(rows), describer, lambda *_: None)
        return descriptors[:, 0].tolist(), len(read)

    read: list[int] = []

    def counted() -> Iterator[Frame]:
        read.clear()
        for frame in pictures:
            read.append(frame.number)
            yield frame

    alike = pytest.approx([0.5**0.5] * 2)
    assert describe([0, 4]) == (alike, 3)
    read.clear()
    assert describe([0, 4]) == (alike, 0)
    assert describe([0, 2, 4])[1] == 2
    read.clear()
    assert describe([2, 4]) == (alike, 0)
