"""Images that are numbered by their names: the tracks are those of images numbered from 1, in other frames."""

import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing
from siamlink.tracker.drawing.render import render
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks
from siamlink.tracker.runs.track import track, track_input
from siamlink.tracker.tracks import Tracks

pytestmark = pytest.mark.slow
FRAMES, FIRST = 16, 60


@pytest.fixture(scope="module")
def scene():
    return crossing(frame_count=FRAMES)


@pytest.fixture(scope="module")
def folders(scene, tmp_path_factory) -> tuple[Path, Path]:
    """The images of the scene, numbered from 1 and from 60."""
    made = tmp_path_factory.mktemp("numbered")
    folders = made / "one", made / "sixty"
    for folder, first in zip(folders, (1, FIRST), strict=True):
        folder.mkdir()
        for number, (_, _, image) in enumerate(scene, first):
            assert cv2.imwrite(str(folder / f"{number:06d}.png"), image)
    return folders


class Oracle:
    """A detector that knows the scene's detections."""

    fingerprint = "knows the scene"

    def __init__(self, found: Detections) -> None:
        self.found, self.seen = found, 0

    def detect(self, image: np.ndarray) -> Detections:
        self.seen += 1
        return self.found.in_frame(self.seen)


@pytest.mark.parametrize("mode", ["offline", "windowed", "online"])
@pytest.mark.parametrize("detects", [True, False])
def test_tracks_are_the_same_in_other_frames(folders, scene, mode, detects) -> None:
    found, results = scene.detections(), []
    for folder, first in zip(folders, (1, FIRST), strict=True):
        given = {"detector": Oracle(found)} if detects else {"detections": found.later(first - 1)}
        results.append(track(folder, mode=mode, **given))
    one, sixty = results
    assert len(one.tracks) > FRAMES
    assert sixty.tracks.later(1 - FIRST).to_mot_text() == one.tracks.to_mot_text()
    assert sixty.tracks.frame.min() >= FIRST
    assert sixty.detections.frame.tolist() == (one.detections.frame + FIRST - 1).tolist()
    assert (sixty.first_frame, sixty.frame_count, one.first_frame) == (FIRST, FRAMES, 1)
    assert sixty.left_out.detections.frame.min(initial=FIRST) >= FIRST


def test_sinks_get_the_numbers_of_the_names(folders, scene) -> None:
    drawn: list[tuple[int, set[int]]] = []
    written: list[Tracks] = []

    def draw(frame, tracks) -> None:
        drawn.append((frame.number, set(tracks.frame.tolist())))

    def keep(tracks) -> str:
        written.append(tracks)
        return ""

    opened = open_input(folders[1], scene.detections().later(FIRST - 1))
    sinks = AppendTracks(lambda _: None, keep), DrawTracks(draw)
    options = TrackingOptions(TrackerParameters(mode="online"), sinks=sinks)
    result = track_input(opened, options)
    assert [number for number, _ in drawn] == list(range(FIRST, FIRST + FRAMES))
    assert all(frames <= {number} for number, frames in drawn)
    together = Tracks.concatenate(written)
    assert together.frame.tolist() == result.tracks.frame.tolist()
    assert together.track_id.tolist() == result.tracks.track_id.tolist()


def test_a_video_of_these_tracks_has_a_frame_for_each_image(folders, scene, tmp_path) -> None:
    result = track(folders[1], detections=scene.detections().later(FIRST - 1))
    path = render(result.tracks, folders[1], tmp_path / "tracks.mp4")
    capture = cv2.VideoCapture(str(path))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == FRAMES
    assert capture.get(cv2.CAP_PROP_FPS) == 30


def test_notes_are_warnings_in_python(folders, scene) -> None:
    with pytest.warns(UserWarning, match="images are counted from 1, as the detections are"):
        result = track(folders[1], detections=scene.detections())
    assert (result.first_frame, result.tracks.frame.min()) == (1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        track(folders[0], detections=scene.detections())
