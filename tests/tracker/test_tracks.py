import sys
from dataclasses import replace
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from siamlink.detectors.base.errors import FormatError, InputError, OutputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import read_rows
from siamlink.tracker.tracks import Tracks


@pytest.fixture
def detections() -> Detections:
    box = [[0, 0, 10, 20], [20, 0, 30, 20], [1, 0, 11, 20]]
    return Detections([1, 1, 2], box, [0.5, 0.25, 0.75], [0, 3, 0])


def test_detections_get_their_ids_and_those_without_are_dropped(detections):
    tracks = Tracks.from_detections(detections, np.array([4, 0, 4], np.int32))
    assert tracks.frame.tolist() == [1, 2]
    assert tracks.track_id.tolist() == [4, 4]
    assert tracks.box.tolist() == [[0, 0, 10, 20], [1, 0, 11, 20]]
    assert tracks.score.tolist() == [0.5, 0.75]
    assert tracks.label.tolist() == [0, 0]
    assert not tracks.interpolated.any()
    assert tracks.count == 1
    assert repr(tracks) == "Tracks(1 track, 2 boxes, frames 1-2)"


def test_tracks_are_sorted_selected_and_joined_like_detections():
    box = np.tile([0, 0, 10, 20], (3, 1))
    tracks = Tracks([2, 1, 2], box, np.ones(3), np.zeros(3), [7, 8, 9], [True, False, False])
    assert tracks.track_id.tolist() == [8, 7, 9]
    assert tracks.interpolated.tolist() == [False, True, False]
    part = tracks.in_frame(2)
    assert isinstance(part, Tracks)
    assert part.track_id.tolist() == [7, 9]
    joined = Tracks.concatenate([part, tracks.in_frame(1)])
    assert joined.track_id.tolist() == [8, 7, 9]
    assert {name: getattr(joined, name).dtype for name in ("track_id", "interpolated")} == {
        "track_id": np.int32,
        "interpolated": bool,
    }
    with pytest.raises(ValueError, match="read-only"):
        joined.track_id[0] = 1
    with pytest.raises(InputError, match="differ in length"):
        Tracks([1], box[:1], [1], [0], [1, 2], [False])


def test_no_tracks():
    empty = Tracks.empty()
    assert (len(empty), empty.count, empty.to_mot_text()) == (0, 0, "")
    assert len(Tracks.concatenate([])) == 0
    assert len(Tracks.from_detections(Detections.empty(), np.zeros(0, np.int32))) == 0


def test_results_are_mot_text_of_ten_columns(detections, tmp_path):
    tracks = Tracks.from_detections(detections, np.array([1, 2, 1], np.int32))
    (tmp_path / "a.txt").write_text(tracks.to_mot_text())
    rows = read_rows(tmp_path / "a.txt", last_frame=2, unique_ids=True)
    assert rows[:, :7].tolist() == [
        [1, 1, 0, 0, 10, 20, 0.5],
        [1, 2, 20, 0, 10, 20, 0.25],
        [2, 1, 1, 0, 10, 20, 0.75],
    ]
    assert rows[:, 7].tolist() == [0, 3, 0]
    assert (rows[:, 8:] == -1).all()
    assert rows.shape[1] == 10


def test_the_last_column_of_results_marks_what_was_filled_in(detections):
    tracks = Tracks.from_detections(detections, np.array([1, 2, 1], np.int32))
    marked = replace(tracks, interpolated=np.array([False, True, False]))
    assert [line.split(",")[7:] for line in marked.to_mot_text().splitlines()] == [
        [label, "-1", mark] for label, mark in (("0", "-1"), ("3", "1"), ("0", "-1"))
    ]


def test_supervision_gets_the_ids(detections, monkeypatch):
    module = ModuleType("supervision")
    module.Detections = SimpleNamespace
    monkeypatch.setitem(sys.modules, "supervision", module)
    made = Tracks.from_detections(detections, np.array([1, 2, 1], np.int32)).in_frame(1).to_supervision()
    assert made.tracker_id.tolist() == [1, 2]
    assert made.class_id.tolist() == [0, 3]
    assert made.tracker_id.dtype == int


def test_what_is_saved_is_read_again(tmp_path):
    box = [[0, 0, 10, 20], [20.25, 0, 30, 20], [1, 0, 11, 20]]
    tracks = Tracks([1, 1, 2], box, [0.5, 0.25, 0.75], [0, 0, 0], [1, 7, 1], [False, False, True])
    path = tracks.save(tmp_path / "tracks.txt")
    assert [each.name for each in tmp_path.iterdir()] == ["tracks.txt"]
    again = Tracks.from_mot(path)
    assert again.to_mot_text() == path.read_text() == tracks.to_mot_text()
    assert again.interpolated.tolist() == [False, False, True]
    assert len(Tracks.from_mot(Tracks.empty().save(path))) == 0


