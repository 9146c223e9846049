from pathlib import Path

import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.base.output_files import partial_path, whole_file


def test_a_file_is_replaced_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with whole_file(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_after_an_error_the_earlier_file_remains_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), whole_file(path) as temporary:
        temporary.write_text("half \u2713", encoding="ascii")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.txt", "old")]
    with (
        pytest.raises(OutputError, match=r"cannot write .*/nowhere/a.txt: No such file"),
        whole_file(tmp_path / "nowhere" / "a.txt") as temporary,
    ):
        temporary.write_text("new")


def test_a_file_that_is_still_being_written_has_a_name_of_its_own() -> None:
    assert partial_path(Path("out/a.txt")) == Path("out/a.partial.txt")
