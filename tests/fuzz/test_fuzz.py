"""What the fuzzer starts from, and random changes of it, are read or refused in one line; needs no fuzzer."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
SPEC = importlib.util.spec_from_file_location("fuzz", HERE / "fuzz.py")
assert SPEC is not None
assert SPEC.loader is not None
FUZZ = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(FUZZ)
CORPUS = sorted(path for path in HERE.glob("corpus/*/*"))
GOOD = {
    "two-lines",
    "csv",
    "jsonl",
    "coco",
    "kitti",
    "mixed-columns",
    "mot16",
    "mot15",
    "whole",
    "online",
    "two",
    "one-tree",
    "one-tensor",
    "both-kinds",
    "swap",
}
NEVER_REFUSED = "cache"
"""Damage to a cache is no error: frames are processed again."""


def test_every_target_has_a_corpus() -> None:
    assert {path.parent.name for path in CORPUS} == set(FUZZ.TARGETS)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_corpus_is_read_or_refused(path: Path, tmp_path: Path) -> None:
    message = FUZZ.run(path.parent.name, path.read_bytes(), tmp_path)
    assert (message == "") == (path.name in GOOD or path.parent.name == NEVER_REFUSED)


@pytest.mark.slow
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}-{path.name}")
@settings(max_examples=25)
@given(place=st.floats(0, 1), cut=st.integers(0, 12), new=st.binary(max_size=12), repeat=st.integers(1, 3))
def test_changed_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, path: Path, place: float, cut: int, new: bytes, repeat: int
) -> None:
    data = path.read_bytes()
    start = round(place * len(data))
    FUZZ.run(path.parent.name, data[:start] + new * repeat + data[start + cut :], tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("target", FUZZ.TARGETS)
@settings(max_examples=15)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_anything_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, target: str, data: bytes) -> None:
    FUZZ.run(target, data, tmp_path_factory.mktemp("fuzz"))
