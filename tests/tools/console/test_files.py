"""Output files that are whole or not there."""

from pathlib import Path

import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.console.files import (
    check_folder,
    check_output,
    growing_text,
    make_folder,
    output_errors,
    publish,
    results_folder,
    staging,
    write_text,
)


def test_a_new_file_in_an_existing_folder_can_be_written(tmp_path: Path) -> None:
    check_output(tmp_path / "new.txt")


def test_an_earlier_file_is_replaced_only_with_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_text("old")
    with pytest.raises(OutputError, match=r"old\.txt exists; --overwrite replaces it"):
        check_output(path)
    check_output(path, overwrite=True)


def test_an_input_is_never_replaced_by_whatever_name(tmp_path: Path) -> None:
    path = tmp_path / "input.txt"
    path.write_text("input")
    (tmp_path / "alias.txt").symlink_to(path)
    for name in ("input.txt", "alias.txt"):
        with pytest.raises(OutputError, match="is the input and is not replaced"):
            check_output(tmp_path / name, overwrite=True, inputs=[tmp_path / "missing", path])


def test_folders_and_missing_folders_are_no_place_for_a_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder; name a file to write"):
        check_output(tmp_path, overwrite=True)
    with pytest.raises(OutputError, match="there is no folder"):
        check_output(tmp_path / "missing" / "new.txt")
    with pytest.raises(OutputError, match="File name too long"):
        check_output(tmp_path / ("n" * 300))


def test_a_folder_that_is_not_there_yet_has_nothing_in_the_way(tmp_path: Path) -> None:
    check_folder(tmp_path / "new", ["a.txt"])
    assert not (tmp_path / "new").exists()
    (tmp_path / "a.txt").touch()
    with pytest.raises(OutputError, match=r"a\.txt exists"):
        check_folder(tmp_path, ["b.txt", "a.txt"])
    with pytest.raises(OutputError, match="it is a file; name a folder for the results"):
        check_folder(tmp_path / "a.txt", ["b.txt"], overwrite=True)


def test_a_folder_that_is_not_writable_is_found_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OutputError, match="the folder is not writable"):
        check_folder(tmp_path, [])


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="it is a file"):
        make_folder(tmp_path / "file")
    with pytest.raises(OutputError, match=r"cannot write .*file.below: Not a directory"):
        make_folder(tmp_path / "file" / "below")


@pytest.mark.parametrize("earlier", ["", "a", "a/b"])
def test_of_a_folder_for_results_only_what_was_there_before_stays_when_nothing_is_written(
    tmp_path: Path, earlier: str
) -> None:
    (tmp_path / earlier).mkdir(parents=True, exist_ok=True)
    before = list(tmp_path.rglob("*"))
    with results_folder(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b").is_dir()
    assert list(tmp_path.rglob("*")) == before
    with pytest.raises(KeyboardInterrupt), results_folder(tmp_path / "a" / "b"):
        raise KeyboardInterrupt
    assert list(tmp_path.rglob("*")) == before


def test_a_folder_with_results_stays(tmp_path: Path) -> None:
    with results_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "result.txt").touch()
    assert (tmp_path / "a" / "b" / "result.txt").exists()
    with pytest.raises(OutputError, match="it is a file"), results_folder(tmp_path / "a" / "b" / "result.txt"):
        pytest.fail("a file is no folder")
    assert (tmp_path / "a" / "b" / "result.txt").exists()


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    write_text(tmp_path / "new.txt", "straße\r\n")
    assert (tmp_path / "new.txt").read_bytes() == "straße\r\n".encode()
    with pytest.raises(OutputError, match="exists"):
        write_text(tmp_path / "new.txt", "other")
    write_text(tmp_path / "new.txt", "other", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]
    assert (tmp_path / "new.txt").read_text() == "other"


