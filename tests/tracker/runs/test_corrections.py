from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.corrected_detections import CorrectedDetections
from siamlink.tracker.runs.corrections import read_corrections
from siamlink.tracker.tracks import Tracks

Write = Callable[[str | bytes], Path]


@pytest.fixture(scope="module")
def found() -> Detections:
    return crossing(frame_count=40).detections()


@pytest.fixture(scope="module")
def tracks(found: Detections, matcher: Matcher, link_detections: Callable[..., Tracks]) -> Tracks:
    """Two people, with boxes filled in."""
    made = link_detections(found, 30, matcher, TrackerParameters())
    assert made.count == 2
    assert made.interpolated.any()
    return made


@pytest.fixture
def write(tmp_path: Path, tracks: Tracks) -> Write:
    """Writes corrections; the tracks lie in `earlier/crossing.txt` beside them."""
    (tmp_path / "earlier").mkdir()
    (tmp_path / "earlier" / "crossing.txt").write_text(tracks.to_mot_text())

    def written(text: str | bytes) -> Path:
        path = tmp_path / "fix.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


def seen(tracks: Tracks, number: int) -> list[int]:
    """The frames in which a person was detected."""
    return tracks.frame[(tracks.track_id == number) & ~tracks.interpolated].tolist()


def test_boxes_are_the_detections_they_were_made_from(
    write: Write, tracks: Tracks, found: Detections, matcher: Matcher, link_detections: Callable[..., Tracks]
) -> None:
    detected = tracks[~tracks.interpolated]
    names = [f"{frame} {number}" for frame, number in zip(detected.frame, detected.track_id, strict=True)]
    lines = [f"must {name} {names[0]}" for name in names if name.split()[1] == names[0].split()[1]][1:]
    corrections = read_corrections(write("\n".join(["tracks earlier/crossing.txt", *lines])))
    constraints = corrections.among(found)
    raw = link_detections(found, 30, matcher, TrackerParameters(gaps={"smooth": False}))
    own = raw[(raw.track_id == detected.track_id[0]) & ~raw.interpolated]
    assert (own.box != detected.box[detected.track_id == detected.track_id[0]]).any(), "boxes have been smoothed"
    np.testing.assert_array_equal(found.box[[each.a for each in constraints]], own.box[1:])
    assert {each.b for each in constraints} == {int(np.flatnonzero((found.box == own.box[0]).all(axis=1))[0])}
    assert corrections.record() == {"file": str(corrections.path), "must": len(lines), "cannot": 0}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_empty_lines_and_several_files(
    write: Write, tmp_path: Path, tracks: Tracks, found: Detections, end: str
) -> None:
    swapped = tmp_path / "no 2#final.txt"
    other = Tracks(
        tracks.frame, tracks.box, tracks.score, tracks.label, (3 - tracks.track_id).astype(int), tracks.interpolated
    )
    swapped.write_text(other.to_mot_text())
    a, b = seen(tracks, 1)[0], seen(tracks, 2)[-1]
    lines = ["# who is who", "tracks earlier/crossing.txt", "", f" cannot {a} 1\t{b} 2  # red and blue"]
    lines += ["tracks no 2#final.txt", f"must {a} 2 {b} 1"]
    corrections = read_corrections(write(b"\xef\xbb\xbf" + end.join(lines).encode()))
    assert corrections.files == (tmp_path / "fix.txt", tmp_path / "earlier" / "crossing.txt", swapped)
    with pytest.raises(FormatError, match=r"fix.txt: line 4 and line 6: two detections must, and cannot,"):
        corrections.among(found)
    first, second = (
        CorrectedDetections(corrections.path, (line,), found).constraints()[0] for line in corrections.lines
    )
    assert (first.a, first.b) == (second.a, second.b)
    assert (first.together, second.together) == (False, True)
    assert (first.origin, second.origin) == ("line 4", "line 6")


def test_an_empty_file_says_nothing(write: Write, found: Detections) -> None:
    assert read_corrections(write("")).among(found) == ()


