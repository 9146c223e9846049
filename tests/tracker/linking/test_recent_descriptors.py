import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.recent_descriptors import RecentDescriptors


class FrameAndSide:
    """Describes a box by the frame that is painted on the image and by its own left side."""

    feature_names = ("nearness", "frames")

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return np.column_stack([np.full(len(box), image[0, 0, 0]), box[:, 0]])

    def compare(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        return np.column_stack([-np.abs(later[:, 1] - earlier[:, 1]), later[:, 0].astype(float) - earlier[:, 0]])


class Angle(FrameAndSide):
    feature_names = ("cosine",)
    compare = None


@pytest.fixture
def appearance() -> Appearances:
    return Appearances([LoadedAppearance("pairs", "pairs", FrameAndSide())])


def painted(number: int) -> np.ndarray:
    return np.full((8, 8, 3), number, np.uint8)


def test_pairs_are_compared_while_earlier_detections_are_dropped(appearance):
    found = street(frame_count=40).detections()
    every = candidate_pairs(found, 30, GateParameters())
    pairs = every[np.random.default_rng(0).permutation(len(every))[::10]]
    recent, first = RecentDescriptors(), 0
    for number, part in found.by_frame():
        recent.add(len(part), appearance.describe(painted(number), part.box))
        oldest = int(np.searchsorted(found.frame, number - 16))
        recent.forget(oldest - first)
        first = oldest
        some = np.flatnonzero(found.frame[pairs.later] == number)
        earlier, later = pairs.earlier[some], pairs.later[some]
        compared = recent.compare(Pairs(earlier - first, later - first), appearance)
        assert compared.available.all()
        if len(some):
            nearness = -np.abs(found.box[later, 0] - found.box[earlier, 0])
            expected = np.column_stack([nearness, found.frame[later] - found.frame[earlier]])
            np.testing.assert_array_equal(compared.values[0][compared.row], expected)


def test_detections_without_an_image_are_unknown(appearance):
    recent, box = RecentDescriptors(), np.array([[1, 0, 5, 9], [2, 0, 6, 9]], np.float32)
    recent.add(2, ())
    assert not recent.compare(Pairs(np.array([0]), np.array([1])), appearance).available.any()
    recent.add(2, appearance.describe(painted(7), box))
    recent.add(1, ())
    recent.add(1, appearance.describe(painted(9), box[1:]))
    compared = recent.compare(Pairs(np.array([0, 2, 2, 3]), np.array([2, 4, 5, 5])), appearance)
    assert compared.available.tolist() == [False, False, True, True]
    assert compared.values[0][compared.row[2:]].tolist() == [[-1, 2], [0, 2]]
    recent.forget(3)
    assert recent.compare(Pairs(np.array([0]), np.array([2])), appearance).values[0].tolist() == [[0, 2]]


def test_unit_descriptors_are_nan_where_there_is_none():
    angle, recent = Appearances([LoadedAppearance("angle", "angle", Angle())]), RecentDescriptors()
    assert recent.descriptors(np.zeros(0, np.int64), angle).shape == (0, 0)
    recent.add(1, ())
    recent.add(2, angle.describe(painted(3), np.array([[4, 0, 5, 9], [0, 0, 6, 9]], np.float32)))
    descriptors = recent.descriptors(np.array([2, 0, 1]), angle)
    np.testing.assert_allclose(descriptors, [[1, 0], [np.nan, np.nan], [0.6, 0.8]], rtol=1e-6)
