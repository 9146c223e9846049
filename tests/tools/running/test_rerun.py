"""The linking of a run, once more, by its record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.tools.results.read import read_results
from siamlink.tools.running.explained import explained_tracks
from siamlink.tools.running.rerun import CannotRerun, opened_rerun, same_tracks

Run = Callable[..., Any]


def again(results: Path, source: Path, cache: Path | None = None) -> bool:
    read = read_results(results, source)
    with opened_rerun(read, source, cache) as rerun:
        return same_tracks(read, rerun.link())


@pytest.fixture
def tracked(siamlink: Run, sequence: Callable[..., Path]) -> tuple[Path, Path]:
    """Results of a sequence with public detections, and the sequence."""
    folder = sequence("east")
    assert siamlink("track", folder, "-o", "out", "--no-video", "--set", "appearance=none").code == 0
    return Path("out/east.txt"), folder


def test_the_same_tracks_come_out(tracked: tuple[Path, Path]) -> None:
    assert again(*tracked)
    explained = explained_tracks(read_results(*tracked), tracked[1], None, lambda *_: None)
    assert explained.note == ""


def test_selected_classes_and_scores_are_selected_again(siamlink: Run, here: Path) -> None:
    rows = [
        f"{frame},-1,{4 * frame},20,14,40,{score},{label},-1,-1\n"
        for frame in range(1, 25)
        for score, label in ((0.9, 1), (0.2, 2))
    ]
    Path("det.txt").write_text("".join(rows))
    asked = ("--detections", "det.txt", "--classes", "1", "--confidence", "0.5", "--set", "appearance=none")
    assert siamlink("track", "walk.mp4", "-o", "out", "--no-video", *asked).code == 0
    assert again(Path("out/walk.txt"), Path("walk.mp4"))


def test_detections_of_a_detector_come_from_the_cache(siamlink: Run, here: Path) -> None:
    asked = ("--detector", "mine.py:Sees", "--set", "appearance=none", "--cache", "kept")
    assert siamlink("track", "walk.mp4", "-o", "out", "--no-video", *asked).code == 0
    looked = Path("looked.txt").read_text()
    assert again(Path("out/walk.txt"), Path("walk.mp4"), Path("kept"))
    assert Path("looked.txt").read_text() == looked, "the detector was not used"
    with pytest.raises(CannotRerun, match="the detections of the run are in no file: track again with --report"):
        again(Path("out/walk.txt"), Path("walk.mp4"))
    Path("other").mkdir()
    with pytest.raises(CannotRerun, match="other has no detections of all frames of the run"):
        again(Path("out/walk.txt"), Path("walk.mp4"), Path("other"))


def test_corrections_are_applied_again(siamlink: Run, tracked: tuple[Path, Path]) -> None:
    Path("fixes.txt").write_text("tracks out/east.txt\nsplit 12 1\n")
    asked = ("--constraints", "fixes.txt", "--set", "appearance=none")
    assert siamlink("track", tracked[1], "-o", "corrected", "--no-video", *asked).code == 0
    assert again(Path("corrected/east.txt"), tracked[1])


INCOMPLETE: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (lambda record: record.clear(), "there is no record"),
    (lambda record: record["config"].update(nonsense=1), "the record: unknown key 'nonsense'"),
    (lambda record: record["input"].update(detections="gone.txt"), "gone.txt of the run was not found"),
    (lambda record: record["input"].update(detections=None), "the record does not name the detections"),
    (lambda record: record.update(config=[], input=7), "the record does not name the detections"),
]


def test_what_is_missing_is_said(tracked: tuple[Path, Path]) -> None:
    file = tracked[0].with_suffix(".json")
    whole = file.read_text()
    for change, reason in INCOMPLETE:
        record = json.loads(whole)
        change(record)
        file.write_text(json.dumps(record))
        with pytest.raises(CannotRerun, match=reason):
            again(*tracked)
        explained = explained_tracks(read_results(*tracked), tracked[1], None, lambda *_: None)
        assert explained.explanations is None
        assert explained.note.startswith(f"the links are not explained: {reason}")


def test_other_tracks_are_not_explained(tracked: tuple[Path, Path]) -> None:
    lines = tracked[0].read_text().splitlines(keepends=True)
    tracked[0].write_text("".join(lines[:-1]))
    explained = explained_tracks(read_results(*tracked), tracked[1], None, lambda *_: None)
    assert explained.explanations is None
    assert len(explained.tracks) == len(lines) - 1
    assert explained.note.startswith("the links are not explained: linking again gave other tracks")


def test_online_tracks_are_not_explained(siamlink: Run, sequence: Callable[..., Path]) -> None:
    folder = sequence("east")
    asked = ("--mode", "online", "--set", "appearance=none")
    assert siamlink("track", folder, "-o", "out", "--no-video", *asked).code == 0
    explained = explained_tracks(read_results(Path("out/east.txt"), folder), folder, None, lambda *_: None)
    assert explained.note == "the links are not explained: this needs mode offline, not online"


def test_nothing_is_searched_again(searched: Path, searches: list[int]) -> None:
    results = read_results(Path("out/east.txt"), searched)
    assert again(Path("out/east.txt"), searched)
    explained = explained_tracks(results, searched, None, lambda *_: None)
    assert explained.note == ""
    assert explained.tracks.found.sum() == 4
    assert len(searches) == 1
