"""A list with spaces is an error that says how to write it."""

from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.console.list_values import check_lists


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("street.mp4 --export cvat, csv -o out", "--export cvat,csv"),
        ("--export cvat, csv, coco street.mp4", "--export cvat,csv,coco"),
        ("--export cvat ,csv", "--export cvat,csv"),
        ("--export cvat , csv", "--export cvat,csv"),
        ("--export=cvat, csv", "--export=cvat,csv"),
        ("tracks.txt --line gate=0,10, -5,30", "--line gate=0,10,-5,30"),
    ],
)
def test_it_says_how_the_list_is_written(words: str, written: str) -> None:
    with pytest.raises(ConfigError, match="a list has no spaces: write ") as caught:
        check_lists(words.split(" "))
    assert str(caught.value).endswith(f"write {written}")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--export cvat,csv -o out",
        "--export cvat, -o out",
        "--export cvat,",
        "a.mp4, b.mp4 -o out",
        "-o out, a.mp4",
        f"{'x' * 300}, b.mp4",
    ],
)
def test_other_arguments_are_let_through(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out,").mkdir()
    check_lists(words.split())
