"""The command `siamlink report`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
ROWS = "".join(f"{frame},1,{4 * frame},20,14,40,0.9,0,0.9,-1\n" for frame in range(1, 25))


@pytest.fixture
def results(here: Path) -> Path:
    """Tracks of the walking video, with the record of a run in another folder."""
    Path("results").mkdir()
    Path("results/walk.txt").write_text(ROWS)
    source = {"name": "walk", "source": "walk.mp4", "frame_rate": 12.0, "frames": 24, "size": [160, 120]}
    Path("results/walk.json").write_text(json.dumps({"input": source, "classes": [{"number": 0, "name": "person"}]}))
    return Path("results/walk.txt")


def test_the_report_lies_beside_the_results_with_the_video_of_the_record(
    siamlink: Run, results: Path, data_of: Callable[[Path], Any]
) -> None:
    result = siamlink("report", results)
    assert result.code == 0
    assert result.out.startswith("results/walk.html: 0.")
    data = data_of(Path("results/walk.html"))
    assert data["video"]["source"].startswith("data:video/mp4;base64,")
    assert (data["frames"]["count"], data["frames"]["rate"], data["classes"][0]["name"]) == (24, 12.0, "person")
    assert data["corrections"]["tracks"] == "walk.txt"
    assert len(data["tracks"][0]["crops"]) >= 5


def test_earlier_reports_are_replaced_only_if_that_is_said(siamlink: Run, results: Path) -> None:
    assert siamlink("report", results).code == 0
    before = Path("results/walk.html").read_bytes()
    again = siamlink("report", results)
    assert (again.code, again.line) == (2, "siamlink: results/walk.html exists; --overwrite replaces it")
    assert Path("results/walk.html").read_bytes() == before
    assert siamlink("report", results, "--overwrite").code == 0


def test_no_input_is_replaced(siamlink: Run, results: Path) -> None:
    for output in ("walk.mp4", "results/walk.txt", "results/walk.json"):
        result = siamlink("report", results, "-o", output, "--overwrite")
        assert (result.code, result.line) == (
            2,
            f"siamlink: {output} is the input and is not replaced; write somewhere else",
        )


def test_without_its_video_the_report_shows_the_boxes(
    siamlink: Run, results: Path, data_of: Callable[[Path], Any]
) -> None:
    Path("walk.mp4").unlink()
    result = siamlink("report", results)
    assert result.code == 0
    assert "the video walk.mp4 was not found: give --video" in result.err.splitlines()
    data = data_of(Path("results/walk.html"))
    assert (data["video"], data["frames"]["width"]) == (None, 160)


def test_the_annotated_video_beside_the_tracks_is_not_taken_for_their_source(
    siamlink: Run, results: Path, monkeypatch: pytest.MonkeyPatch, data_of: Callable[[Path], Any]
) -> None:
    record = json.loads(Path("results/walk.json").read_text())
    Path("results/walk.json").write_text(json.dumps({**record, "seconds": {"draw": 1.5}}))
    Path("walk.mp4").rename("results/walk.mp4")
    for folder, file in ((".", "results/walk.txt"), ("results", "walk.txt")):
        with monkeypatch.context() as there:
            there.chdir(folder)
            result = siamlink("report", file, "--overwrite")
        assert "the video walk.mp4 was not found: give --video" in result.err.splitlines()
    Path("results/walk.json").write_text(json.dumps({**record, "seconds": {"detect": 1.5}}))
    assert siamlink("report", results, "--overwrite").code == 0
    assert data_of(Path("results/walk.html"))["video"]["source"] == "walk.mp4", "nothing was drawn: it is the source"


def test_tracks_that_were_corrected_say_so(siamlink: Run, results: Path, data_of: Callable[[Path], Any]) -> None:
    record = json.loads(Path("results/walk.json").read_text())
    Path("results/walk.json").write_text(json.dumps({**record, "constraints": {"file": "fixes.txt", "swap": 1}}))
    assert siamlink("report", results).code == 0
    expected = "these tracks are corrected by fixes.txt: begin the file of new corrections with its lines"
    assert expected in data_of(Path("results/walk.html"))["notes"]


def test_a_foreign_file_of_tracks_needs_no_record(siamlink: Run, here: Path, data_of: Callable[[Path], Any]) -> None:
    Path("mine.csv").write_text(
        "frame,track_id,x_min,y_min,x_max,y_max\n" + "".join(f"{frame},1,10,20,24,60\n" for frame in range(1, 25))
    )
    result = siamlink("report", "mine.csv", "--video", "walk.mp4", "-o", "out.html")
    assert result.code == 0
    data = data_of(Path("out.html"))
    assert (len(data["tracks"]), data["video"]["source"], data["frames"]["rate"]) == (1, "walk.mp4", 12.0)


def test_a_broken_record_is_one_line(siamlink: Run, results: Path) -> None:
    Path("results/walk.json").write_text('{"input": ')
    result = siamlink("report", results)
    assert (result.code, result.line) == (
        2,
        "siamlink: results/walk.json: not the record of a run: expected a JSON object; rename it to do without",
    )
    Path("results/walk.json").write_text('{"input": [1], "classes": 7}')
    assert siamlink("report", results).code == 0


def test_ground_truth_of_a_sequence_is_used_unless_it_is_refused(
    siamlink: Run, here: Path, sequence: Callable[..., Path], data_of: Callable[[Path], Any]
) -> None:
    folder = sequence("east")
    Path("east.txt").write_text(ROWS)
    assert siamlink("report", "east.txt", "--video", folder).code == 0
    truth = data_of(Path("east.html"))["truth"]
    assert [(each["kind"], each["object"], each["last"]) for each in truth["events"]] == [("miss", 2, 24)]
    asked = ("report", "east.txt", "--video", folder, "--ground-truth", "none", "--overwrite")
    assert siamlink(*asked).code == 0
    assert data_of(Path("east.html"))["truth"] is None


def test_names_cannot_leave_their_place_in_the_page(siamlink: Run, here: Path, data_of: Callable[[Path], Any]) -> None:
    name = "<!--<script><img src=x onerror=alert(1)>"
    Path(f"{name}.txt").write_text(ROWS)
    Path(f"{name}.json").write_text(json.dumps({"classes": [{"number": 0, "name": "</script><b>"}]}))
    Path("walk.mp4").rename(f"{name}.mp4")
    assert siamlink("report", f"{name}.txt", "--video", f"{name}.mp4").code == 0
    text = Path(f"{name}.html").read_text()
    assert name not in text
    assert "</script><b>" not in text
    assert text.count("</script>") == 3, "data, licences and the program"
    data = data_of(Path(f"{name}.html"))
    assert (data["name"], data["classes"][0]["name"]) == (name, "</script><b>")


def test_a_folder_of_results_is_no_file_of_tracks(siamlink: Run, results: Path) -> None:
    result = siamlink("report", "results")
    assert (result.code, result.line) == (
        2,
        "siamlink: results is a folder of results: name one of them, such as results/walk.txt",
    )