BAD_LINES = [
    (
        "same 1 1 2 1",
        "line 2: expected 'tracks FILE', 'must FRAME ID FRAME ID', 'cannot FRAME ID FRAME ID', 'swap FRAME ID ID', "
        "'split FRAME ID', 'merge ID ID', 'false ID', 'false FRAME ID', 'false FRAME ID FRAME' or 'true FRAME ID', "
        "found 'same 1 1 2 1'",
    ),
    ("must", "line 2: expected 'tracks FILE', 'must FRAME ID FRAME ID'"),
    ("tracks", "line 2: expected 'tracks FILE', 'must FRAME ID FRAME ID'"),
    ("must 1 1 2", "line 2: expected FRAME ID FRAME ID, found '1 1 2'"),
    ("must 1 1 2 1 3", "line 2: expected FRAME ID FRAME ID, found '1 1 2 1 3'"),
    ("must 1,1,2,1", "line 2: expected FRAME ID FRAME ID, found '1,1,2,1'"),
    ("must 1 1 x 1", "line 2: 'x' is not a whole number"),
    ("must 1 1 -2 1", "line 2: '-2' is not a whole number"),
    ("must 1 1 1.5 1", "line 2: '1.5' is not a whole number"),
    ("must 1 1 ٣ 1", "line 2: '٣' is not a whole number"),
    (f"must 1 1 {'9' * 5000} 1", "line 2: '9999999999999999999999999999999999999999' is not a whole number"),
    ("must 1 1 2 7", "line 2: there is no id 7 in {folder}/earlier/crossing.txt"),
    ("must 1 1 99 1", "line 2: id 1 is not in frame 99 of {folder}/earlier/crossing.txt; it is in frame"),
    ("must 0 1 9 1", "line 2: id 1 is not in frame 0 of {folder}/earlier/crossing.txt; it is in frame"),
    ("must 1 1 1 1", "line 2: both boxes are the same"),
    ("swap 20 1", "line 2: expected FRAME ID ID, found '20 1'"),
    ("swap 20 1 1", "line 2: expected two different ids, found 1 twice"),
    ("swap 20 1 7", "line 2: there is no id 7 in {folder}/earlier/crossing.txt"),
    ("swap 1 1 2", "line 2: neither id 1 nor id 2 was detected before frame 1"),
    ("swap 90 1 2", "line 2: neither id 1 nor id 2 was detected from frame 90 on"),
    ("split 1 1", "line 2: id 1 was not detected before frame 1"),
    ("split 90 1", "line 2: id 1 was not detected from frame 90 on"),
    ("merge 1 2", "line 2: ids 1 and 2 were both detected in frame"),
    ("false", "line 2: expected 'tracks FILE', 'must FRAME"),
    ("false 1 2 3 4", "line 2: expected ID or FRAME ID or FRAME ID FRAME, found '1 2 3 4'"),
    ("false 9 1 3", "line 2: frame 3 is before frame 9"),
    ("false 90 1 99", "line 2: id 1 was not detected in frames 90 to 99; it was detected in frame"),
    ("true 99 1", "line 2: id 1 is not in frame 99 of {folder}/earlier/crossing.txt; it is in frame"),
    ("tracks nowhere.txt", "line 2: cannot read {folder}/nowhere.txt: No such file or directory"),
    ("tracks earlier", "line 2: no detections in the folder {folder}/earlier: "),
    ("tracks fix.txt", "line 2: {folder}/fix.txt, line 1, column 1: 'tracks earlier/crossing.txt' (frame) is not"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES)
def test_a_wrong_line_is_named(write: Write, line: str, message: str) -> None:
    path = write(f"tracks earlier/crossing.txt\n{line}\n")
    with pytest.raises(FormatError) as raised:
        read_corrections(path)
    assert str(raised.value).startswith(f"{path}, {message.format(folder=path.parent)}")


def test_tracks_must_be_named_first(write: Write) -> None:
    with pytest.raises(
        FormatError, match=r"fix.txt, line 1: the earlier tracks are not named: begin with a line such as 'tracks "
    ):
        read_corrections(write("must 1 1 2 1\ntracks earlier/crossing.txt\n"))


@pytest.mark.parametrize("content", [b"tracks \xff\xfe", b"tracks a\0b", b"\x89PNG\r\n\x1a\n\0\0"])
def test_what_is_no_text_is_refused(write: Write, content: bytes) -> None:
    with pytest.raises(FormatError, match="not a text file; expected lines 'tracks FILE', 'must FRAME"):
        read_corrections(write(content))


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(InputError, match=f"cannot read {path}: "):
            read_corrections(path)


@pytest.mark.parametrize("line", ["must {} {} 1 1", "true {} {}", "false {} {}"])
def test_an_interpolated_box_is_noticed_before_there_are_detections(write: Write, tracks: Tracks, line: str) -> None:
    row = np.flatnonzero(tracks.interpolated)[0]
    frame, number = int(tracks.frame[row]), int(tracks.track_id[row])
    detected = seen(tracks, number)
    before, after = max(each for each in detected if each < frame), min(each for each in detected if each > frame)
    path = write(f"tracks earlier/crossing.txt\n{line.format(frame, number)}")
    with pytest.raises(FormatError) as raised:
        read_corrections(path)
    message = f"line 2: id {number} was not detected in frame {frame} but interpolated there"
    assert str(raised.value) == f"{path}, {message}; it was detected in frames {before} and {after}"


def test_tracks_of_other_detections_are_refused(write: Write, tracks: Tracks, found: Detections) -> None:
    a, b = seen(tracks, 1)[:2]
    corrections = read_corrections(write(f"tracks earlier/crossing.txt\nmust {a} 1 {b} 1"))
    elsewhere = Detections(found.frame, found.box + 50, found.score, found.label)
    scored_otherwise = Detections(found.frame, found.box, found.score * 1.01, found.label)
    for others in (elsewhere, scored_otherwise, Detections.empty()):
        with pytest.raises(FormatError, match=r"line 2: id 1 of .*crossing.txt has no box among the detections"):
            corrections.among(others)


def test_an_interpolated_box_is_not_the_detection_behind_it(write: Write, tmp_path: Path) -> None:
    """Both have the same score, and the one that was not detected is nearly where the other is."""
    found = Detections([1, 1, 2, 3, 3], [[x, 0, x + 40, 90] for x in (0, 100, 52, 0, 100)], np.ones(5), np.zeros(5))
    rows = "".join(f"{frame},{number},{x},0,40,90,1\n" for frame, number, x in OCCLUDED)
    (tmp_path / "occluded.txt").write_text(rows)
    corrections = read_corrections(write("tracks occluded.txt\nmust 1 1 2 1\nmust 1 1 3 1"))
    (constraint,) = CorrectedDetections(corrections.path, corrections.lines[:1], found).constraints()
    assert (constraint.a, constraint.b) == (0, 2)
    hidden = read_corrections(write("tracks occluded.txt\nmust 1 2 2 2"))
    with pytest.raises(FormatError, match="line 2: id 2 was not detected in frame 2 but interpolated there; it was"):
        hidden.among(found)


@pytest.mark.parametrize("mark", [-1, 1])
def test_the_mark_of_an_interpolated_box_is_respected(write: Write, tmp_path: Path, mark: int) -> None:
    """A detection that is part of no track, of the same score, is nearly where the box was filled in."""
    found = Detections([1, 2, 3], [[x, 0, x + 40, 90] for x in (0, 5, 0)], np.ones(3), np.zeros(3))
    rows = "".join(f"{frame},1,0,0,40,90,1,-1,-1,{mark if frame == 2 else -1}\n" for frame in (1, 2, 3))
    (tmp_path / "marked.txt").write_text(rows)
    path = write("tracks marked.txt\nmust 1 1 2 1")
    if mark == 1:
        with pytest.raises(FormatError, match="id 1 was not detected in frame 2 but interpolated there"):
            read_corrections(path)
    else:
        (constraint,) = read_corrections(path).among(found)
        assert (constraint.a, constraint.b) == (0, 1)


OCCLUDED = [(1, 1, 0), (1, 2, 100), (2, 1, 52), (2, 2, 45), (3, 1, 0), (3, 2, 100)]
"""Frame, id and left of two people, of whom the second was not detected in frame 2."""
