import sys
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.appearance.loaded_appearance import RANKS
from siamlink.association.appearance.loading import SHIPPED, SHIPPED_GENERAL, load_appearance, siamese_weights
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
    """The current folder holds `colours.py`; imported modules are put back."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "colours.py").write_text(COLOURS)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.mark.parametrize("spec", ["none", "", " ", "none,none"])
def test_none_loads_nothing(spec):
    assert load_appearance(spec) is None


@pytest.mark.parametrize("spec", ["colours:Colour", "colours:colour", "colours.py:Colour"])
def test_a_plug_in_without_compare_is_compared_by_cosine(spec):
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
    found = load_appearance("colours:Two, colours.py:Colour")
    assert found.feature_names == (
        *(f"Two.{name}" for name in ("near", "same", *RANKS)),
        *(f"Colour.{name}" for name in ("cosine", *RANKS)),
    )
    described = found.describe(IMAGE, BOX)
    assert len(described) == 2
    two, colour = found.compare(described, np.array([0, 1]), np.array([1, 1]))
    assert two.tolist() == [[-10, 0], [0, 1]]
    assert colour.tolist() == [[0], [1]]
    with pytest.raises(ModelError, match="named twice: colours:Two, colours:Two"):
        load_appearance("colours:Two,colours:Two")


@pytest.mark.parametrize(("name", "numbers"), [("siamese", 128), ("siamese-general", 256)])
def test_two_networks_are_shipped(name, numbers):
    found = load_appearance(name)
    assert found.describe(IMAGE, BOX)[0].shape == (2, numbers)
    assert found.feature_names[0].startswith(name.replace("-", "_"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("siamese", SHIPPED),
        ("siamese-general", SHIPPED_GENERAL),
        ("siamese:own.safetensors", Path("own.safetensors")),
        ("siamese:~/own.safetensors", Path("/home/me/own.safetensors")),
        ("onnx:own.onnx", None),
        ("none", None),
    ],
)
def test_which_file_a_siamese_network_is_in(name, expected, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert siamese_weights(name) == expected


class Fixed:
    feature_names = ("not", "used")

    def describe(self, image: np.ndarray, box: np.ndarray) -> np.ndarray:
        return box


def test_an_object_is_used_as_it_is():
    for spec in (Fixed(), Fixed):
        found = load_appearance(spec)
        assert found.name == "Fixed"
        assert found.feature_names[0] == "Fixed.cosine"
        np.testing.assert_array_equal(found.describe(IMAGE, BOX)[0], BOX)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("colour", "there is no appearance 'colour'; an appearance is none, siamese"),
        ("person.onnx", "did you mean 'onnx:person.onnx'?"),
        ("colours.py", "did you mean 'colours.py:ATTRIBUTE'?"),
        ("my/siamese.safetensors", "did you mean 'siamese:my/siamese.safetensors'?"),
        ("onnx:", "'onnx:' names no file; expected onnx:FILE"),
        ("onnx:nothing.onnx", "no file nothing.onnx"),
        ("siamese:", "'siamese:' names no file; expected siamese:FILE"),
        ("nowhere:x", "there is no module 'nowhere'"),
        ("nowhere.py:x", "there is no file nowhere.py"),
        ("colours:Color", "did you mean 'Colour'?"),
        ("colours:np", "is of type module; expected an object with a method describe(image, box)"),
        ("none,colour", "there is no appearance 'colour'"),
    ],
)
def test_what_is_not_an_appearance_is_a_message_of_one_line(spec, message):
    with pytest.raises(ModelError) as caught:
        load_appearance(spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
