from pathlib import Path

import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.image_names import first_number, image_files, repeated_names


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (["000060.jpg", "000061.jpg", "000062.jpg"], 60),
        (["60.jpg", "61.png"], 60),
        (["frame_000060.png", "frame_000061.png"], 60),
        (["9.jpg", "10.jpg"], 9),
        (["000000.jpg", "000001.jpg"], 1),  # counted from 0: frames are counted from 1
        (["000060.jpg", "000062.jpg"], 1),
        (["000060.jpg", "000065.jpg", "000070.jpg"], 1),
        (["a60.jpg", "b61.jpg"], 1),
        (["60a.jpg", "61a.jpg"], 1),
        (["cam60_1.jpg", "cam61_1.jpg"], 1),
        (["left.jpg", "right.jpg"], 1),
        (["60.jpg"], 1),
        ([], 1),
    ],
)
def test_images_are_numbered_by_names_that_rise_by_one(names: list[str], number: int) -> None:
    assert first_number([Path(name) for name in names]) == number


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    return folder


def test_of_files_that_differ_in_the_suffix_one_is_used(tmp_path: Path) -> None:
    touch(tmp_path, "f1.png", "f1.jpg", "f2.png", "f2.jpg", "f10.png", "f3.txt", ".f4.jpg")
    assert [path.name for path in image_files(tmp_path)] == ["f1.jpg", "f2.jpg", "f10.png"]
    assert repeated_names(tmp_path) == (
        "2 pictures are there more than once, as f1.jpg and f1.png: f1.jpg is used, and the like"
    )


def test_the_suffix_of_most_such_files_is_used(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "1.jpg", "2.png", "2.bmp")
    assert [path.name for path in image_files(tmp_path)] == ["1.png", "2.png"]


def test_without_repeated_names_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert repeated_names(touch(tmp_path, "1.png", "2.png")) == ""
    with pytest.raises(InputError, match="cannot read the folder"):
        image_files(tmp_path / "absent")
