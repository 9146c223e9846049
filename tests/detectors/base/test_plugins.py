"""Objects of the user, loaded by the name of a module or file."""

import sys
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import DetectorError, ModelError
from siamlink.detectors.base.plugins import load_attribute

HELP = "name it as file.py:attribute"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs in an empty folder, and imports nothing that an earlier one imported."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def load(spec: str) -> object:
    return load_attribute(spec, HELP, DetectorError)


def test_attributes_of_modules_and_files_of_the_current_folder():
    Path("finder.py").write_text("class Outer:\n    inner = 'found'\nvalue = 3\n")
    assert load("finder:value") == load("finder.py:value") == 3
    assert load("finder.py:Outer.inner") == "found"
    assert load("math:pi") == pytest.approx(3.14159, abs=1e-5)


def test_a_file_in_another_folder_imports_its_neighbours():
    Path("deep").mkdir()
    Path("deep/neighbour_of_finder.py").write_text("value = 4\n")
    Path("deep/deep_finder.py").write_text("from neighbour_of_finder import value\n")
    assert load("deep/deep_finder.py:value") == 4


def test_the_search_path_is_the_same_afterwards():
    before = list(sys.path)
    Path("finder.py").write_text("import sys\nvalue = sys.path[0]\n")
    assert load("finder:value") == str(Path.cwd())
    with pytest.raises(DetectorError):
        load("absent:value")
    assert sys.path == before


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("absent.py:value", f"there is no file absent.py ({HELP})"),
        ("absent:value", "there is no module 'absent' in "),
        ("absent.deeper:value", "there is no module 'absent' in "),
        ("finder.py:valeu", "there is no 'valeu' in "),
        ("finder.py:value.more", "there is no 'value.more' in "),
    ],
)
def test_a_missing_object_is_an_error_that_names_it(spec, message):
    Path("finder.py").write_text("value = 3\n")
    with pytest.raises(DetectorError) as caught:
        load(spec)
    assert str(caught.value).startswith(message)
    assert ("did you mean 'value'?" in str(caught.value)) == spec.startswith("finder.py:v")


@pytest.mark.parametrize("spec", ["finder:value", "finder.py:value"])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("\n1 / 0\n", "ZeroDivisionError: division by zero ("),
        ("import no_such_module_at_all\n", "ModuleNotFoundError: No module named 'no_such_module_at_all' ("),
        ("raise SystemExit('no')\n", "SystemExit: no ("),
        ("value = (\n", "SyntaxError: '(' was never closed (finder.py, line 1)"),
    ],
)
def test_a_failing_import_is_one_line_with_the_cause_and_the_line_of_the_plug_in(spec, code, message):
    Path("finder.py").write_text(code)
    with pytest.raises(ModelError) as caught:
        load_attribute(spec, HELP, ModelError)
    text = str(caught.value)
    assert text.startswith(f"cannot import {spec.partition(':')[0]}: {message}")
    assert f"finder.py, line {1 + code.startswith(chr(10))})" in text
    assert "\n" not in text


def test_a_file_that_fails_can_be_corrected_and_loaded():
    Path("finder.py").write_text("1 / 0\n")
    with pytest.raises(DetectorError):
        load("finder.py:value")
    Path("finder.py").write_text("value = 12345\n")
    assert load("finder.py:value") == 12345
