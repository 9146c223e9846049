import numpy as np
import pytest

from siamlink.association.appearance.appearance import ComparedPairs
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.appearance_source import DecodedAgain, DescribedInPassing, KnownAppearance
from siamlink.tracker.postprocessing.camera_motion import CameraMotion
from siamlink.tracker.runs.inputs import open_input

LAST = 60


@pytest.fixture
def describer(painted) -> FrameDescriber:
    return FrameDescriber(painted.matcher.appearance, FlowParameters(), 30, Stopwatch())


@pytest.fixture
def pairs(painted) -> Pairs:
    """Each detection and the first of the next frame."""
    frame = painted.scene.detections().frame
    later = np.searchsorted(frame, frame + 1)
    earlier = np.flatnonzero(later < len(frame))
    return Pairs(earlier, later[earlier])


def in_passing(painted, describer, camera=None, images=lambda _: True) -> DescribedInPassing:
    source, found = DescribedInPassing(describer, camera), painted.scene.detections()
    for frame in open_input(painted.folder).frames:
        image = frame.image if images(frame.number) else None
        source.see(frame.number, image, found.in_frame(frame.number).box)
    return source


def decoded_again(painted, describer, camera=None, reports=None) -> DecodedAgain:
    def progress(*step):
        if reports is not None:
            reports.append(step)

    return DecodedAgain(open_input(painted.folder).frames.from_one, describer, camera, progress)


def compared(source, found, pairs) -> np.ndarray:
    comparisons = source.compare(found, pairs)
    assert comparisons.available.all()
    return comparisons.values[0][comparisons.row]


def test_in_passing_and_decoded_again_the_comparisons_are_the_same(painted, describer, pairs):
    found = painted.scene.detections()
    again = decoded_again(painted, FrameDescriber(painted.matcher.appearance, FlowParameters(), 30, Stopwatch()))
    passing = in_passing(painted, describer)
    values = compared(passing, found, pairs)
    np.testing.assert_array_equal(values, compared(again, found, pairs))
    assert set(values[:, 0].tolist()) == {0, 1}
    assert passing.requested_count == passing.described_count == len(found)


def test_frames_without_an_image_are_unknown(painted, describer, pairs):
    found = painted.scene.detections()
    source = in_passing(painted, describer, images=lambda number: number != 30)
    without = (found.frame[pairs.earlier] == 30) | (found.frame[pairs.later] == 30)
    np.testing.assert_array_equal(source.compare(found, pairs).available, ~without)
    assert source.described_count == len(found) - (found.frame == 30).sum()


def test_dropped_detections_shift_the_rows(painted, describer, pairs):
    found = painted.scene.detections()
    source = in_passing(painted, describer)
    values = compared(source, found, pairs)
    source.forget(20, 1)
    rest = pairs.earlier >= 20
    shifted = Pairs(pairs.earlier[rest] - 20, pairs.later[rest] - 20)
    np.testing.assert_array_equal(compared(source, found[20:], shifted), values[rest])


def test_the_camera_is_followed_to_the_last_detection_even_where_nothing_is_described(painted, describer, pairs):
    found, reports = painted.scene.detections(), []
    source = decoded_again(painted, describer, CameraMotion(30, Stopwatch()), reports)
    assert source.camera_motion(found) is None, "the video is not decoded for the camera alone"
    early = pairs[found.frame[pairs.later] <= 10]
    source.compare(found, early)
    camera = source.camera_motion(found)
    assert camera is not None
    assert camera.known_until > LAST - 4
    numbers = [number for stage, number, _ in reports if stage == "appearance"]
    assert numbers == sorted(set(numbers))
    passing = in_passing(painted, describer, CameraMotion(30, Stopwatch())).camera_motion(found)
    assert passing is not None
    at = found.centre.astype(float)
    np.testing.assert_array_equal(camera.shift(found.frame, at), passing.shift(found.frame, at))


def test_known_appearance_counts_what_it_has(painted, pairs):
    found, rows = painted.scene.detections(), np.arange(4)
    descriptors = np.array([[1, 0], [np.nan, np.nan], [0, 1], [1, 0]])
    known = KnownAppearance(descriptors=lambda _, rows: descriptors)
    np.testing.assert_array_equal(known.describe(found, rows), descriptors)
    assert (known.requested_count, known.described_count) == (4, 3)
    assert not known.compare(found, pairs).available.any()
    told = KnownAppearance(lambda _, pairs: ComparedPairs(np.zeros(len(pairs), np.int64), (np.ones((1, 1)),)))
    assert told.compare(found, pairs).available.all()
    assert told.describe(found, rows).shape == (4, 0)
    assert told.camera_motion(found) is None
