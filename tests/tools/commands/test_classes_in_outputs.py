"""Classes and their names reach every output, and are read from it again."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.formats.read import read_boxes
from siamlink.tracker.tracks import Tracks

Run = Callable[..., Any]
ZOO = '''
import numpy as np
from mine import Walkers

class Zoo(Walkers):
    """A walker and a car, with scores and boxes of many digits."""

    class_names = {0: "Fußgänger", 2: "自動車"}

    def detect(self, image):
        rows = super().detect(image)
        offset = np.sin(self.seen * np.arange(1, 5)) / 3
        return np.column_stack([rows[:, :4] + offset, rows[:, 4] / 1.07, [0, 2]])

class Ends(Zoo):
    """Sees nothing in some frames, among them the last ones."""

    def detect(self, image):
        rows = super().detect(image)
        return rows[:0] if self.seen > 19 or self.seen in (7, 8) else rows

class Blind(Zoo):
    def detect(self, image):
        return []

class Unnamed(Zoo):
    class_names = None

class Beetles(Walkers):
    class_names = ["beetle"]
'''


@pytest.fixture(autouse=True)
def zoo(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`zoo.py` lies in the folder of the test."""
    Path("zoo.py").write_text(ZOO)
    monkeypatch.syspath_prepend(here)


def classes(path: str) -> set[str]:
    return {line.split(",")[7] for line in Path(path).read_text().splitlines()}


@pytest.mark.parametrize("mode", ["offline", "windowed", "online"])
def test_the_class_is_in_text_and_record_and_table(siamlink: Run, mode: str) -> None:
    result = siamlink("track", "walk.mp4", "-o", "out", "--detector", "zoo.py:Zoo", "--mode", mode, "--no-video")
    assert result.code == 0
    assert "walk: 1 Fußgänger, 1 自動車" in result.out.splitlines()
    tracks = Tracks.from_mot("out/walk.txt")
    assert {(each, *set(tracks.of(each).label.tolist())) for each in tracks.lengths} == {(1, 0), (2, 2)}
    assert json.loads(Path("out/walk.json").read_text())["classes"] == [
        {"number": 0, "name": "Fußgänger", "tracks": 1, "boxes": len(tracks.of(1))},
        {"number": 2, "name": "自動車", "tracks": 1, "boxes": len(tracks.of(2))},
    ]


def test_classes_without_names_are_numbers(siamlink: Run) -> None:
    result = siamlink("track", "walk.mp4", "-o", "out", "--detector", "zoo.py:Unnamed", "--no-video")
    assert "walk: 1 of class 0, 1 of class 2" in result.out.splitlines()
    assert classes("out/walk.txt") == {"0", "2"}
    record = json.loads(Path("out/walk.json").read_text())["classes"]
    assert [(each["number"], each["name"]) for each in record] == [(0, None), (2, None)]


def test_one_class_needs_no_line_and_no_class_no_number(siamlink: Run) -> None:
    result = siamlink("track", "walk.mp4", "-o", "named", "--detector", "zoo.py:Beetles", "--no-video")
    assert "beetle" not in result.out
    assert classes("named/walk.txt") == {"0"}
    assert [each["name"] for each in json.loads(Path("named/walk.json").read_text())["classes"]] == ["beetle"]
    siamlink("track", "walk.mp4", "-o", "unnamed", "--detector", "mine.py:Walkers", "--no-video")
    assert classes("unnamed/walk.txt") == {"-1"}
    assert json.loads(Path("unnamed/walk.json").read_text())["classes"] == []


@pytest.mark.parametrize("mode", ["offline", "windowed", "online"])
@pytest.mark.parametrize(("detector", "file"), [("Zoo", "found.txt"), ("Ends", "found.csv"), ("Ends", "found.jsonl")])
def test_detect_and_track_lose_nothing(siamlink: Run, mode: str, detector: str, file: str) -> None:
    options = ("--mode", mode, "--config", "fast", "--no-video")
    siamlink("track", "walk.mp4", "-o", "direct", "--detector", f"zoo.py:{detector}", *options)
    result = siamlink("detect", "walk.mp4", "-o", file, "--detector", f"zoo.py:{detector}")
    assert (result.code, result.err) == (0, "")
    siamlink("track", "walk.mp4", "-o", "later", "--detections", file, *options)
    assert Path("later/walk.txt").read_text() == Path("direct/walk.txt").read_text() != ""
    direct, later = (json.loads(Path(folder, "walk.json").read_text()) for folder in ("direct", "later"))
    assert later["classes"] == direct["classes"]
    assert [each["name"] for each in later["classes"]] == ["Fußgänger", "自動車"]
    assert later["input"]["frames"] == direct["input"]["frames"] == 24


