"""What is described when it is asked for is the same as what is described when its frame passes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking import appearance, described_on_demand
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.appearance_source import AppearanceSource, DescribedInPassing
from siamlink.tracker.linking.described_on_demand import DescribedOnDemand
from siamlink.tracker.linking.make_tracker import described_in_passing, make_tracker
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks

FRAMES = 50
FOUND = street(frame_count=FRAMES, seed=2).detections(miss_rate=0.2, false_rate=1)


class Corners:
    """Describes a box by the corners of a picture of eight by eight pixels; counts what it has described."""

    def __init__(self) -> None:
        self.described = 0

    def crop(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        corner = np.clip(box[:, :2].astype(int), 0, np.array(image.shape[1::-1]) - 8)
        return np.stack([image[y : y + 8, x : x + 8] for x, y in corner.tolist()])

    def describe_crops(self, crops: np.ndarray) -> np.ndarray:
        self.described += len(crops)
        return crops[:, ::7, ::7, 0].reshape(len(crops), 4) + np.float32(1)

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return self.describe_crops(self.crop(image, box))


class Whole:
    """The same in one step."""

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return Corners().describe(image, box)


def appearances(*parts: object) -> Appearances:
    return Appearances([LoadedAppearance(f"{place}", f"{place}", each) for place, each in enumerate(parts)])


def describer(*parts: object) -> FrameDescriber:
    return FrameDescriber(appearances(*parts), FlowParameters(), 30, Stopwatch())


def image(frame: int) -> np.ndarray:
    return np.random.default_rng(frame).integers(0, 256, (480, 640, 3), np.uint8)


def shown(source: AppearanceSource, found: Detections, without: int = 0) -> None:
    for frame in range(1, FRAMES + 1):
        source.see(frame, image(frame) if frame != without else None, found.in_frame(frame).box)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_the_descriptors_are_those_of_describing_all(data: st.DataObject) -> None:
    corners, without = Corners(), data.draw(st.integers(0, FRAMES))
    sources = DescribedInPassing(describer(Corners())), DescribedOnDemand(describer(corners))
    for source in sources:
        shown(source, FOUND, without)
    asked: set[int] = set()
    first = 0
    for _ in range(3):
        rows = np.array(data.draw(st.lists(st.integers(0, len(FOUND) - first - 1), min_size=1, unique=True)))
        one, other = (source.describe(FOUND[first:], rows) for source in sources)
        np.testing.assert_array_equal(one, other)
        asked |= {row for row in (rows + first).tolist() if FOUND.frame[row] != without}
        assert corners.described == sources[1].described_count == len(asked), "each is described once"
        count = data.draw(st.integers(0, 20))
        first += count
        for source in sources:
            source.forget(count, 0)
    assert sources[1].requested_count == len(asked) + (FOUND.frame == without).sum()


def test_when_too_many_crops_are_kept_the_oldest_are_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(described_on_demand, "MOST_BYTES", 30 * 8 * 8 * 3)
    corners, every = Corners(), np.arange(len(FOUND))
    source, passing = DescribedOnDemand(describer(corners)), DescribedInPassing(describer(Corners()))
    for each in (source, passing):
        shown(each, FOUND)
    assert len(FOUND) - 30 <= corners.described < len(FOUND)
    np.testing.assert_array_equal(source.describe(FOUND, every), passing.describe(FOUND, every))
    assert corners.described == len(FOUND)


def online(matcher: Matcher, *parts: object) -> tuple[Tracks, AppearanceSource]:
    """The tracks of the street, and their source."""
    setup = TrackerSetup(
        30,
        TrackerParameters(mode="online", matching="learned"),
        replace(matcher, appearance=appearances(*parts)),
        (640, 480),
    )
    source = described_in_passing(setup)
    tracker = make_tracker(setup, source)
    frames = [tracker.update(FOUND.in_frame(frame), image(frame), frame) for frame in range(1, FRAMES + 1)]
    return Tracks.concatenate(frames), source


def test_online_the_tracks_are_those_of_describing_all(two_levels: Matcher) -> None:
    (tracks, demanding), (expected, passing) = online(two_levels, Corners()), online(two_levels, Whole())
    assert isinstance(demanding, DescribedOnDemand)
    assert isinstance(passing, DescribedInPassing)
    assert 0 < demanding.described_count < passing.described_count
    np.testing.assert_array_equal(tracks.box, expected.box)
    np.testing.assert_array_equal(tracks.track_id, expected.track_id)


def test_several_appearances_keep_crops_only_if_all_of_them_can() -> None:
    assert not describer(Corners(), Whole()).keeps_crops
    assert describer(Corners(), Corners()).keeps_crops
    one, both = Corners(), DescribedOnDemand(describer(Corners(), Corners()))
    source = DescribedInPassing(describer(one, one))
    for each in (source, both):
        shown(each, FOUND)
    rows = np.arange(0, len(FOUND), 3)
    np.testing.assert_array_equal(both.describe(FOUND, rows), source.describe(FOUND, rows))


class CornersOfAnyThread(Corners):
    """The same, which several threads may use; notes how many boxes it was given at once."""

    reach = 0

    def __init__(self) -> None:
        super().__init__()
        self.cropped_at_once: list[int] = []
        self.described_at_once: list[int] = []

    def crop(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        self.cropped_at_once.append(len(box))
        return super().crop(image, box)

    def describe_crops(self, crops: np.ndarray) -> np.ndarray:
        self.described_at_once.append(len(crops))
        return super().describe_crops(crops)


@pytest.mark.parametrize(
    ("cores", "count", "parts"), [(1, 19, [19]), (2, 19, [9, 10]), (4, 19, [4, 5, 5, 5]), (4, 7, [7]), (4, 9, [4, 5])]
)
def test_boxes_are_cropped_and_described_in_parts_on_all_cores(cores, count, parts, monkeypatch):
    monkeypatch.setattr(appearance, "core_count", lambda: cores)
    box = np.random.default_rng(0).integers(0, 400, (count, 1)) + np.array([[0, 0, 20, 40]], np.float32)
    many, one = CornersOfAnyThread(), Corners()
    described = []
    for each in (many, one):
        source = DescribedOnDemand(describer(each))
        source.see(1, image(1), box)
        described.append(source.describe(Detections.empty(), np.arange(count)))
    assert np.array_equal(*described)
    assert sorted(many.cropped_at_once) == sorted(many.described_at_once) == parts
