from pathlib import Path

import pytest

from siamlink.detectors.base.errors import InputError, OutputError
from siamlink.tools.serving.corrected_files import CorrectedFiles

NAMES = ["walk.constraints.txt", "walk.corrected.txt", "walk.corrected.json"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "walk.txt").write_text("tracks")
    return folder / "walk.txt"


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_three_files_are_written_beside_the_results_and_written_again(results: Path) -> None:
    files = CorrectedFiles(results, results.parent)
    assert files.write("a", "b", "c") == NAMES
    assert files.write("d", "e", "f") == NAMES
    assert content(results.parent) == {"walk.txt": "tracks", **dict(zip(NAMES, "def", strict=True))}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_others_is_kept_and_nothing_is_written(results: Path, name: str) -> None:
    (results.parent / name).write_text("of others")
    with pytest.raises(OutputError, match=f"{name} exists; --overwrite replaces it"):
        CorrectedFiles(results, results.parent).write("a", "b", "c")
    assert content(results.parent) == {"walk.txt": "tracks", name: "of others"}
    CorrectedFiles(results, results.parent, overwrite=True).write("a", "b", "c")
    assert content(results.parent)[name] in "abc"


def test_a_file_that_others_have_changed_is_kept(results: Path) -> None:
    files = CorrectedFiles(results, results.parent)
    files.write("a", "b", "c")
    (results.parent / NAMES[1]).write_text("of others")
    with pytest.raises(OutputError, match="exists; --overwrite replaces it"):
        files.write("d", "e", "f")
    assert content(results.parent) == {"walk.txt": "tracks", **dict(zip(NAMES, ("a", "of others", "c"), strict=True))}


def test_the_results_are_named_from_the_folder(results: Path, tmp_path: Path) -> None:
    files = CorrectedFiles(results, tmp_path / "new" / "deep")
    assert files.heading(None) == ["tracks ../../results/walk.txt"]


def test_earlier_corrections_come_first_and_name_tracks_from_the_new_folder(results: Path, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "fix.txt").write_text("# by hand\ntracks first.txt\nsplit 3 1\n")
    heading = CorrectedFiles(results, results.parent).heading(tmp_path / "old" / "fix.txt")
    assert heading == ["# by hand", "tracks ../old/first.txt", "split 3 1", "tracks walk.txt"]


def test_corrections_of_an_earlier_session_are_found(results: Path) -> None:
    files = CorrectedFiles(results, results.parent)
    heading = files.heading(None)
    assert files.lines_after(heading) is None
    files.constraints.write_text("tracks walk.txt\nsplit 3 1\nfalse 2\n")
    assert files.lines_after(heading) == ["split 3 1", "false 2"]
    files.constraints.write_text("tracks other.txt\nsplit 3 1\n")
    assert files.lines_after(heading) is None
    files.constraints.write_bytes(b"\xff")
    with pytest.raises(InputError, match="is not a text file"):
        files.lines_after(heading)


def test_a_session_goes_on_with_the_files_of_an_earlier_one(results: Path) -> None:
    CorrectedFiles(results, results.parent).write("tracks walk.txt\nsplit 3 1\n", "b", "c")
    first, second = CorrectedFiles(results, results.parent), CorrectedFiles(results, results.parent)
    for files in (first, second):
        assert files.lines_after(files.heading(None)) == ["split 3 1"]
    assert first.write("d", "e", "f") == NAMES
    with pytest.raises(OutputError, match="exists; --overwrite replaces it"):
        second.write("g", "h", "i")
    assert content(results.parent) == {"walk.txt": "tracks", **dict(zip(NAMES, "def", strict=True))}


def test_a_file_in_place_of_the_folder_is_one_line(results: Path) -> None:
    with pytest.raises(OutputError, match="it is a file; name a folder"):
        CorrectedFiles(results, results)