def test_the_names_of_detections_are_beside_them(siamlink: Run) -> None:
    siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "zoo.py:Zoo")
    assert classes("found.txt") == {"0", "2"}
    assert ClassNames.beside("found.txt") == ClassNames({0: "Fußgänger", 2: "自動車"})


def test_names_beside_detections_are_replaced_with_them(siamlink: Run) -> None:
    siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "zoo.py:Zoo")
    Path("found.txt").unlink()
    result = siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "zoo.py:Unnamed")
    assert result.line == "siamlink: found.classes.txt exists; --overwrite replaces it"
    siamlink("detect", "walk.mp4", "-o", "found.txt", "--detector", "zoo.py:Unnamed", "--overwrite")
    assert not Path("found.classes.txt").exists()


def test_detections_are_written_as_the_suffix_says(siamlink: Run) -> None:
    for name in ("found.txt", "found.csv", "found.jsonl"):
        assert siamlink("detect", "walk.mp4", "-o", name, "--detector", "zoo.py:Zoo").code == 0
    exact = read_boxes(Path("found.txt")).detections()
    table = list(csv.DictReader(io.StringIO(Path("found.csv").read_text(encoding="utf-8"))))
    lines = [json.loads(line) for line in Path("found.jsonl").read_text("ascii").splitlines()]
    assert [row["class_name"] for row in table[:2]] == [line["class_name"] for line in lines[:2]]
    assert {line["class_name"] for line in lines} == {"Fußgänger", "自動車"}
    assert list(table[0]) == list(lines[0])
    for rows in (table, lines):
        assert len(rows) == len(exact) == 48
        corners = [[float(row[name]) for name in ("x_min", "y_min", "x_max", "y_max")] for row in rows]
        assert np.array_equal(np.array(corners, np.float32), exact.box)
        assert np.array_equal(np.array([row["confidence"] for row in rows], np.float32), exact.score)
    assert lines[2]["time"] == pytest.approx(1 / 12, abs=1e-4)
    result = siamlink("detect", "walk.mp4", "-o", "found.xml", "--detector", "zoo.py:Zoo")
    expected = "detections are MOT text (.txt), CSV (.csv) or JSON lines (.jsonl)"
    assert (result.code, result.line) == (2, f"siamlink: cannot write found.xml: {expected}")


def test_detections_are_printed_as_json_lines(siamlink: Run) -> None:
    result = siamlink("detect", "walk.mp4", "-o", "-", "--detector", "zoo.py:Zoo")
    assert (result.code, result.line) == (0, "48 detections in 24 frames by zoo.py:Zoo")
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert [lines[0][name] for name in ("frame", "class_id", "class_name")] == [1, 0, "Fußgänger"]
    assert len(lines) == 48
    assert not list(Path().glob("-*"))


@pytest.mark.parametrize("file", ["found.txt", "found.csv", "found.jsonl"])
def test_no_detections_are_an_empty_file_that_can_be_tracked(siamlink: Run, file: str) -> None:
    result = siamlink("detect", "walk.mp4", "-o", file, "--detector", "zoo.py:Blind")
    assert result.out == f"0 detections in 24 frames by zoo.py:Blind, written to {file}\n"
    lines = Path(file).read_text().splitlines()
    assert lines == (["x_min,y_min,x_max,y_max,class_id,confidence,frame,time,class_name"] if "csv" in file else [])
    result = siamlink("track", "walk.mp4", "-o", "out", "--detections", file)
    assert (result.code, result.line) == (0, "walk: no detections, so there are no tracks")
    assert Path("out/walk.txt").read_text() == ""
    assert json.loads(Path("out/walk.json").read_text())["classes"] == []
    printed = siamlink("track", "walk.mp4", "-o", "-", "--detections", file)
    assert (printed.code, printed.out) == (0, "")
