from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources import video_file
from siamlink.detectors.sources.video_file import VideoFile

Make = Callable[..., Path]
FORMATS = [
    ("a.mp4", {}),
    ("a.mp4", {"container_options": {"movflags": "frag_keyframe+empty_moov"}}),
    ("a.mkv", {}),
    ("a.avi", {"codec": "mpeg4"}),
    ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ("a.ts", {}),
    ("a.mpg", {"codec": "mpeg2video"}),
    ("a.webm", {"codec": "libvpx-vp9", "deadline": "realtime", "cpu-used": "8"}),
]


def images_of(path: Path) -> list[np.ndarray]:
    return [frame.image for frame in VideoFile(path)]


def remux(source: Path, target: Path, shift_seconds: float = 0.0, keep: Callable[[int], bool] = lambda k: True) -> Path:
    """Copy the packets of a video that `keep` selects, with shifted time stamps."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        shift = round(shift_seconds / stream.time_base)
        for index, packet in enumerate(old.demux(stream)):
            if packet.dts is not None and keep(index):
                packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, copy
                new.mux(packet)
    return target


@pytest.mark.parametrize(("name", "how"), FORMATS)
def test_every_frame_comes_once_with_its_number_and_time(name: str, how: dict, make_video: Make, read_number) -> None:
    source = VideoFile(make_video(name, 30, **how))
    frames = list(source)
    assert [frame.number for frame in frames] == list(range(1, 31))
    assert [read_number(frame.image) for frame in frames] == list(range(1, 31))
    assert [frame.seconds for frame in frames] == pytest.approx([k / 25 for k in range(30)], abs=1e-3)
    assert (source.name, source.frame_rate, source.size, source.live) == ("a", 25.0, (128, 96), False)
    assert source.broken is None
    assert source.read_count == 30
    assert all(frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous for frame in frames)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_frame_count_is_known_before_reading(name: str, make_video: Make) -> None:
    assert VideoFile(make_video(name, 37, codec="mpeg4")).frame_count == 37


def test_a_second_iteration_starts_again(make_video: Make, read_number) -> None:
    source = VideoFile(make_video("a.mp4", 12))
    for frame in source:
        if frame.number == 5:
            break
    assert source.read_count == 5
    assert [read_number(frame.image) for frame in source] == list(range(1, 13))


def test_a_given_frame_rate_replaces_rate_and_time_stamps(make_video: Make) -> None:
    source = VideoFile(make_video("a.mp4", 5), frame_rate=10.0)
    assert source.frame_rate == 10.0
    assert [frame.seconds for frame in source] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_variable_time_stamps_are_kept(make_video: Make) -> None:
    times = [100, 110, 600, 640, 2640, 2680]
    source = VideoFile(make_video("a.mkv", 6, times=times))
    assert [frame.seconds for frame in source] == pytest.approx([(time - 100) / 1000 for time in times], abs=1e-3)
    assert source.broken is None


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mkv", "ffv1", "bgr0"),
        ("a.mov", "qtrle", "argb"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.mp4", "libx264", "yuv444p"),
    ],
)
def test_odd_sizes_and_other_pixel_formats_become_bgr(name: str, codec: str, pix_fmt: str, make_video: Make) -> None:
    picture = np.zeros((47, 65, 3), np.uint8)
    picture[:] = (20, 90, 200)
    source = VideoFile(make_video(name, [picture] * 3, codec=codec, pix_fmt=pix_fmt))
    assert source.size == (65, 47)
    for frame in source:
        assert frame.image.shape == (47, 65, 3)
        assert np.abs(frame.image.astype(int) - picture).mean() <= 3


@pytest.mark.parametrize("pix_fmt", ["gray", "gray16le"])
def test_grey_becomes_bgr(pix_fmt: str, make_video: Make) -> None:
    picture = np.full((48, 64, 3), 120, np.uint8)
    image = images_of(make_video("a.mkv", [picture], codec="ffv1", pix_fmt=pix_fmt))[0]
    assert image.shape == (48, 64, 3)
    assert np.abs(image.astype(int) - 120).max() <= 2


@pytest.mark.parametrize(
    ("degrees", "size", "corner"), [(90, (48, 64), (-1, 0)), (270, (48, 64), (0, -1)), (180, (64, 48), (-1, -1))]
)
def test_a_phone_video_is_rotated_upright(degrees: int, size: tuple, corner: tuple, make_video: Make) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255
    path = make_video("a.mp4", [picture] * 3, setup=lambda _, stream: stream.set_display_rotation(degrees))
    source = VideoFile(path)
    assert source.size == size
    for frame in source:
        assert frame.image[corner].min() > 240
        assert [int(frame.image[place].min() > 127) for place in ((0, 0), (0, -1), (-1, 0), (-1, -1))].count(1) == 1


def test_a_video_with_a_trimmed_start_is_whole(make_video: Make, tmp_path: Path, read_number) -> None:
    trimmed = remux(make_video("a.mp4", 50), tmp_path / "b.mp4", shift_seconds=-0.8)
    source = VideoFile(trimmed)
    assert [read_number(frame.image) for frame in source] == list(range(21, 51))
    assert (source.broken, source.frame_count) == (None, 30)


@pytest.mark.parametrize("name", ["b.avi", "b.mkv", "b.mp4"])
def test_a_video_with_dropped_frames_is_whole(name: str, make_video: Make, tmp_path: Path) -> None:
    full = make_video("a.avi", 50, codec="mjpeg", pix_fmt="yuvj420p")
    source = VideoFile(remux(full, tmp_path / name, keep=lambda index: index % 5 != 3))
    assert len(list(source)) == 40
    assert source.broken is None


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.avi"])
def test_a_longer_sound_track_breaks_nothing(name: str, make_video: Make) -> None:
    def add_sound(container, stream) -> None:
        sound = container.add_stream("pcm_s16le" if name != "a.mp4" else "aac", rate=8000)
        for index in range(50):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            samples.rate, samples.pts = 8000, index * 800
            container.mux(sound.encode(samples))
        container.mux(sound.encode())

    source = VideoFile(make_video(name, 30, codec="mpeg4", setup=add_sound))
    assert len(list(source)) == 30
    assert source.broken is None


def test_a_recording_that_starts_between_key_frames_starts_at_the_next(make_video: Make, read_number) -> None:
    path = make_video("a.ts", 60, g="12")
    data = path.read_bytes()
    path.write_bytes(data[len(data) // 3 // 188 * 188 :])
    source = VideoFile(path)
    numbers = [read_number(frame.image) for frame in source]
    assert numbers == list(range(numbers[0], 61))
    assert 12 < numbers[0] < 40
    assert source.broken is None


def test_joined_transport_streams_are_whole(make_video: Make, read_number) -> None:
    path = make_video("a.ts", 20)
    path.write_bytes(path.read_bytes() * 2)
    source = VideoFile(path)
    assert [read_number(frame.image) for frame in source] == [*range(1, 21), *range(1, 21)]
    assert source.broken is None


def test_no_frame_is_decoded_before_it_is_needed(make_video: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path, decoded = make_video("a.mp4", 5), []
    original = video_file.decode
    monkeypatch.setattr(video_file, "decode", lambda *given: decoded.append(1) or original(*given))
    source = VideoFile(path)
    assert (source.frame_count, source.frame_rate, decoded) == (5, 25.0, [])
    assert (source.size, source.size, decoded) == ((128, 96), (128, 96), [1])


def test_an_unknown_codec_is_named(make_video: Make) -> None:
    path = make_video("a.mp4", 5)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzq"))
    with pytest.raises(InputError, match=r"a\.mp4 holds video of a codec that FFmpeg does not know"):
        VideoFile(path)


def test_file_names_that_look_like_urls_or_patterns_are_files(make_video: Make, tmp_path: Path) -> None:
    path = make_video("a.mp4", 3).rename(tmp_path / "a:b%03d#1.mp4")
    assert len(images_of(path)) == 3