def test_what_was_not_published_is_gone(tmp_path: Path) -> None:
    with staging(tmp_path) as staged:
        (staged / "draft.txt").touch()
        assert staged.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_leaves_no_staging_folder(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with staging(tmp_path) as staged:
            (staged / "draft.txt").touch()
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_file_where_it_was_to_be(tmp_path: Path) -> None:
    def fail() -> None:
        with staging(tmp_path) as staged, output_errors(staged / "a.txt"):
            (staged / "missing" / "a.txt").touch()

    with pytest.raises(OutputError) as failed:
        fail()
    assert str(failed.value) == f"cannot write {tmp_path / 'a.txt'}: No such file or directory"


def test_staging_needs_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*missing: No such file"), staging(tmp_path / "missing"):
        pytest.fail("there is no such folder")


def test_publishing_replaces_files_and_joins_folders(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "kept.txt").write_text("kept")
    (tmp_path / "models" / "replaced.txt").write_text("earlier")
    with staging(tmp_path) as staged:
        for folder in ("models", "new"):
            (staged / folder).mkdir()
            (staged / folder / "replaced.txt").write_text("later")
        publish(staged, tmp_path)
    texts = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.txt")}
    assert texts == {"models/kept.txt": "kept", "models/replaced.txt": "later", "new/replaced.txt": "later"}


@pytest.mark.parametrize("hard_links", [True, False])
def test_files_that_another_run_has_written_meanwhile_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    def no_links(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted") if not self.exists() else FileExistsError(17, "File exists")

    if not hard_links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    (tmp_path / "a.txt").write_text("of the other run")

    def write(name: str, overwrite: bool) -> None:
        with staging(tmp_path) as staged:
            (staged / name).write_text("of this run")
            publish(staged, tmp_path, overwrite)

    with pytest.raises(OutputError, match=r"^another run has written .*/a\.txt meanwhile; --overwrite replaces it$"):
        write("a.txt", overwrite=False)
    assert (tmp_path / "a.txt").read_text() == "of the other run"
    write("b.txt", overwrite=False)
    write("a.txt", overwrite=True)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("a.txt", "b.txt"), "of this run"
    )


def test_publishing_over_a_folder_names_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    (tmp_path / "a.txt" / "inside").touch()

    def fail() -> None:
        with staging(tmp_path) as staged:
            (staged / "a.txt").touch()
            publish(staged, tmp_path)

    with pytest.raises(OutputError, match=r"cannot write .*a\.txt: Is a directory"):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("keep", [True, False])
def test_a_growing_text_is_on_the_disk_piece_by_piece(tmp_path: Path, keep: bool) -> None:
    path = tmp_path / "new.txt"
    path.write_text("earlier")
    with growing_text(path, keep, overwrite=True) as write:
        for count in range(1, 4):
            write("a line\n")
            assert (tmp_path / "new.partial.txt").read_text() == count * "a line\n"
        assert path.read_text() == "earlier"
    assert path.read_text() == 3 * "a line\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyboardInterrupt, OutputError])
@pytest.mark.parametrize(("keep", "text"), [(True, "a line\n"), (True, ""), (False, "a line\n")])
def test_what_is_left_of_a_text_that_did_not_grow_to_its_end(
    tmp_path: Path, keep: bool, text: str, error: type[BaseException]
) -> None:
    with pytest.raises(error) as raised, growing_text(tmp_path / "new.txt", keep) as write:  # noqa: PT012
        write(text)
        raise error("the disk is full")
    kept = keep and text
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == ({"new.partial.txt": text} if kept else {})
    told = f"; the final results are in {tmp_path / 'new.partial.txt'}" if kept and error is OutputError else ""
    assert str(raised.value) == f"the disk is full{told}"


def test_a_growing_text_does_not_replace_what_came_meanwhile(tmp_path: Path) -> None:
    path, partial = tmp_path / "new.txt", tmp_path / "new.partial.txt"
    with growing_text(path, keep=True) as write:
        write("a line\n")
        with pytest.raises(OutputError, match=r"new\.txt: File exists"), growing_text(path, keep=True):
            pytest.fail("two grew at once")
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"new.txt": "a line\n"}
    with pytest.raises(OutputError, match="another run has written"), growing_text(path, keep=True) as write:
        write("another line\n")
    assert (path.read_text(), partial.read_text()) == ("a line\n", "another line\n")


def test_a_growing_text_needs_a_place(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "new.txt"
    with pytest.raises(OutputError, match=rf"cannot write {path}: No such file"), growing_text(path, keep=True):
        pytest.fail("it grew")
