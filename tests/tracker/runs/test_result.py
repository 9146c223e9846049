from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError, OutputError
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detections import Detections
from siamlink.detectors.sources.open import open_source
from siamlink.tracker.drawing.video_writer import VideoWriter
from siamlink.tracker.runs.result import Counts, TrackingResult
from siamlink.tracker.tracks import Tracks

BOXES = [[0, 0, 10, 20], [50, 0, 60, 20], [2, 0, 12, 20], [4, 0, 14, 20]]


@pytest.fixture
def result() -> TrackingResult:
    tracks = Tracks(
        [1, 1, 2, 3], BOXES, [0.5, 0.9, 0.5, 0.5], [0, 2, 0, 0], [1, 2, 1, 1], [0, 0, 1, 0], row=[1, 0, -1, 0]
    )
    given = Detections([1, 1, 3], [[49, 0, 60, 20], [0, 1, 10, 20], [4, 2, 14, 20]], [0.9, 0.5, 0.5], [2, 0, 0])
    counts = Counts(detections=3, tracks=2, boxes=4, interpolated=1)
    names = ClassNames({0: "person", 2: "<car>"})
    return TrackingResult("street", tracks, given, counts, None, 3, None, {}, class_names=names, frame_rate=10)


def test_tracks_are_saved_under_the_name_of_the_source(result, tmp_path) -> None:
    path = result.save(tmp_path / "new" / "results")
    assert path == tmp_path / "new" / "results" / "street.txt"
    assert path.read_text() == result.tracks.to_mot_text(result.class_names)


def test_a_folder_that_cannot_be_made_is_named(result, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot make .*file/results: "):
        result.save(tmp_path / "file" / "results")


def test_boxes_are_given_by_track_and_by_frame(result) -> None:
    assert result.of(1).frame.tolist() == [1, 2, 3]
    assert {number: boxes.track_id.tolist() for number, boxes in result.by_frame()} == {1: [1, 2], 2: [1], 3: [1]}
    assert {track_id: len(boxes) for track_id, boxes in result.by_track()} == {1: 3, 2: 1}


def test_detected_boxes_can_be_had_as_the_detector_gave_them(result) -> None:
    raw = result.unsmoothed()
    assert raw.box.tolist() == [[0, 1, 10, 20], [49, 0, 60, 20], [2, 0, 12, 20], [4, 2, 14, 20]]
    assert raw.track_id.tolist() == result.tracks.track_id.tolist()


def test_tables_know_the_times_and_the_names_of_classes(result, tmp_path) -> None:
    pytest.importorskip("pandas")
    frame = result.to_dataframe()
    assert frame.time.tolist() == [0, 0, 0.1, 0.2]
    assert frame.class_name.tolist() == ["person", "<car>", "person", "person"]
    lines = result.to_csv(tmp_path / "out.csv").read_text().splitlines()
    assert lines[3] == "2.00,0.00,12.00,20.00,0,0.5,1,2,0.1000,person,true,,false"


def test_the_summary_counts_what_is_asked_for(result) -> None:
    summary = result.summary(lines=["gate=3,0,3,40"], zones=["1,0,20,0,20,30,1,30"], anchor="centre")
    assert [(each.track_id, each.speed_pixels) for each in summary.tracks] == [(1, 20), (2, None)]
    assert summary.line_counts("gate") == (0, 0), "its centre begins at x = 5, beyond the line"
    assert [(each.track_id, each.first_frame, each.last_frame) for each in summary.visits] == [(1, 1, 3)]
    with pytest.raises(ConfigError, match="a line is"):
        result.summary(lines=["gate"])


def test_it_is_shown_in_one_line_and_as_a_table_in_notebooks(result) -> None:
    assert repr(result) == "TrackingResult('street': 2 tracks, 4 boxes, 3 frames)"
    html = result._repr_html_()
    assert html.count("<tr>") == 3
    assert "<car>" not in html
    assert "&lt;car&gt;" in html
    assert "TrackingResult(&#x27;street&#x27;" in html
    assert result.tracks._repr_html_().count("<tr>") == 5


def test_it_is_drawn_on_its_video(result, tmp_path: Path) -> None:
    video = tmp_path / "street.mp4"
    with VideoWriter(video, 30, (64, 48)) as writer:
        for _ in range(3):
            writer.write(np.zeros((48, 64, 3), np.uint8))
    drawn = open_source(result.render(video, tmp_path / "drawn.mp4", progress=True))
    assert drawn.frame_rate == 10, "that of the result, which may have been corrected"
    assert [frame.image.max() > 100 for frame in drawn] == [True] * 3
    with pytest.raises(InputError, match=r"nothing\.mp4"):
        result.render(tmp_path / "nothing.mp4", tmp_path / "drawn.mp4")


def test_the_names_of_classes_are_saved_beside_the_tracks(result, tmp_path) -> None:
    path = result.save(tmp_path)
    assert ClassNames.beside(path) == result.class_names
    assert {line.split(",")[7] for line in path.read_text().splitlines()} == {"0", "2"}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["street.classes.txt", "street.txt"]
