"""The command `siamlink demo`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.detectors.mot.sequence import open_sequence
from siamlink.detectors.mot.text import read_rows

Run = Callable[..., Any]


@pytest.mark.slow
def test_the_demo_writes_the_listed_files_and_keeps_them(siamlink: Run, video_facts: Callable[..., Any]) -> None:
    result = siamlink("demo", "-o", "demo", "--seconds", 1)
    assert (result.code, result.err) == (0, "")
    told = [line.split()[0] for line in result.out.splitlines() if line.startswith("  demo/")]
    assert sorted(map(str, (path for path in Path("demo").rglob("*") if path.is_file()))) == sorted(
        [*told, "demo/street/seqinfo.ini"]
    )
    assert open_sequence(Path("demo/street")).frame_count == 30
    assert video_facts("demo/street/street.mp4") == ("h264", "yuv420p", (960, 540), 30)
    assert video_facts("demo/tracks/street.mp4") == ("h264", "yuv420p", (960, 540), 30)
    tracks = read_rows(Path("demo/tracks/street.txt"), 30, unique_ids=True)
    assert f"{len(set(tracks[:, 1]))} tracks of 9 objects in 30 frames" in result.out
    record = json.loads(Path("demo/tracks/street.json").read_text())
    assert (record["input"]["source"], record["input"]["detections"]) == ("demo/street", "motion")
    assert "HOTA" in result.out

    limit = siamlink("evaluate", "demo/street", "demo/tracks", "--limit", "det/det.txt")
    assert (limit.code, "detection error" in limit.out) == (0, True)

    before = {path: path.read_bytes() for path in Path("demo").rglob("*") if path.is_file()}
    again = siamlink("demo", "-o", "demo", "--seconds", 1)
    assert (again.code, again.out) == (2, "")
    assert again.line == "siamlink: demo/street exists; --overwrite replaces what is in it"
    assert {path: path.read_bytes() for path in Path("demo").rglob("*") if path.is_file()} == before


@pytest.mark.slow
def test_overwriting_replaces_only_what_the_demo_makes(siamlink: Run) -> None:
    for folder in ("demo/street/gt", "demo/tracks"):
        Path(folder).mkdir(parents=True)
    Path("demo/street/gt/gt.txt").write_text("earlier")
    Path("demo/tracks/notes.txt").write_text("mine")
    assert siamlink("demo", "-o", "demo", "--seconds", 1, "--overwrite").code == 0
    assert Path("demo/tracks/notes.txt").read_text() == "mine"
    assert len(read_rows(Path("demo/street/gt/gt.txt"), 30, unique_ids=True)) > 30


@pytest.mark.slow
def test_another_seed_is_another_street(siamlink: Run) -> None:
    for seed in (1, 2):
        assert siamlink("demo", "-o", f"demo{seed}", "--seconds", 1, "--seed", seed).code == 0
    assert Path("demo1/street/gt/gt.txt").read_text() != Path("demo2/street/gt/gt.txt").read_text()


def test_a_folder_that_cannot_be_made(siamlink: Run) -> None:
    result = siamlink("demo", "-o", "det.txt", "--seconds", 1)
    assert result.code == 2
    assert result.line == "siamlink: cannot write det.txt: it is a file; name a folder for the results"