def test_tracks_that_cannot_be_written_or_read_are_named(tmp_path):
    with pytest.raises(OutputError, match=r"cannot write .*nowhere/tracks.txt: No such file"):
        Tracks.empty().save(tmp_path / "nowhere" / "tracks.txt")
    with pytest.raises(InputError, match=r"cannot read .*none.txt"):
        Tracks.from_mot(tmp_path / "none.txt")
    (tmp_path / "det.txt").write_text("1,-1,10,20,30,60,0.9\n")
    with pytest.raises(FormatError, match=r"det.txt: id -1 is below 1: these are detections, not tracks"):
        Tracks.from_mot(tmp_path / "det.txt")


def test_one_track_and_the_lengths_of_all(detections):
    tracks = Tracks.from_detections(detections, np.array([4, 9, 4], np.int32))
    assert tracks.lengths == {4: 2, 9: 1}
    assert tracks.of(4).frame.tolist() == [1, 2]
    assert len(tracks.of(5)) == 0


def test_tracks_one_after_the_other():
    box = np.tile([0, 0, 10, 20], (4, 1)) + np.arange(4)[:, None]
    tracks = Tracks([1, 1, 2, 3], box, np.ones(4), np.zeros(4), [9, 4, 9, 9], [False, False, True, False])
    parts = dict(tracks.by_track())
    assert {track_id: part.frame.tolist() for track_id, part in parts.items()} == {4: [1], 9: [1, 2, 3]}
    assert parts[9].box[:, 0].tolist() == [0, 2, 3]
    assert isinstance(parts[9], Tracks)
    assert list(Tracks.empty().by_track()) == []


def test_the_table_is_written_as_csv(detections, tmp_path):
    tracks = Tracks.from_detections(detections, np.array([1, 2, 1], np.int32))
    path = tracks.to_csv(tmp_path / "a.csv", 30)
    lines = path.read_text().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("x_min,y_min,x_max,y_max,class_id,confidence,tracker_id,frame,time,class_name")
    assert lines[3].startswith("1.00,0.00,11.00,20.00,0,0.75,1,2,0.0333,,false,")
    with pytest.raises(OutputError, match="cannot write"):
        tracks.to_csv(tmp_path / "nowhere" / "a.csv")


def test_the_probability_of_links_is_the_ninth_column(tmp_path):
    box = np.tile([0, 0, 10, 20], (4, 1))
    ids, marks = [1, 1, 1, 1], [False, True, False, False]
    tracks = Tracks([1, 2, 3, 4], box, np.ones(4), np.zeros(4), ids, marks, [0.25, 0.25, 0.98764, np.nan])
    assert [line.split(",")[8:] for line in tracks.to_mot_text().splitlines()] == [
        ["0.2500", "-1"],
        ["0.2500", "1"],
        ["0.9876", "-1"],
        ["-1", "-1"],
    ]
    again = Tracks.from_mot(tracks.save(tmp_path / "tracks.txt"))
    assert again.link_probability == pytest.approx([0.25, 0.25, 0.9876, np.nan], nan_ok=True)
    assert again.to_mot_text() == tracks.to_mot_text()
    assert np.isnan(Tracks([1], box[:1], [1], [0], [1], [False]).link_probability).all()
    assert tracks[tracks.frame > 2].link_probability[0] == np.float32(0.98764)


def test_world_coordinates_are_no_probabilities(tmp_path):
    (tmp_path / "gt.txt").write_text("1,1,10,20,30,60,1,-3.5,0.5,0\n2,1,10,20,30,60,1,-3.5,2.5,0\n")
    assert np.isnan(Tracks.from_mot(tmp_path / "gt.txt").link_probability).all()
    (tmp_path / "gt9.txt").write_text("1,1,10,20,30,60,1,1,0.5\n")
    assert np.isnan(Tracks.from_mot(tmp_path / "gt9.txt").link_probability).all()


def test_classes_are_saved_and_read_again(detections, tmp_path):
    tracks = Tracks.from_detections(detections, np.array([1, 2, 1], np.int32))
    assert Tracks.from_mot(tracks.save(tmp_path / "tracks.txt")).label.tolist() == [0, 3, 0]
    persons = tracks.with_label(np.zeros(3, np.int16))
    assert {line.split(",")[7] for line in persons.to_mot_text().splitlines()} == {"-1"}
    assert {line.split(",")[7] for line in persons.to_mot_text(ClassNames(["ant"])).splitlines()} == {"0"}
    for names in (None, ClassNames(["ant"])):
        assert Tracks.from_mot(persons.save(tmp_path / "tracks.txt", names)).label.tolist() == [0, 0, 0]
