"""Corrections in Python: by methods, and by lines of text."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConstraintError, FormatError
from siamlink.detectors.detections import Detections
from siamlink.tracker import Corrections, TrackingResult, must_link, track
from siamlink.tracker.runs.corrections import as_known, read_corrections

Method = Callable[[Corrections], Corrections]
METHODS: dict[str, Method] = {
    "must 10 1 20 1": lambda corrections: corrections.must((10, 1), (20, 1)),
    "cannot 10 1 20 2": lambda corrections: corrections.cannot((10, 1), (20, 2)),
    "swap 15 1 2": lambda corrections: corrections.swap(15, 1, 2),
    "split 15 1": lambda corrections: corrections.split(15, 1),
    "merge 1 3": lambda corrections: corrections.merge(1, 3),
    "false 2": lambda corrections: corrections.false(2),
    "false 10 2": lambda corrections: corrections.false((10, 2)),
    "false 10 2 20": lambda corrections: corrections.false((10, 2), 20),
    "true 10 1": lambda corrections: corrections.true((10, 1)),
}


def walkers() -> Detections:
    """Three side by side; the third appears when the first has disappeared."""
    boxes = [
        (frame, 100 + 4 * frame, top)
        for frame in range(1, 31)
        for top, seen in ((100, frame <= 20), (300, True), (500, frame > 24))
        if seen
    ]
    frame, left, top = np.array(boxes, float).T
    box = np.column_stack([left, top, left + 50, top + 120])
    return Detections(frame, box, np.linspace(0.6, 0.9, len(frame)), np.zeros(len(frame)))


@pytest.fixture(scope="module")
def found() -> Detections:
    return walkers()


@pytest.fixture(scope="module")
def result(found: Detections, tmp_path_factory: pytest.TempPathFactory) -> TrackingResult:
    return retracked(found)


def retracked(found: Detections, **options: object) -> TrackingResult:
    """The tracks of the walkers, from black images."""
    images = [np.zeros((700, 400, 3), np.uint8)] * 30
    settings = {"matching": "calibrated", "appearance": "none", **options}
    return track(images, detections=found, name="walk", **settings)


@pytest.mark.parametrize("line", METHODS)
def test_a_method_says_what_its_line_says(found: Detections, result: TrackingResult, tmp_path: Path, line: str) -> None:
    result.save(tmp_path)
    (tmp_path / "fix.txt").write_text(f"tracks walk.txt\n{line}\n")
    by_file = read_corrections(tmp_path / "fix.txt")
    by_method = METHODS[line](Corrections(result.tracks))
    by_line = Corrections(result.tracks, [line])
    for corrections in (by_method, by_line):
        pairs = [(each.a, each.b, each.together) for each in corrections.among(found)]
        assert pairs == [(each.a, each.b, each.together) for each in by_file.among(found)]
        assert (corrections.false_alarms(found) == by_file.false_alarms(found)).all()
    assert pairs or by_line.false_alarms(found).any()


def test_methods_can_be_chained_and_change_nothing(result: TrackingResult) -> None:
    begun = Corrections(result.tracks).swap(15, 1, 2)
    more = begun.false(3)
    assert [each.word for each in begun.lines] == ["swap"]
    assert [(each.line, each.word) for each in more.lines] == [(1, "swap"), (2, "false")]


def test_tracks_are_corrected_without_a_file(found: Detections, result: TrackingResult) -> None:
    """From frame 15 on, walkers 1 and 2 are exchanged, and 3 goes on as 1."""
    tracks = retracked(found, constraints=Corrections(result.tracks).swap(15, 1, 2).must((12, 2), (26, 3))).tracks
    assert tracks.count == 2
    detected = tracks[~tracks.interpolated]
    rows = {top: detected[np.abs(detected.box[:, 1] - top) < 20] for top in (100, 300, 500)}
    assert set(rows[100].track_id[rows[100].frame < 15].tolist()) == {1}
    assert set(rows[100].track_id[rows[100].frame >= 15].tolist()) == {2}
    assert set(rows[300].track_id[rows[300].frame >= 15].tolist()) == {1}
    assert set(rows[500].track_id.tolist()) == {2}


def test_lines_name_the_file_of_the_tracks(
    found: Detections, result: TrackingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result.save(tmp_path)
    monkeypatch.chdir(tmp_path)
    for constraints in (["tracks walk.txt", "false 2"], Corrections(result.tracks).false(2)):
        assert retracked(found, constraints=constraints).tracks.count == result.tracks.count - 1
    assert retracked(found, constraints=[must_link(0, 2)]).tracks.count == result.tracks.count


def test_wrong_corrections_are_named(found: Detections, result: TrackingResult) -> None:
    corrections = Corrections(result.tracks)
    with pytest.raises(FormatError, match="corrections, line 1: there is no id 7 in the earlier tracks"):
        corrections.split(15, 7)
    with pytest.raises(FormatError, match=r"corrections, line 1: expected FRAME ID FRAME ID, found '1 2 3'"):
        corrections.must((1, 2), (3,))
    with pytest.raises(FormatError, match=r"corrections, line 1: '1.5' is not a whole number"):
        corrections.swap(1.5, 1, 2)
    with pytest.raises(FormatError, match=r"corrections, line 1: the earlier tracks are not named"):
        retracked(found, constraints=["swap 15 1 2"])
    with pytest.raises(ConstraintError, match=r"expected must_link\(a, b\) or cannot_link\(a, b\), not 'swap 15 1 2'"):
        retracked(found, constraints=[must_link(0, 2), "swap 15 1 2"])
    with pytest.raises(FormatError, match="corrections: line 1 and line 2: two detections must, and cannot, be in one"):
        retracked(found, constraints=corrections.must((10, 1), (12, 1)).cannot((10, 1), (12, 1)))


def test_what_are_no_corrections_is_one_line(result: TrackingResult) -> None:
    with pytest.raises(ConstraintError, match=r"expected the earlier Tracks, not 'street.txt'"):
        Corrections("street.txt")  # type: ignore[arg-type]
    with pytest.raises(ConstraintError, match="expected a file, Corrections, lines of these or constraints, not 5"):
        as_known(5)  # type: ignore[arg-type]
    assert [each.word for each in Corrections(result.tracks, "split 15 1").lines] == ["split"]
