import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from siamlink.detectors.base.errors import OutputError
from siamlink.tracker.drawing.video_writer import VideoWriter

FILL_THE_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from siamlink.detectors.base.errors import OutputError
from siamlink.tracker.drawing.video_writer import VideoWriter

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
noise = np.random.default_rng(0)
try:
    with VideoWriter(Path(sys.argv[1]), 25, (320, 240)) as video:
        for _ in range(40):
            video.write(noise.integers(0, 256, (240, 320, 3), np.uint8))
except OutputError as error:
    print(error)
"""


def plain(number: int, size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), (5 * number, 200 - 5 * number, 90), np.uint8)


@pytest.mark.parametrize("size", [(64, 48), (65, 47), (64, 47), (1, 1)])
def test_a_browser_can_play_it(size: tuple[int, int], tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, 25, size) as video:
        for number in range(30):
            video.write(plain(number, size))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.frames) == ("h264", "yuv420p", 30)
        assert (stream.width, stream.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
        assert container.duration / av.time_base == pytest.approx(30 / 25)
        for number, frame in enumerate(container.decode(stream)):
            image = frame.to_ndarray(format="bgr24").astype(int)
            assert np.abs(image - plain(number, (stream.width, stream.height))).max() <= 8
            assert frame.time == pytest.approx(number / 25)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("rate", "exact"),
    [
        (30000 / 1001, Fraction(30000, 1001)),
        (29.97, Fraction(2997, 100)),
        (7.0, Fraction(7)),
        (0.5, Fraction(1, 2)),
        (120.0, Fraction(120)),
    ],
)
def test_frame_rates_are_exact(rate: float, exact: Fraction, tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", rate, (32, 32)) as video:
        for number in range(10):
            video.write(plain(number, (32, 32)))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.streams.video[0].average_rate == exact


def test_the_video_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_text("an earlier result")
    with VideoWriter(path, 25, (32, 32)) as video:
        video.write(plain(0, (32, 32)))
        assert path.read_text() == "an earlier result"
        assert sorted(file.name for file in tmp_path.iterdir()) == [".out.partial.mp4", "out.mp4"]
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_leaves_nothing_behind(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_text("an earlier result")
    with pytest.raises(error), VideoWriter(path, 25, (32, 32)) as video:  # noqa: PT012
        video.write(plain(0, (32, 32)))
        raise error
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_text() == "an earlier result"


def test_an_unwritable_place_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder, why in (("absent", "No such file or directory"), ("file", "Not a directory")):
        path = tmp_path / folder / "out.mp4"
        with pytest.raises(OutputError, match=rf"cannot write {path}: {why}"), VideoWriter(path, 25, (32, 32)):
            pytest.fail("the writer opened")
    (tmp_path / "taken.mp4").mkdir()
    taken = VideoWriter(tmp_path / "taken.mp4", 25, (32, 32))
    with pytest.raises(OutputError, match=r"cannot write .*taken\.mp4: Is a directory"), taken as video:
        video.write(plain(0, (32, 32)))
    assert sorted(file.name for file in tmp_path.iterdir()) == ["file", "taken.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("limit", [0, 20_000, 500_000])
def test_a_full_disk_is_one_clear_line(limit: int, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.touch()
    command = [sys.executable, "-c", FILL_THE_DISK, path, str(limit)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_bytes() == b""


def test_images_of_another_size_are_refused(tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", 25, (32, 32))
    with pytest.raises(OutputError, match=r"an image of 64x32 does not fit into .*out\.mp4, which is 32x32"), writer:
        writer.write(plain(0, (64, 32)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("growing", [True, False])
def test_a_video_without_images_is_refused(growing: bool, tmp_path: Path) -> None:
    writer = VideoWriter(tmp_path / "out.mp4", 25, (32, 32), growing)
    with pytest.raises(OutputError, match=r"there was no image for .*out\.mp4"), writer:
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_growing_video_can_be_played_meanwhile_and_outlives_an_exception(tmp_path: Path) -> None:
    path, partial = tmp_path / "out.mp4", tmp_path / "out.partial.mp4"
    with pytest.raises(KeyboardInterrupt), VideoWriter(path, 25, (64, 48), growing=True) as video:  # noqa: PT012
        for number in range(1, 111):
            video.write(plain(number % 40, (64, 48)), number)
        with av.open(str(partial)) as container:
            meanwhile = sum(1 for _ in container.decode(video=0))
        raise KeyboardInterrupt
    assert 50 <= meanwhile <= 110
    assert [file.name for file in tmp_path.iterdir()] == ["out.partial.mp4"]
    with av.open(str(partial)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 110


@pytest.mark.parametrize("growing", [True, False])
def test_time_goes_on_where_frames_are_missing(growing: bool, tmp_path: Path) -> None:
    numbers = [1, 2, 3, 90, 91, 200]
    with VideoWriter(tmp_path / "out.mp4", 25, (64, 48), growing) as video:
        for number in numbers:
            video.write(plain(number % 40, (64, 48)), number)
    assert [file.name for file in tmp_path.iterdir()] == ["out.mp4"]
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert [round(frame.time * 25) + 1 for frame in container.decode(video=0)] == numbers
