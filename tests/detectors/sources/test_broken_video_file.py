"""Video files that are cut off or damaged, and files that hold no video."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.video_file import VideoFile

Make = Callable[..., Path]


def cut(path: Path, part: float) -> Path:
    """Keep only the first part of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    return path


def blank(path: Path, start: float, stop: float) -> Path:
    """Overwrite a part of a file with zero bytes."""
    data = path.read_bytes()
    first, last = int(len(data) * start), int(len(data) * stop)
    path.write_bytes(data[:first] + bytes(last - first) + data[last:])
    return path


def images_of(path: Path) -> list[np.ndarray]:
    return [frame.image for frame in VideoFile(path)]


CUT = [
    ("a.mp4", {"container_options": {"movflags": "faststart"}}),
    ("a.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}, "g": "10"}),
    ("a.mkv", {}),
    ("a.webm", {"codec": "libvpx-vp9", "deadline": "realtime", "cpu-used": "8"}),
    ("a.avi", {"codec": "mpeg4"}),
    ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ("a.ts", {}),
    ("a.flv", {}),
]


@pytest.mark.parametrize(("name", "how"), CUT)
def test_a_cut_off_video_gives_its_intact_frames_and_is_marked_as_broken(
    name: str, how: dict, make_video: Make, capfd
) -> None:
    path = make_video(name, 100, **how)
    whole = images_of(path)
    source = VideoFile(cut(path, 0.5))
    frames = list(source)
    assert 20 < len(frames) < 80
    assert all(np.array_equal(frame.image, image) for frame, image in zip(frames, whole, strict=False))
    assert all(np.isfinite(frame.seconds) for frame in frames)
    assert source.read_count == len(frames)
    assert source.broken is not None
    assert "\n" not in source.broken
    assert str(len(frames)) in source.broken or str(len(frames) + 1) in source.broken
    assert capfd.readouterr() == ("", "")


UNCHECKED = ("mjpeg", "libvpx-vp9")  # these decoders show some damaged pictures without a word


@pytest.mark.parametrize(("name", "how"), [case for case in CUT if case[1].get("codec") not in UNCHECKED])
def test_decoding_stops_at_damage_in_the_middle(name: str, how: dict, make_video: Make, capfd) -> None:
    path = make_video(name, 100, **how)
    whole = images_of(path)
    source = VideoFile(blank(path, 0.5, 0.55))
    frames = list(source)
    assert 20 < len(frames) < 80
    assert all(np.array_equal(frame.image, image) for frame, image in zip(frames, whole, strict=False))
    assert source.broken is not None
    assert source.broken.startswith(f"decoding broke at frame {len(frames) + 1}: ")
    assert capfd.readouterr() == ("", "")


SKIPPING = [
    ("a.mkv", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ("a.mkv", {"g": "10"}),
    ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ("a.flv", {"g": "10"}),
    ("a.ts", {"g": "10"}),
]


@pytest.mark.parametrize(("name", "how"), SKIPPING)
def test_no_frame_number_shifts_where_a_reader_skips_damage(
    name: str, how: dict, make_video: Make, read_number
) -> None:
    path = make_video(name, 60, **how)
    data = path.read_bytes()
    for start in (0.3, 0.45, 0.6):
        path.write_bytes(data)
        source = VideoFile(blank(path, start, start + 0.13))
        numbers = [read_number(frame.image) for frame in source]
        assert len(numbers) > 5
        # the last picture before the damage may be damaged itself, which some decoders do not say
        assert numbers[:-1] == list(range(1, len(numbers)))
        assert source.broken is not None
        assert source.broken.startswith(f"decoding broke at frame {len(numbers) + 1}: ")


def test_a_change_of_size_ends_the_video(make_video: Make, paint) -> None:
    path = make_video("a.ts", [paint(k) for k in range(10)])
    other = make_video("b.ts", [paint(k, (64, 48)) for k in range(10)])
    path.write_bytes(path.read_bytes() + other.read_bytes())
    source = VideoFile(path)
    assert len(list(source)) == 10
    assert source.broken == "the picture size changes from 128x96 to 64x48 at frame 11"


def test_missing_and_empty_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such file or folder: .*absent\.mp4"):
        VideoFile(tmp_path / "absent.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(InputError, match=r"empty\.mp4 is empty \(0 bytes\)"):
        VideoFile(tmp_path / "empty.mp4")
    with pytest.raises(InputError, match=r"cannot read .*: Not a directory"):
        VideoFile(tmp_path / "empty.mp4" / "a.mp4")


@pytest.mark.parametrize("name", ["a.mp4", "a.txt"])
def test_a_text_file_is_not_a_video(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("frames to come\nlater\n" * 20)
    with pytest.raises(InputError, match=r"is not a video; it holds text: 'frames to come'"):
        VideoFile(tmp_path / name)


@pytest.mark.parametrize("data", [bytes(5000), b"\n\n", bytes(range(256)) * 20])
def test_random_bytes_are_not_a_video(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.mp4 is not a video"):
        VideoFile(tmp_path / "a.mp4")


def test_a_video_without_its_index_is_an_error(make_video: Make) -> None:
    with pytest.raises(InputError, match=r"cut off or damaged: its index \(moov\) cannot be read"):
        VideoFile(cut(make_video("a.mp4", 50), 0.7))


def test_a_sound_file_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
        samples.rate = 8000
        container.mux(stream.encode(samples))
        container.mux(stream.encode())
    with pytest.raises(InputError, match=r"a\.wav has no video stream, only audio"):
        VideoFile(path)


def test_a_cover_picture_is_not_a_video(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        sound = container.add_stream("aac", rate=8000)
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        samples.rate = 8000
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")))
        container.mux(sound.encode(samples))
        container.mux(sound.encode())
    with pytest.raises(InputError, match=r"a\.m4a has no video stream, only audio"):
        VideoFile(path)


def test_a_time_base_is_not_a_frame_rate(make_video: Make) -> None:
    source = VideoFile(make_video("a.mkv", 5, rate=90000))
    assert source.frame_rate == 30.0


def test_a_video_without_frames_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    with pytest.raises(InputError, match=r"a\.avi has no frames"):
        VideoFile(path).check()


def test_a_video_of_damaged_frames_only_is_an_error(make_video: Make) -> None:
    path = make_video("a.mkv", 30)
    with av.open(str(path)) as container:
        start = min(packet.pos for packet in container.demux(video=0) if packet.size)
    source = VideoFile(blank(path, (start + 8) / path.stat().st_size, 1.0))
    for use in (source.check, lambda: source.size, lambda: next(iter(source))):
        with pytest.raises(InputError, match=r"no frame of .*a\.mkv can be decoded: "):
            use()
