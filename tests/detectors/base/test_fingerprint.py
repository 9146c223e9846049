"""Fingerprints change with everything that a result depends on."""

import hashlib
import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest

from siamlink.detectors.base import fingerprint
from siamlink.detectors.base.fingerprint import code_digest, file_digest, fingerprint_of, package_version, text_digest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `digested` with a sub-package and a file that is no code."""
    folder = tmp_path / "digested"
    (folder / "inner" / "deep").mkdir(parents=True)
    for file in ("__init__.py", "top.py", "inner/__init__.py", "inner/deep/__init__.py", "inner/deep/low.py", "a.json"):
        (folder / file).write_text("1\n")
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    yield folder
    sys.modules.pop("digested", None)


def digest() -> str:
    code_digest.cache_clear()
    return code_digest("digested")


@pytest.mark.parametrize("file", ["top.py", "inner/__init__.py", "inner/deep/low.py"])
def test_a_change_of_any_module_also_in_a_sub_package_changes_the_digest(package, file):
    before = digest()
    assert digest() == before
    (package / file).write_text("2\n")
    changed = digest()
    assert changed != before
    (package / file).rename(package / "other.py")
    assert digest() not in (before, changed)


def test_files_that_are_no_code_do_not_matter(package):
    before = digest()
    (package / "a.json").write_text("2\n")
    assert digest() == before


@pytest.mark.parametrize("module", ["detectors", "association", "tracker"])
def test_the_digest_of_each_layer_sees_its_sub_packages(module, monkeypatch):
    read = []
    monkeypatch.setattr(fingerprint, "text_digest", lambda text: read.append(text) or "")
    code_digest.cache_clear()
    code_digest(f"siamlink.{module}")
    folder = Path(sys.modules[f"siamlink.{module}"].__file__).parent
    assert sum(1 for path in folder.rglob("*.py") if path.parent != folder) > 5
    for path in folder.rglob("*.py"):
        assert path.read_text("utf-8") in read
    code_digest.cache_clear()


def test_a_change_of_a_version_changes_the_digest(package, monkeypatch):
    before = digest()
    monkeypatch.setattr(fingerprint, "package_version", lambda name: "99" if name == "numpy" else package_version(name))
    assert digest() != before


def test_digests_are_sha256(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes("Fußgänger".encode())
    expected = hashlib.sha256("Fußgänger".encode()).hexdigest()
    assert file_digest(path) == text_digest("Fußgänger") == expected


class Marked:
    fingerprint = "v1"


class Unmarked:
    pass


def test_the_fingerprint_of_a_plug_in_names_its_class():
    assert fingerprint_of(Marked()) == fingerprint_of(Marked) == f"{__name__}.Marked v1"
    assert fingerprint_of(Unmarked()) is None
    other = Marked()
    other.fingerprint = "v2"
    assert fingerprint_of(other) == f"{__name__}.Marked v2"


def test_versions_of_packages():
    assert package_version("numpy").split(".")[0].isdecimal()
    assert package_version("no-such-package") is None


def test_the_version_of_another_build_of_a_package_is_found(tmp_path, monkeypatch) -> None:
    for name, number in (("opencv_python_headless", "4.99.0"), ("xgboost_cpu", "3.99.0")):
        folder = tmp_path / f"{name}-{number}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {number}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert package_version("opencv-python") == "4.99.0"
    assert package_version("xgboost") == "3.99.0"
    assert package_version("numpy") is None
