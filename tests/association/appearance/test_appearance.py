import numpy as np
import pytest

from siamlink.association.appearance import appearance as module
from siamlink.association.appearance.appearance import AppearanceGate, Appearances, ComparedPairs
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.errors import ModelError

IMAGE = np.zeros((40, 60, 3), np.uint8)
BOX = np.array([[0, 0, 10, 20], [5, 5, 15, 30]], np.float32)


def loaded(appearance: object) -> LoadedAppearance:
    return LoadedAppearance("mine", "mine", appearance)


class Colour:
    """Compared by cosine."""

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return box[:, :2]


class Two(Colour):
    feature_names = ("near", "same")

    def compare(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        gap = np.abs(earlier - later).sum(axis=1)
        return np.column_stack([-gap, gap == 0])


class Fixed:
    """Returns what it is told to."""

    def __init__(self, described: object = None, compared: object = None, names: object = ()) -> None:
        self.described, self.feature_names = described, names
        if compared is not None:
            self.compare = lambda earlier, later: compared

    def describe(self, image: np.ndarray, box: np.ndarray) -> object:
        if isinstance(self.described, Exception):
            raise self.described
        return self.described


class NeedsArguments:
    def __init__(self, size: int) -> None:
        """Needs a size."""


def test_a_class_that_cannot_be_created():
    with pytest.raises(ModelError, match=r"'mine' cannot be created without arguments: TypeError.*size"):
        loaded(NeedsArguments)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (np.zeros((3, 8)), r"describe of appearance 'mine' returned an array of shape \(3, 8\); expected \(2, D\)"),
        (np.zeros(2), r"returned an array of shape \(2,\)"),
        (None, "'mine' returned object where numbers were expected"),
        ("people", "where numbers were expected"),
        ([[1, 2], [3]], "'mine' failed: ValueError"),
        (RuntimeError("out\nof memory"), r"'mine' failed: RuntimeError: out of memory \(.*test_appearance"),
    ],
)
def test_a_wrong_description_is_named_with_what_was_expected(described, said):
    appearance = LoadedAppearance("mine", "mine", Fixed(described))
    with pytest.raises(ModelError, match=said) as caught:
        appearance.describe(IMAGE, BOX)
    assert "\n" not in str(caught.value)


def test_wrong_crops_are_named_with_what_was_expected():
    class Cropping(Fixed):
        def crop(self, image, box):
            return self.described

        def describe_crops(self, crops):
            return crops

    cropping = loaded(Cropping(np.zeros((3, 8))))
    assert cropping.crops
    with pytest.raises(ModelError, match=r"crop of appearance 'mine' .* shape \(3, 8\); expected \(2, \.\.\.\)"):
        cropping.crop(IMAGE, BOX)
    with pytest.raises(ModelError, match=r"describe_crops of .* shape \(3, 2, 2\); expected \(3, D\) .* 3 crops"):
        cropping.describe_crops(np.zeros((3, 2, 2)))


def test_a_wrong_comparison_is_named_with_what_was_expected():
    appearance = loaded(Fixed(BOX, np.zeros((2, 3)), ("near", "same")))
    with pytest.raises(ModelError, match=r"compare of appearance 'mine' .* shape \(2, 3\); .*\(2, 2\) .*: near, same"):
        appearance.compare(BOX, BOX)
    for names in ((), "near"):
        with pytest.raises(ModelError, match="'mine' has compare, but no feature_names"):
            loaded(Fixed(BOX, np.zeros((2, 1)), names))


def test_only_appearances_that_need_flow_get_it():
    given = []

    class Moving:
        needs_flow = True

        def describe(self, image, box, flow):
            given.append(flow)
            return box

    both = Appearances([LoadedAppearance("still", "still", Still), LoadedAppearance("moving", "moving", Moving())])
    assert both.needs_flow
    both.describe(IMAGE, BOX, "flow")
    assert given == ["flow"]


def test_appearances_that_were_trained_on_different_flow_are_not_joined():
    def moving(label, height):
        settings = {"needs_flow": True, "flow_parameters": FlowParameters(height=height)}
        return LoadedAppearance(label, label, type("Moving", (Still,), settings))

    assert Appearances([moving("a", 300), moving("b", 300)]).flow_parameters == FlowParameters(height=300)
    with pytest.raises(ModelError, match="'a,b' were trained on different optical flow"):
        Appearances([moving("a", 300), moving("b", 600)])


class Still:
    def describe(self, image, box):
        return box


def test_tensors_become_arrays():
    class Tensor:
        def detach(self):
            return self

        def cpu(self):
            return BOX

    assert loaded(Fixed(Tensor())).describe(IMAGE, BOX) is BOX


def test_comparing_in_blocks_changes_nothing(monkeypatch):
    appearances = Appearances([loaded(Two)])
    random = np.random.default_rng(0)
    described, earlier, later = (random.random((9, 2)),), random.integers(0, 9, 50), random.integers(0, 9, 50)
    (whole,) = appearances.compare(described, earlier, later)
    monkeypatch.setattr(module, "BLOCK", 7)
    (blocks,) = appearances.compare(described, earlier, later)
    np.testing.assert_array_equal(blocks, whole)


def test_rivals_are_ranked_by_similarity_on_both_sides():
    """Detection 0 looks like 3, not like 2; detection 1 likes both, 2 better; 4 is alone at its gap."""
    pairs = Pairs(np.array([0, 0, 1, 1, 0]), np.array([2, 3, 2, 3, 4]))
    gap = np.array([1, 1, 1, 1, 2])
    similarity = np.array([[0.25], [0.75], [1.0], [0.5], [0.125]], np.float32)
    compared = ComparedPairs(np.arange(5), (similarity,))
    columns = Appearances([loaded(Colour)]).pair_features(compared, pairs, gap).T
    np.testing.assert_array_equal(columns[0], similarity[:, 0])
    assert columns[1].tolist() == [1, 0, 0, 1, 0]  # among the candidates of `earlier`
    assert columns[2].tolist() == [0.5, -0.5, -0.5, 0.5, -1]
    assert columns[3].tolist() == [1, 0, 0, 1, 0]  # among the candidates of `later`
    assert columns[4].tolist() == [0.75, -0.25, -0.75, 0.25, -1]
    back = np.array([4, 2, 0, 1, 3])
    mixed = Appearances([loaded(Colour)]).pair_features(compared[back], pairs[back], gap[back])
    np.testing.assert_array_equal(mixed, columns.T[back])


def test_no_pairs_have_no_features():
    appearances = Appearances([loaded(Colour)])
    none = ComparedPairs.none(0)
    nothing = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert appearances.pair_features(none, nothing, np.zeros(0, np.int64)).shape == (0, 5)
    assert not ComparedPairs.none(3).available.any()


def test_the_gate_leaves_probabilities_between_its_bounds_open():
    gate = AppearanceGate(low=0.25, high=0.75)
    assert (
        gate.leaves_open(np.array([0, 0.2, 0.25, 0.5, 0.75, 0.8, 1])).tolist() == [False] * 2 + [True] * 3 + [False] * 2
    )


@pytest.mark.parametrize("names", [("a", "a"), ("a", "rank_later")])
def test_feature_names_that_would_be_there_twice_are_refused(names):
    with pytest.raises(ModelError, match="a name twice in feature_names"):
        loaded(Fixed(BOX, compared=np.zeros((1, 2)), names=names))
