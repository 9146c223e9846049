"""The files of the studies of appearance models."""

import json
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.studies.appearance_study import StudyFiles


def test_the_figures_and_the_picture_are_written_and_not_replaced_by_accident(tmp_path: Path) -> None:
    folder, more = tmp_path / "study", tmp_path / "more.json"
    files = StudyFiles(folder, "figures.json", "picture.png", more, overwrite=False)
    files.check()
    files.write({"AP": 0.5}, lambda path: path.write_text("picture"))
    assert json.loads((folder / "figures.json").read_text()) == json.loads(more.read_text()) == {"AP": 0.5}
    assert (folder / "picture.png").read_text() == "picture"
    with pytest.raises(OutputError):
        files.check()
    with pytest.raises(OutputError):
        StudyFiles(tmp_path / "new", "figures.json", "picture.png", more, overwrite=False).check()
    again = StudyFiles(folder, "figures.json", "picture.png", more, overwrite=True)
    again.check()
    again.write({"AP": 0.6}, lambda path: path.write_text("new"))
    assert json.loads(more.read_text()) == {"AP": 0.6}


def test_nothing_is_written_if_the_picture_cannot_be_drawn(tmp_path: Path) -> None:
    def broken(path: Path) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the one above
        StudyFiles(tmp_path / "study", "figures.json", "picture.png", None, overwrite=False).write({}, broken)
    assert not (tmp_path / "study" / "figures.json").exists()
