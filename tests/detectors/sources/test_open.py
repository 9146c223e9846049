from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.detectors.sources.open import live_title, open_sequence_frames, open_source

Make = Callable[..., Path]


@pytest.fixture
def sequence(tmp_path: Path, paint: Callable[..., np.ndarray]) -> Path:
    """A MOT sequence of twelve images at 7 frames per second."""
    folder = tmp_path / "SEQ-1"
    (folder / "img1").mkdir(parents=True)
    for number in range(1, 13):
        cv2.imwrite(str(folder / "img1" / f"{number:06d}.png"), paint(number))
    promise(folder, 12)
    return folder


def promise(folder: Path, count: int) -> None:
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nname={folder.name}\nframeRate=7\nseqLength={count}\n")


def test_a_sequence_opens_by_folder_by_images_and_as_an_object(sequence: Path, read_number, monkeypatch) -> None:
    monkeypatch.chdir(sequence)
    for source in (sequence, str(sequence), sequence / "img1", Path("img1"), ".", open_sequence(sequence)):
        frames = open_source(source)
        assert (frames.name, frames.frame_rate, frames.frame_count, frames.size) == ("SEQ-1", 7.0, 12, (128, 96))
        assert [read_number(frame.image) for frame in frames] == list(range(1, 13))
        assert [frame.seconds for frame in frames] == pytest.approx([k / 7 for k in range(12)])
        assert frames.broken is None


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("0", "camera 0"),
        ("rtsp://user:secret@host/gate?key=1", "stream gate"),
        ("walk.mp4", None),
        (Path("0"), None),
    ],
)
def test_a_camera_or_stream_has_a_title_before_it_is_opened(source: str | Path, title: str | None) -> None:
    assert live_title(source) == title


def test_a_url_of_no_stream_has_no_title() -> None:
    with pytest.raises(InputError, match="streams are read by http"):
        live_title("file://gate")


def test_a_sequence_with_a_video_in_place_of_images(make_video: Make, tmp_path: Path) -> None:
    folder = tmp_path / "SEQ-2"
    folder.mkdir()
    make_video("SEQ-2/SEQ-2.mp4", 15)
    promise(folder, 15)
    frames = open_source(folder)
    assert [frame.seconds for frame in frames] == pytest.approx([k / 7 for k in range(15)])
    assert (frames.name, frames.frame_rate, frames.read_count, frames.broken) == ("SEQ-2", 7.0, 15, None)


def test_fewer_frames_than_seqinfo_specifies_are_a_broken_end(sequence: Path, make_video: Make) -> None:
    promise(sequence, 20)
    frames = open_source(sequence)
    assert len(list(frames)) == 12
    assert (frames.frame_count, frames.broken) == (20, "ends after 12 of 20 frames")


def test_a_sequence_without_frames_has_none_to_open(tmp_path: Path) -> None:
    (tmp_path / "SEQ" / "det").mkdir(parents=True)
    assert open_sequence_frames(open_sequence(tmp_path / "SEQ")) is None
    for source in (tmp_path / "SEQ", open_sequence(tmp_path / "SEQ")):
        with pytest.raises(InputError, match=r"no images in .*SEQ: expected .* or a MOT sequence with img1/"):
            open_source(source)


def test_files_and_folders_open_by_their_kind(make_video: Make, sequence: Path, tmp_path: Path) -> None:
    video = open_source(str(make_video("my walk.mp4", 5)))
    assert (video.name, video.frame_rate, len(list(video))) == ("my walk", 25.0, 5)
    images = open_source((sequence / "img1").rename(tmp_path / "pictures"))
    assert (images.name, images.frame_rate, len(list(images))) == ("pictures", 30.0, 12)
    with pytest.raises(InputError, match="no such file or folder: absent"):
        open_source("absent")


def test_numbers_are_cameras_and_urls_are_streams() -> None:
    with pytest.raises(InputError, match="camera 97"):
        open_source("97")
    with pytest.raises(InputError, match=r"cannot open the stream http://127\.0\.0\.1:9/a\.mp4: Connection refused"):
        open_source("http://127.0.0.1:9/a.mp4")


def test_a_frame_rate_of_the_caller_has_priority(sequence: Path, make_video: Make) -> None:
    for source in (sequence, sequence / "img1", make_video("a.mp4", 3)):
        frames = open_source(source, frame_rate=50.0)
        assert frames.frame_rate == 50.0
        assert next(frame.seconds for frame in frames if frame.number == 3) == pytest.approx(0.04)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_frame_rate_must_be_above_zero(rate: float, sequence: Path) -> None:
    with pytest.raises(ConfigError, match="frame rate must be a number above 0"):
        open_source(sequence, rate)
    with pytest.raises(ConfigError, match="frame rate must be a number above 0"):
        open_sequence_frames(open_sequence(sequence), rate)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count", "rate", "size"),
    [("PETS09-S2L1", 795, 7.0, (768, 576)), ("TUD-Campus", 71, 25.0, (640, 480)), ("KITTI-17", 145, 10.0, (1224, 370))],
)
def test_real_sequences_are_read_to_their_end(data: Path, name: str, count: int, rate: float, size: tuple) -> None:
    frames = open_source(data / name)
    assert (frames.name, frames.frame_count, frames.frame_rate, frames.size) == (name, count, rate, size)
    assert sum(1 for _ in frames) == count
    assert frames.broken is None
