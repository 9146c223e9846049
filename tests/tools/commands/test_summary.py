"""The command `siamlink summary`."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

Run = Callable[..., Any]
NO_RATE = "the frame rate is not known, so there are no times and speeds: give --frame-rate or --video"
ROWS = "".join(f"{frame},1,{100 + 10 * frame},100,20,40,0.9,2,-1,-1\n" for frame in range(1, 11))
STILL = "".join(f"{frame},5,300,100,20,40,0.5,0,-1,{1 if frame == 4 else -1}\n" for frame in range(3, 7))
RECORD = {
    "input": {"name": "street", "source": "street.mp4", "frame_rate": 5.0, "frames": 12, "size": [640, 480]},
    "classes": [{"number": 2, "name": "car"}, {"number": 0, "name": "person"}],
}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("street.txt").write_text(ROWS + STILL)
    Path("street.json").write_text(json.dumps(RECORD))
    return Path("street.txt")


def lines_of(text: str, title: str) -> list[list[str]]:
    """The cells of the rows of a printed table."""
    table = next(part for part in text.split("\n\n") if part.startswith(title))
    return [line.split() for line in table.splitlines()[3:]]


def test_tracks_classes_crossings_and_visits_are_printed(siamlink: Run, results: Path) -> None:
    result = siamlink(
        "summary", results, "--line", "gate=160,200,160,100", "--zone", "yard=180,0,220,0,220,200,180,200"
    )
    assert (result.code, result.err) == (0, "")
    assert lines_of(result.out, "tracks") == [
        ["car", "1", "1-10", "0.00", "1.80", "2.00", "10", "0", "0.900", "90", "50.0", "1.25"],
        ["person", "5", "3-6", "0.40", "1.00", "0.80", "4", "25", "0.500", "0", "0.0", "0.00"],
    ]
    assert lines_of(result.out, "classes") == [["person", "1", "4", "1"], ["car", "1", "10", "1"]]
    assert lines_of(result.out, "crossings") == [["gate", "car", "in", "1", "6", "1.00"]]
    assert lines_of(result.out, "lines") == [["gate", "car", "1", "0"]]
    assert lines_of(result.out, "visits") == [["yard", "car", "yes", "no", "1", "7-10", "1.20", "0.80"]]
    assert lines_of(result.out, "zones") == [["yard", "car", "1", "1", "1", "0", "0.80"]]


def test_csv_and_json_hold_the_same(siamlink: Run, results: Path) -> None:
    asked = ("summary", results, "--line", "160,200,160,100", "--csv", "s.csv", "--json", "s.json")
    assert siamlink(*asked).code == 0
    rows = list(csv.DictReader(io.StringIO(Path("s.csv").read_text())))
    assert [(row["track_id"], row["class_name"], row["line 1 in"]) for row in rows] == [
        ("1", "car", "1"),
        ("5", "person", "0"),
    ]
    record = json.loads(Path("s.json").read_text())
    assert record["crossings"] == [
        {
            "line": "line 1",
            "track_id": 1,
            "class_id": 2,
            "class_name": "car",
            "direction": "in",
            "frame": 6,
            "time": 1.0,
        }
    ]
    assert siamlink(*asked).line == "siamlink: s.csv exists; --overwrite replaces it"
    assert siamlink(*asked, "--overwrite").code == 0


def test_without_a_record_times_need_a_video_or_a_frame_rate(siamlink: Run, results: Path) -> None:
    Path("street.json").unlink()
    result = siamlink("summary", results)
    assert (result.code, result.err) == (
        0,
        f"{NO_RATE}\n",
    )
    assert lines_of(result.out, "tracks")[0] == ["2", "1", "1-10", "10", "0", "0.900", "90"]
    known = siamlink("summary", results, "--frame-rate", "10")
    assert lines_of(known.out, "tracks")[0][3:6] == ["0.00", "0.90", "1.00"]


def test_a_folder_of_images_has_no_frame_rate(siamlink: Run, results: Path) -> None:
    Path("street.json").unlink()
    Path("pictures").mkdir()
    for number in range(1, 11):
        cv2.imwrite(f"pictures/{number}.png", np.zeros((480, 640, 3), np.uint8))
    result = siamlink("summary", results, "--video", "pictures")
    assert (result.code, result.line) == (0, NO_RATE)
    assert lines_of(result.out, "tracks")[0] == ["2", "1", "1-10", "10", "0", "0.900", "90"]


def test_a_zone_whose_sides_cross_is_said(siamlink: Run, results: Path) -> None:
    result = siamlink("summary", results, "--zone", "yard=180,0,220,200,220,0,180,200")
    assert (result.code, result.line) == (
        0,
        "zone 'yard': its sides cross each other; give its corners in order around it",
    )


def test_the_margin_and_the_anchor_are_passed_on(siamlink: Run, results: Path) -> None:
    Path("street.txt").write_text("".join(f"{k},1,100,{100 + 5 * k},20,40,1,-1,-1,-1\n" for k in range(1, 13)))

    def crossings(*options: str) -> list[list[str]]:
        return lines_of(siamlink("summary", results, "--line", "0,152,640,152", *options).out, "crossings")

    assert [row[-2:] for row in crossings()] == [["3", "0.40"]], "its feet are at 140 + 5 k"
    assert [row[-2:] for row in crossings("--anchor", "centre")] == [["7", "1.20"]]
    assert crossings("--margin", "40") == []


def test_no_tracks_are_no_error(siamlink: Run, results: Path) -> None:
    results.write_text("")
    result = siamlink("summary", results, "--line", "0,130,640,130", "--zone", "0,0,99,0,99,99")
    assert (result.code, result.err) == (0, "street.txt holds no tracks\n")
    assert lines_of(result.out, "tracks") == []
    assert lines_of(result.out, "lines") == [["line", "1", "0", "0"]]


def test_where_no_classes_are_known_none_is_named(siamlink: Run, results: Path) -> None:
    Path("street.txt").write_text("".join(f"{k},1,{100 + 10 * k},100,20,40,0.9,-1,-1,-1\n" for k in range(1, 11)))
    Path("street.json").write_text(json.dumps({**RECORD, "classes": []}))
    line, zone = ("--line", "gate=160,200,160,100"), ("--zone", "yard=180,0,220,0,220,200,180,200")
    result = siamlink("summary", results, *line, *zone)
    assert (result.code, "class" in result.out) == (0, False)
    tables = {
        name: lines_of(result.out, name) for name in ("tracks", "all tracks", "crossings", "lines", "visits", "zones")
    }
    assert tables == {
        "tracks": [["1", "1-10", "0.00", "1.80", "2.00", "10", "0", "0.900", "90", "50.0", "1.25"]],
        "all tracks": [["1", "10", "1"]],
        "crossings": [["gate", "in", "1", "6", "1.00"]],
        "lines": [["gate", "1", "0"]],
        "visits": [["yard", "yes", "no", "1", "7-10", "1.20", "0.80"]],
        "zones": [["yard", "1", "1", "1", "0", "0.80"]],
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--line", "1,2,3"], "a line is [NAME=]X1,Y1,X2,Y2 in pixels, not '1,2,3'"),
        (["--zone", "1,2,3,4"], "a zone is [NAME=]X,Y,X,Y,X,Y,... in pixels with three corners or more, not '1,2,3,4'"),
        (["--line", "a=0,9,9,9", "--zone", "a=0,0,9,9,9,0"], "two lines or zones are called 'a'"),
        (["--line", "700,0,700,480"], "line 'line 1' lies outside the picture, which has 640x480 pixels"),
        (["--zone", "yard=0,0,0.5,0,0.5,0.5"], "zone 'yard' lies within one pixel"),
        (["--frame-rate", "0"], "the frame rate must be a number above 0"),
        (["--csv", "street.txt", "--overwrite"], "street.txt is the input and is not replaced"),
        (["--json", "street.json", "--overwrite"], "street.json is the input and is not replaced"),
        (["--csv", "one.txt", "--json", "./one.txt"], "one.txt is named twice; give each output a file of its own"),
        (["--json", "nowhere/s.json"], "there is no folder nowhere"),
        (["--video", "none.mp4"], "none.mp4"),
        (["--video", "0"], "camera 0 is live"),
    ],
)
def test_what_cannot_be_right_is_one_line(siamlink: Run, results: Path, options: list[str], message: str) -> None:
    result = siamlink("summary", results, *options)
    assert result.code == 2
    assert message in result.line
    assert result.out == ""
    assert not Path("one.txt").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,-1,10,20,30,60,0.9\n", "these are detections, not tracks"),
        ("1,1,10,20,30\n", "expected at least 6 columns"),
        ("1,1,10,20,30,60,0.9\n1,1,10,20,30,60,0.9\n", "id 1 occurs twice in frame 1"),
        ("900,1,10,20,30,60,0.9\n", "street.txt has a box in frame 900, but the video has 12 frames"),
        ("\0\0\0", "street.txt"),
        (None, "cannot read street.txt"),
    ],
)
def test_broken_results_are_named(siamlink: Run, results: Path, text: str | None, message: str) -> None:
    results.unlink() if text is None else results.write_text(text)
    result = siamlink("summary", results)
    assert result.code == 2
    assert message in result.line


def test_parts_of_the_picture_need_its_size(siamlink: Run, results: Path) -> None:
    results.write_text("1,1,0.1,0.2,0.3,0.6,0.9\n2,1,0.2,0.2,0.3,0.6,0.9\n")
    scaled = siamlink("summary", results)
    assert lines_of(scaled.out, "tracks")[0][9] == "64"
    assert "street.txt: " in scaled.line
    Path("street.json").unlink()
    assert "they are parts of the picture, and pixels are needed" in siamlink("summary", results).line


@pytest.mark.parametrize("record", ["[]", "{", '{"input": 5}', '{"input": {"frame_rate": "x", "size": [0, 1]}}'])
def test_a_broken_record_is_named_or_ignored(siamlink: Run, results: Path, record: str) -> None:
    Path("street.json").write_text(record)
    result = siamlink("summary", results)
    if record in ("[]", "{"):
        assert (result.code, result.line) == (
            2,
            "siamlink: street.json: not the record of a run: expected a JSON object; rename it to do without",
        )
    else:
        assert result.code == 0
        assert "the frame rate is not known" in result.err


def test_tracks_are_read_from_other_formats_too(siamlink: Run, results: Path) -> None:
    assert siamlink("export", results, "--to", "csv", "-o", "tracks.csv").code == 0
    assert siamlink("export", results, "--to", "coco", "-o", "coco.json").code == 0
    expected = lines_of(siamlink("summary", results).out, "tracks")
    for name in ("tracks.csv", "coco.json"):
        again = lines_of(siamlink("summary", name, "--frame-rate", "5").out, "tracks")
        assert [row[:2] for row in again] == [row[:2] for row in expected] == [["car", "1"], ["person", "5"]]
        assert [row[-1] for row in again] == [row[-1] for row in expected]
