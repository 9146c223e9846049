import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.result import Counts, TrackingResult
from siamlink.tracker.tracks import Tracks


@pytest.fixture
def result() -> TrackingResult:
    tracks = Tracks([1], [[0, 0, 10, 20]], [0.5], [0], [1], [False])
    return TrackingResult("street", tracks, Detections.empty(), Counts(), None, 1, None, {})


def test_tracks_are_saved_under_the_name_of_the_source(result, tmp_path):
    path = result.save(tmp_path / "new" / "results")
    assert path == tmp_path / "new" / "results" / "street.txt"
    assert path.read_text() == result.tracks.to_mot_text()


def test_a_folder_that_cannot_be_made_is_named(result, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"cannot make .*file/results: "):
        result.save(tmp_path / "file" / "results")
