"""Annotated videos of tracks that are known already."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError, OutputError
from siamlink.detectors.sources.open import open_source
from siamlink.tracker.drawing.annotate import track_colour
from siamlink.tracker.drawing.render import render
from siamlink.tracker.drawing.video_writer import VideoWriter
from siamlink.tracker.tracks import Tracks

FRAMES, SIZE, RATE = 12, (320, 240), 25


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "street.mp4"
    with VideoWriter(path, RATE, SIZE) as writer:
        for _ in range(FRAMES):
            writer.write(np.full((SIZE[1], SIZE[0], 3), 128, np.uint8))
    return path


def right_moving(last: int = FRAMES) -> Tracks:
    frame = np.arange(1, last + 1)
    box = np.column_stack([10 * frame, np.full(last, 60), 10 * frame + 60, np.full(last, 200)])
    return Tracks(frame, box, np.ones(last), np.zeros(last), np.full(last, 4), np.zeros(last, bool))


@pytest.mark.parametrize("kind", ["video", "folder", "arrays"])
def test_every_frame_shows_its_boxes(kind: str, video: Path, tmp_path: Path) -> None:
    source = video
    if kind == "folder":
        source = tmp_path / "frames"
        source.mkdir()
        for number in range(1, FRAMES + 1):
            cv2.imwrite(str(source / f"{number}.png"), np.full((SIZE[1], SIZE[0], 3), 128, np.uint8))
    if kind == "arrays":
        source = [np.full((SIZE[1], SIZE[0], 3), 128, np.uint8) for _ in range(FRAMES)]
    steps = []
    path = render(right_moving(), source, tmp_path / "out.mp4", RATE, progress=lambda *step: steps.append(step))
    assert path == tmp_path / "out.mp4"
    frames = list(open_source(path))
    assert (len(frames), open_source(path).frame_rate) == (FRAMES, RATE)
    assert steps[-1] == ("draw", FRAMES, FRAMES)
    for frame in frames:
        edge = frame.image[100:160, 10 * frame.number - 1 : 10 * frame.number + 2].astype(int)
        assert np.abs(edge - track_colour(4)).sum(axis=2).min(axis=1).max() < 120, "the colour of track 4"
    if kind == "arrays":
        assert all((image == 128).all() for image in source), "the given images stay as they are"


def test_a_video_that_ends_before_its_tracks_is_another_one(video: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"street is not the whole video of these tracks, which go on to frame 20: "):
        render(right_moving(20), video, tmp_path / "out.mp4")
    assert [each.name for each in tmp_path.iterdir()] == ["street.mp4"]


def test_the_video_itself_is_never_replaced(video: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is the video itself and is not replaced"):
        render(right_moving(), video, video)
    with pytest.raises(OutputError, match="there is no folder"):
        render(right_moving(), video, tmp_path / "nowhere" / "out.mp4")
    with pytest.raises(InputError, match="camera 0 cannot be read again"):
        render(right_moving(), "0", tmp_path / "out.mp4")
    with pytest.raises(InputError, match=r"none\.mp4"):
        render(right_moving(), tmp_path / "none.mp4", tmp_path / "out.mp4")
