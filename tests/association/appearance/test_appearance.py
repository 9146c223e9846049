import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from siamlink.association.appearance import appearance as module
from siamlink.association.appearance.appearance import (
    RANKS,
    AppearanceGate,
    Appearances,
    Comparisons,
    LoadedAppearance,
    cosine,
    load_appearance,
)
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.errors import ModelError

IMAGE = np.zeros((40, 60, 3), np.uint8)
BOX = np.array([[0, 0, 10, 20], [5, 5, 15, 30]], np.float32)
COLOURS = """
import numpy as np

class Colour:
    def describe(self, image, box):
        return box[:, :2]

class Two(Colour):
    feature_names = ("near", "same")

    def compare(self, earlier, later):
        gap = np.abs(earlier - later).sum(axis=1)
        return np.column_stack([-gap, gap == 0])

colour = Colour()
"""


@pytest.fixture(autouse=True)
def _plug_ins(monkeypatch, tmp_path):
    """The current folder holds `looks.py`; imported modules are put back."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "looks.py").write_text(COLOURS)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def loaded(appearance: object) -> LoadedAppearance:
    return LoadedAppearance("mine", "mine", appearance)


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


@pytest.mark.parametrize("spec", ["none", "", " ", "none,none"])
def test_none_is_nothing(spec):
    assert load_appearance(spec) is None


@pytest.mark.parametrize("spec", ["looks:Colour", "looks:colour", "looks.py:Colour"])
def test_a_plug_in_is_compared_by_cosine_unless_it_can_do_better(spec):
    found = load_appearance(spec)
    assert found.name == spec
    label = spec.partition(":")[2]
    assert found.feature_names == tuple(f"{label}.{name}" for name in ("cosine", *RANKS))
    assert not found.needs_flow
    (described,) = found.describe(IMAGE, BOX)
    np.testing.assert_array_equal(described, BOX[:, :2])
    (compared,) = found.compare((np.array([[1, 0], [0, 2], [3, 0]]),), np.array([0, 0]), np.array([1, 2]))
    assert compared.ravel().tolist() == [0, 1]


def test_several_appearances_add_their_features():
    found = load_appearance("looks:Two, looks.py:Colour")
    assert found.feature_names == (
        *(f"Two.{name}" for name in ("near", "same", *RANKS)),
        *(f"Colour.{name}" for name in ("cosine", *RANKS)),
    )
    described = found.describe(IMAGE, BOX)
    assert len(described) == 2
    two, colour = found.compare(described, np.array([0, 1]), np.array([1, 1]))
    assert two.tolist() == [[-10, 0], [0, 1]]
    assert colour.tolist() == [[0], [1]]
    with pytest.raises(ModelError, match="named twice: looks:Two, looks:Two"):
        load_appearance("looks:Two,looks:Two")


def test_an_object_is_taken_as_it_is():
    for spec in (Fixed(BOX), Fixed(BOX, names=("ignored",))):
        found = load_appearance(spec)
        assert found.name == "Fixed"
        assert found.feature_names[0] == "Fixed.cosine"
        np.testing.assert_array_equal(found.describe(IMAGE, BOX)[0], BOX)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("colour", "there is no appearance 'colour'; an appearance is none, siamese"),
        ("person.onnx", "did you mean 'onnx:person.onnx'?"),
        ("looks.py", "did you mean 'looks.py:ATTRIBUTE'?"),
        ("my/siamese.safetensors", "did you mean 'siamese:my/siamese.safetensors'?"),
        ("onnx:", "'onnx:' names no file; give one as onnx:FILE"),
        ("onnx:nothing.onnx", "no file nothing.onnx"),
        ("siamese:", "'siamese:' names no file; give one as siamese:FILE"),
        ("nowhere:x", "there is no module 'nowhere'"),
        ("nowhere.py:x", "there is no file nowhere.py"),
        ("looks:Color", "did you mean 'Colour'?"),
        ("looks:np", "is of type module; expected an object with a method describe(image, box)"),
        ("none,colour", "there is no appearance 'colour'"),
    ],
)
def test_what_is_no_appearance_is_one_line(spec, said):
    with pytest.raises(ModelError) as caught:
        load_appearance(spec)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


class NeedsArguments:
    def __init__(self, size: int) -> None:
        """Needs a size."""


def test_a_class_that_cannot_be_made():
    with pytest.raises(ModelError, match=r"'mine' cannot be made without arguments: TypeError.*size"):
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
def test_a_wrong_description_names_the_plug_in_and_what_was_expected(described, said):
    appearance = LoadedAppearance("mine", "mine", Fixed(described))
    with pytest.raises(ModelError, match=said) as caught:
        appearance.describe(IMAGE, BOX)
    assert "\n" not in str(caught.value)


def test_a_wrong_comparison_names_the_plug_in_and_what_was_expected():
    appearance = loaded(Fixed(BOX, np.zeros((2, 3)), ("near", "same")))
    with pytest.raises(ModelError, match=r"compare of appearance 'mine' .* shape \(2, 3\); .*\(2, 2\) .*: near, same"):
        appearance.compare(BOX, BOX)
    for names in ((), "near"):
        with pytest.raises(ModelError, match="'mine' has compare, but no feature_names"):
            loaded(Fixed(BOX, np.zeros((2, 1)), names))


def test_flow_is_handed_to_those_who_need_it():
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
    appearances = load_appearance("looks:Two")
    random = np.random.default_rng(0)
    described, earlier, later = (random.random((9, 2)),), random.integers(0, 9, 50), random.integers(0, 9, 50)
    (whole,) = appearances.compare(described, earlier, later)
    monkeypatch.setattr(module, "BLOCK", 7)
    (blocks,) = appearances.compare(described, earlier, later)
    np.testing.assert_array_equal(blocks, whole)


def test_rivals_are_ranked_by_likeness_on_both_sides():
    """Detection 0 looks like 3, not like 2; detection 1 likes both, 2 better; 4 is alone at its gap."""
    pairs = Pairs(np.array([0, 0, 1, 1, 0]), np.array([2, 3, 2, 3, 4]))
    gap = np.array([1, 1, 1, 1, 2])
    likeness = np.array([[0.25], [0.75], [1.0], [0.5], [0.125]], np.float32)
    compared = Comparisons(np.arange(5), (likeness,))
    columns = load_appearance("looks:Colour").pair_features(compared, pairs, gap).T
    np.testing.assert_array_equal(columns[0], likeness[:, 0])
    assert columns[1].tolist() == [1, 0, 0, 1, 0]  # among the candidates of `earlier`
    assert columns[2].tolist() == [0.5, -0.5, -0.5, 0.5, -1]
    assert columns[3].tolist() == [1, 0, 0, 1, 0]  # among the candidates of `later`
    assert columns[4].tolist() == [0.75, -0.25, -0.75, 0.25, -1]
    back = np.array([4, 2, 0, 1, 3])
    mixed = load_appearance("looks:Colour").pair_features(compared[back], pairs[back], gap[back])
    np.testing.assert_array_equal(mixed, columns.T[back])


def test_no_pairs_have_no_features():
    appearances = load_appearance("looks:Colour")
    none = Comparisons.none(0)
    nothing = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert appearances.pair_features(none, nothing, np.zeros(0, np.int64)).shape == (0, 5)
    assert not Comparisons.none(3).known.any()


def test_the_gate_leaves_open_what_lies_between_its_bounds():
    gate = AppearanceGate(low=0.25, high=0.75)
    assert (
        gate.leaves_open(np.array([0, 0.2, 0.25, 0.5, 0.75, 0.8, 1])).tolist() == [False] * 2 + [True] * 3 + [False] * 2
    )


vectors = arrays(np.float32, (6, 4), elements=st.floats(-100, 100, width=32))


@given(vectors, vectors, st.floats(0.5, 100))
def test_the_cosine_is_symmetric_bounded_and_blind_to_scale(a, b, scale):
    alike = cosine(a, b)
    assert alike.shape == (6, 1)
    assert alike.dtype == np.float32
    assert (np.abs(alike) <= 1 + 1e-5).all()
    np.testing.assert_allclose(cosine(b, a), alike, atol=1e-5)
    long = (np.linalg.norm(a, axis=1) > 1e-3) & (np.linalg.norm(b, axis=1) > 1e-3)
    np.testing.assert_allclose(cosine(a * np.float32(scale), b)[long], alike[long], atol=1e-4)
    np.testing.assert_allclose(cosine(a, a)[long], 1, atol=1e-4)


def test_a_vector_of_zeros_is_like_nothing():
    assert cosine(np.zeros((1, 3)), np.ones((1, 3))).tolist() == [[0]]
