"""The command `siamlink import`: corrections by a person in another tool become constraints and ground truth."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from siamlink.detectors.mot.text import format_rows
from siamlink.tools.synthetic.street import crossing
from siamlink.tracker.tracks import Tracks

Run = Callable[..., Any]
FAST = ("--no-video", "--config", "fast", "--set", "matching=learned")


@pytest.fixture
def crossed(siamlink: Run) -> Path:
    """Results of a sequence in which two people cross, and their tracks in CVAT's format."""
    scene = crossing(frame_count=90)
    folder = Path("CROSS")
    (folder / "det").mkdir(parents=True)
    (folder / "det" / "det.txt").write_text(format_rows(scene.detections()))
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nframeRate=30\nseqLength=90\nimWidth={scene.width}\nimHeight={scene.height}\n"
    )
    assert siamlink("track", folder, "-o", "first", *FAST, "--export", "cvat,coco,csv,jsonl").code == 0
    assert Tracks.from_mot("first/CROSS.txt").count == 2
    return folder


def swap(source: str, target: str, frame: int) -> None:
    """Exchange the boxes of both tracks from a frame on, counted from 0, as a person does who finds a switch."""
    tree = ElementTree.parse(source)
    one, other = tree.getroot().findall("track")
    late = [[box for box in track if int(box.get("frame")) >= frame] for track in (one, other)]
    for track, own, new in ((one, late[0], late[1]), (other, late[1], late[0])):
        for box in own:
            track.remove(box)
        track.extend(new)
    tree.write(target)


def identities(path: str | Path, frame: int) -> list[int]:
    """The ids in a frame, from left to right."""
    tracks = Tracks.from_mot(path).in_frame(frame)
    return [track_id for _, track_id in sorted(zip(tracks.box[:, 0].tolist(), tracks.track_id.tolist(), strict=True))]


def is_swapped(path: str) -> bool:
    """Whether the ids of the first and the last frame are the other way round than in the earlier result."""
    earlier, now = ([identities(each, frame) for frame in (20, 88)] for each in ("first/CROSS.txt", path))
    return (earlier[0] == earlier[1]) != (now[0] == now[1])


def test_swapped_identities_come_back_by_constraints(siamlink: Run, crossed: Path) -> None:
    swap("first/CROSS.cvat.xml", "corrected.xml", 45)
    result = siamlink("import", "corrected.xml", "--results", "first/CROSS.txt", "-o", "fixed")
    assert result.code == 0
    assert result.out.startswith("2 tracks with ")
    assert "constraints 'must'" in result.err
    assert is_swapped("fixed/CROSS.txt")
    assert Path("fixed/CROSS.constraints.txt").read_text().startswith("tracks ../first/CROSS.txt\n")
    again = siamlink("track", crossed, "-o", "again", *FAST, "--constraints", "fixed/CROSS.constraints.txt")
    assert (again.code, again.err) == (0, "CROSS has no frames: tracked from its detections alone\n")
    assert is_swapped("again/CROSS.txt")
    assert Tracks.from_mot("again/CROSS.txt").count == 2


def test_swapped_identities_come_back_from_detections_alone(siamlink: Run, crossed: Path) -> None:
    swap("first/CROSS.cvat.xml", "CROSS.xml", 45)
    detections = crossed / "det" / "det.txt"
    options = ("--detections", detections, "--frame-rate", "30", "-o", "fixed")
    assert siamlink("import", "CROSS.xml", *options).code == 0
    again = siamlink("track", crossed, "-o", "again", *FAST, "--constraints", "fixed/CROSS.constraints.txt")
    assert again.code == 0
    assert is_swapped("again/CROSS.txt")
    assert (Path("fixed/CROSS/det/det.txt")).is_file()


def test_the_ground_truth_scores_the_corrected_tracks_as_perfect(siamlink: Run, crossed: Path) -> None:
    swap("first/CROSS.cvat.xml", "corrected.xml", 45)
    assert siamlink("import", "corrected.xml", "--results", "first/CROSS.txt", "-o", "fixed").code == 0
    info = Path("fixed/CROSS/seqinfo.ini").read_text()
    assert "frameRate=30\nseqLength=90\n" in info
    assert siamlink("evaluate", "fixed/CROSS", "fixed", "--json", "scores.json").code == 0
    assert siamlink("evaluate", "fixed/CROSS", "first", "--json", "earlier.json").code == 0
    idf1 = [json.dumps(json.loads(Path(name).read_text())) for name in ("scores.json", "earlier.json")]
    assert '"IDF1": 100.0' in idf1[0]
    assert '"IDF1": 100.0' not in idf1[1]


@pytest.mark.parametrize("name", ["CROSS.cvat.xml", "CROSS.coco.json", "CROSS.csv", "CROSS.jsonl", "CROSS.txt"])
def test_what_is_exported_is_imported_without_a_change(siamlink: Run, crossed: Path, name: str) -> None:
    result = siamlink("import", f"first/{name}", "--results", "first/CROSS.txt", "-o", "back")
    assert result.code == 0
    assert "CROSS: 0 constraints 'must', 0 'cannot'" in result.err
    assert Path("back/CROSS.constraints.txt").read_text() == "tracks ../first/CROSS.txt\n"
    before, after = Tracks.from_mot("first/CROSS.txt"), Tracks.from_mot("back/CROSS.txt")
    assert len(before) == len(after)
    key = [sorted(zip(each.frame.tolist(), each.track_id.tolist(), strict=True)) for each in (before, after)]
    assert key[0] == key[1]
    assert before.interpolated.sum() == after.interpolated.sum()


def test_removed_and_added_boxes_are_said(siamlink: Run, crossed: Path) -> None:
    tree = ElementTree.parse("first/CROSS.cvat.xml")
    root = tree.getroot()
    root.remove(root.findall("track")[1])
    for box in root.find("track"):
        if int(box.get("frame")) < 5:
            for side in ("ytl", "ybr"):
                box.set(side, str(float(box.get(side)) + 500))
    tree.write("corrected.xml")
    result = siamlink("import", "corrected.xml", "--results", "first/CROSS.txt", "-o", "fixed")
    assert result.code == 0
    assert "of 1" in result.err
    assert "boxes that were detected are in no corrected track" in result.err
    assert "5 corrected boxes are none of the boxes that were detected" in result.err


def test_nothing_is_replaced_unless_that_is_wanted(siamlink: Run, crossed: Path) -> None:
    command = ("import", "first/CROSS.cvat.xml", "-o", "fixed", "--frame-rate", "30")
    assert siamlink(*command).code == 0
    assert siamlink(*command).line == "siamlink: fixed/CROSS.txt exists; --overwrite replaces it"
    assert siamlink(*command, "--overwrite").code == 0
    same = siamlink("import", "first/CROSS.txt", "-o", "first", "--overwrite")
    assert same.line == "siamlink: first/CROSS.txt is the input and is not replaced; write somewhere else"
    both = siamlink(*command, "--results", "first/CROSS.txt", "--detections", "first/CROSS.txt")
    assert both.line == "siamlink: give --results or --detections, not both"
    Path("none.csv").write_text("frame,track_id,x,y,w,h\n")
    assert siamlink("import", "none.csv", "-o", "x").line == "siamlink: none.csv holds no tracks"
