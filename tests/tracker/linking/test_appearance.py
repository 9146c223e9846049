"""Detections described and compared by appearance: in one pass over the frames, and frame by frame."""

from itertools import count

import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.pairs.candidates import GateParameters, Pairs, candidate_pairs
from siamlink.detectors.base.errors import ModelError
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.frame_source import Frame
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking import appearance as module
from siamlink.tracker.linking.appearance import FrameDescriber, compare_pairs, describe_detections, flow_for

LAST = 40


class Numbered:
    """Describes a box by the frame that is painted on the image and by its own left side; remembers what it saw."""

    feature_names = ("nearness", "frames")

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []
        self.asked: list[int] = []

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        self.seen.append((int(image[0, 0, 0]), len(box)))
        return np.column_stack([np.full(len(box), image[0, 0, 0]), box[:, 0]])

    def compare(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        self.asked.append(len(earlier))
        return np.column_stack([-np.abs(later[:, 1] - earlier[:, 1]), later[:, 0] - earlier[:, 0]])


class Sized(Numbered):
    feature_names = ("cosine",)
    compare = None

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return box


@pytest.fixture(scope="module")
def found() -> Detections:
    return street(frame_count=LAST).detections()


@pytest.fixture(scope="module")
def pairs(found) -> Pairs:
    """A tenth of the candidates."""
    every = candidate_pairs(found, 30, GateParameters())
    return every[np.random.default_rng(0).permutation(len(every))[::10]]


def frames(last: int = LAST):
    for number in range(1, last + 1):
        yield Frame(number, 0.0, np.full((8, 8, 3), number, np.uint8))


def joined(*parts: object) -> Appearances:
    return Appearances([LoadedAppearance(type(part).__name__, type(part).__name__, part) for part in parts])


def compare(found, pairs, appearance, last=LAST, progress=lambda *_: None, stopwatch=None):
    return compare_pairs(frames(last), found, pairs, describer(appearance, stopwatch), progress)


def describer(appearance, stopwatch=None, flow=None):
    return FrameDescriber(appearance, flow or FlowParameters(), 30, stopwatch or Stopwatch())


def expected(found, pairs) -> np.ndarray:
    i, j = pairs.earlier, pairs.later
    return np.column_stack([-np.abs(found.box[j, 0] - found.box[i, 0]), found.frame[j] - found.frame[i]])


@pytest.mark.parametrize("flush", [1, 50, 10**6])
def test_one_pass_compares_every_pair(found, pairs, monkeypatch, flush):
    monkeypatch.setattr(module, "FLUSH", flush)
    numbered = Numbered()
    compared = compare(found, pairs, joined(numbered))
    assert compared.available.all()
    np.testing.assert_array_equal(compared.values[0][compared.row], expected(found, pairs))
    assert sorted(compared.row.tolist()) == list(range(len(pairs)))


def test_only_boxes_of_the_pairs_are_described_each_once(found, pairs):
    numbered = Numbered()
    compare(found, pairs, joined(numbered))
    wanted = np.unique(np.concatenate([pairs.earlier, pairs.later]))
    assert len(wanted) < len(found)
    number, amount = np.unique(found.frame[wanted], return_counts=True)
    assert numbered.seen == list(zip(number.tolist(), amount.tolist(), strict=True))


def test_descriptors_that_no_later_pair_needs_are_dropped(found, pairs, monkeypatch):
    monkeypatch.setattr(module, "FLUSH", 1)
    held = []

    class Watched(module._PairsInPassing):
        def _compare(self):
            super()._compare()
            held.append(len(self._waiting))

    monkeypatch.setattr(module, "_PairsInPassing", Watched)
    compare(found, pairs, joined(Numbered()))
    longest = int((found.frame[pairs.later] - found.frame[pairs.earlier]).max())
    assert max(held) <= longest < LAST - 5


def test_no_frame_is_read_beyond_the_last_that_is_needed(found, pairs):
    early = pairs[found.frame[pairs.later] <= 20]
    read = count()
    source = (frame for frame, _ in zip(frames(), read, strict=False))
    reports = []
    compare_pairs(source, found, early, describer(joined(Numbered())), lambda *step: reports.append(step))
    last = int(found.frame[early.later].max())
    assert next(read) == last
    assert reports == [("appearance", number, last) for number in range(1, last + 1)]
    nothing = compare(found, pairs[:0], joined(Numbered()), last=0)
    assert (len(nothing.row), nothing.values) == (0, ())


def test_pairs_whose_frames_never_came_are_unknown(found, pairs):
    compared = compare(found, pairs, joined(Numbered()), last=25)
    seen = found.frame[pairs.later] <= 25
    np.testing.assert_array_equal(compared.available, seen)
    np.testing.assert_array_equal(compared.values[0][compared.row[seen]], expected(found, pairs)[seen])
    assert not compare(found, pairs, joined(Numbered()), last=0).available.any()


def test_several_appearances_see_the_same_pairs(found, pairs):
    compared = compare(found, pairs, joined(Numbered(), Sized()))
    assert [values.shape for values in compared.values] == [(len(pairs), 2), (len(pairs), 1)]
    alone = compare(found, pairs, joined(Sized()))
    np.testing.assert_array_equal(compared.values[1][compared.row], alone.values[0][alone.row])


def test_the_stages_are_timed(found, pairs):
    stopwatch = Stopwatch()
    compare(found, pairs, joined(Numbered()), stopwatch=stopwatch)
    assert set(stopwatch.seconds) == {"appearance"}


def test_flow_is_estimated_only_for_an_appearance_that_needs_it():
    class Moving(Sized):
        needs_flow = True

        def describe(self, image, box, flow):
            return np.concatenate([box, flow.vectors.reshape(1, -1)[:, :1].repeat(len(box), 0)], axis=1)

    assert flow_for(joined(Sized()), FlowParameters(), 30) is None
    assert flow_for(None, FlowParameters(), 30) is None
    stopwatch = Stopwatch()
    moving = describer(joined(Moving()), stopwatch, FlowParameters(remove_camera_motion=False))
    texture = np.random.default_rng(0).integers(0, 255, (120, 160, 1), np.uint8).repeat(3, 2)
    box = np.array([[0, 0, 160, 120]], np.float32)
    assert moving.describe(texture, 1, box[:0]) == ()
    (described,) = moving.describe(np.roll(texture, 2, axis=1), 2, box)
    assert described.shape == (1, 5)
    assert set(stopwatch.seconds) == {"flow", "appearance"}


def test_flow_is_estimated_as_the_appearance_was_trained_on_it():
    class Moving(Sized):
        needs_flow = True
        flow_parameters = FlowParameters(height=100)

    image = np.zeros((120, 160, 3), np.uint8)
    assert flow_for(joined(Moving()), FlowParameters(), 30).update(image).vectors.shape == (60, 80, 2)


class Directed:
    """Describes a box by two numbers, its left side and the frame that is painted on the image."""

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return np.column_stack([box[:, 0], np.full(len(box), float(image[0, 0, 0]))])


def described(found, rows, appearance, last=LAST):
    return describe_detections(frames(last), found, rows, describer(appearance), lambda *_: None)


def test_chosen_detections_are_described_by_unit_descriptors(found):
    rows = np.arange(3, len(found), 7)
    seen = described(found, rows, joined(Directed()))
    plain = np.column_stack([found.box[rows, 0], found.frame[rows]])
    np.testing.assert_allclose(seen, plain / np.linalg.norm(plain, axis=1, keepdims=True), rtol=1e-5)
    assert seen.dtype == np.float32


def test_descriptors_of_several_appearances_have_the_mean_of_their_cosines(found):
    rows = np.arange(40)
    parts = [described(found, rows, joined(part)) for part in (Directed(), Sized())]
    both = described(found, rows, joined(Directed(), Sized()))
    cosines = [part[:20] @ part[20:].T for part in (*parts, both)]
    np.testing.assert_allclose(cosines[2], (cosines[0] + cosines[1]) / 2, atol=1e-5)


def test_detections_whose_frames_never_came_are_nan(found):
    rows = np.arange(len(found))
    seen = described(found, rows, joined(Directed()), last=25)
    assert np.array_equal(np.isfinite(seen).all(axis=1), found.frame <= 25)
    nothing = described(found, rows, joined(Directed()), last=0)
    assert nothing.shape == (len(found), 0)


def test_what_only_compares_pairs_cannot_describe_alone(found):
    with pytest.raises(ModelError, match="appearance 'Numbered' only compares pairs of detections: set levels=1"):
        described(found, np.arange(5), joined(Numbered()))
