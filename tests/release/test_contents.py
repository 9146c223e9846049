"""An archive that lacks a file of the packages, or holds another one, is found."""

import io
import runpy
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTENTS = runpy.run_path(str(Path(__file__).with_name("contents.py")))
PACKAGED = CONTENTS["packaged_files"](ROOT)
SDIST = {*PACKAGED, *CONTENTS["BESIDE_THE_PACKAGES"]}


def lines(folder: Path, in_sdist: set[str], in_wheel: set[str]) -> list[str]:
    """What is wrong with an sdist and a wheel of these files."""
    with tarfile.open(folder / "a.tar.gz", "w:gz") as sdist:
        for name in ("PKG-INFO", "siamlink.egg-info/SOURCES.txt", *in_sdist):
            sdist.addfile(tarfile.TarInfo(f"siamlink-0.1/{name}"), io.BytesIO())
    with zipfile.ZipFile(folder / "a.whl", "w") as wheel:
        for name in in_wheel:
            wheel.writestr(f"siamlink/{name}", "")
        wheel.writestr("siamlink-0.1.dist-info/METADATA", "")
    return CONTENTS["differences"](ROOT, folder / "a.tar.gz", folder / "a.whl")


def test_the_archives_hold_code_weights_and_the_page_but_no_tests(tmp_path: Path) -> None:
    assert lines(tmp_path, SDIST, PACKAGED) == []
    assert {"tools/cli.py", "association/weights/siamese.safetensors", "tools/report/static/report.js"} <= PACKAGED
    assert not [name for name in PACKAGED if "test" in name.split("/") or name.startswith("tools/report/page/")]


@pytest.mark.parametrize("name", ["configs/fast.yaml", "association/calibrated/weights/links.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    assert lines(tmp_path, SDIST, PACKAGED - {name}) == [f"a.whl lacks {name}"]
    assert lines(tmp_path, SDIST - {name}, PACKAGED) == [f"a.tar.gz lacks {name}"]


@pytest.mark.parametrize("name", ["tools/scratch.py", "tests/test_documents.py", "data/video.mp4"])
def test_a_file_that_is_no_part_is_named(tmp_path: Path, name: str) -> None:
    assert lines(tmp_path, SDIST, PACKAGED | {name}) == [f"a.whl holds {name}, which is no part of it"]
    assert lines(tmp_path, SDIST | {name}, PACKAGED) == [f"a.tar.gz holds {name}, which is no part of it"]
