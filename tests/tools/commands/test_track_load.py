"""The command `siamlink track` under load: many detections, many sources, full and read-only disks, other runs."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.text import format_rows, read_rows

pytestmark = pytest.mark.slow
Run = Callable[..., Any]
Make = Callable[..., Path]
Check = Callable[..., Any]
Disk = Callable[[int], Path]
PROGRAM = "from siamlink.tools.cli import main; main()"

TROUBLE = '''
import os, pathlib, time
import numpy as np
from mine import Walkers

class Vanishes(Walkers):
    def detect(self, image):
        if self.seen == 9:
            for path in pathlib.Path().glob("gone*"):
                path.unlink()
        return super().detect(image)

class Hangs(Walkers):
    def detect(self, image):
        if self.seen == 9:
            time.sleep(3600)
        return super().detect(image)

class Leaks(Walkers):
    kept = []

    def detect(self, image):
        self.kept.append(np.empty(1 << 26))
        return super().detect(image)

class Meets(Walkers):
    """Another run of the same source meanwhile."""

    def detect(self, image):
        if self.seen == 9:
            pathlib.Path("out/walk.json").write_text("of the other run")
        return super().detect(image)
'''


@pytest.fixture
def trouble(here: Path) -> None:
    (here / "trouble.py").write_text(TROUBLE)


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Mounts a disk of so many bytes."""
    made: list[Path] = []

    def mount(size: int) -> Path:
        folder = tmp_path_factory.mktemp("disk")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
        if done.returncode:
            pytest.skip("no right to mount a disk here")
        made.append(folder)
        return folder

    try:
        yield mount
    finally:
        for folder in made:
            subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize(("mode", "reported"), [("offline", 0.8), ("windowed", 0.8), ("online", 0.1)])
def test_a_thousand_detections_a_frame(siamlink: Run, sequence: Make, mode: str, reported: float) -> None:
    frames, side = 8, 32
    column, row = (each.reshape(-1) * 30.0 for each in np.mgrid[0:side, 0:side])
    moved = np.arange(frames)[:, None] + column
    corner = np.stack([moved, np.broadcast_to(row, moved.shape)], axis=-1).reshape(-1, 2)
    frame = np.repeat(np.arange(1, frames + 1), side * side)
    crowd = Detections(frame, np.hstack([corner, corner + (10, 20)]), np.ones(len(frame)), np.zeros(len(frame)))
    folder = sequence("SEQ", None, format_rows(crowd), f"[Sequence]\nframeRate=30\nseqLength={frames}\n")
    assert siamlink("track", folder, "-o", "out", "--mode", mode, "--set", "levels=1").code == 0
    rows = read_rows(Path("out/SEQ.txt"), unique_ids=True)
    lines = np.unique(np.column_stack([rows[:, 1], rows[:, 3].round(), (rows[:, 2] - rows[:, 0]).round()]), axis=0)
    assert len(rows) > reported * len(crowd)
    assert len(lines) == len(np.unique(rows[:, 1])) == side * side, "each track is one person who goes right"


def test_very_many_frames_without_a_detection(siamlink: Run, sequence: Make) -> None:
    folder = sequence("SEQ", None, "", "[Sequence]\nframeRate=30\nseqLength=10000\n")
    for mode in ("offline", "windowed"):
        done = siamlink("track", folder, "-o", mode, "--mode", mode, "--set", "latency_seconds=600")
        assert done.code == 0
        assert "SEQ: no detections, so there are no tracks" in done.err
        assert Path(mode, "SEQ.txt").read_text() == ""
        assert json.loads(Path(mode, "SEQ.json").read_text())["input"]["frames"] == 10_000


def test_two_hundred_sequences_in_one_call(siamlink: Run, sequence: Make, check_two_tracks: Check) -> None:
    for number in range(200):
        sequence(f"{number:03d}", None)
    before = threading.active_count()
    done = siamlink("track", "sequences", "-o", "out", "--set", "levels=1")
    assert done.code == 0
    assert len(done.out.splitlines()) == 2 + 200 + 1
    assert len(list(Path("out").iterdir())) == 400
    check_two_tracks("out", "199")
    assert threading.active_count() <= before


def test_another_run_that_was_first_is_not_overwritten(siamlink: Run, trouble: None, check_two_tracks: Check) -> None:
    Path("out").mkdir()
    done = siamlink("track", "walk.mp4", "-o", "out", "--detector", "trouble.py:Meets")
    assert done.code == 2
    assert done.line == "siamlink: walk: another run has written out/walk.json meanwhile; --overwrite replaces it"
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == {"walk.json": "of the other run"}
    assert siamlink("track", "walk.mp4", "-o", "out", "--detector", "trouble.py:Meets", "--overwrite").code == 0
    check_two_tracks("out", "walk")


def test_two_runs_at_once_into_one_folder_leave_the_results_of_one(here: Path, check_two_tracks: Check) -> None:
    command = [sys.executable, "-c", PROGRAM, "track", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers"]
    runs = [
        subprocess.Popen([*command, "--set", f"min_detections={least}"], stderr=subprocess.PIPE, text=True)
        for least in (3, 4)
    ]
    said = [run.communicate(timeout=120)[1] for run in runs]
    codes = [run.returncode for run in runs]
    assert sorted(codes) == [0, 2], said
    line = said[codes.index(2)]
    assert line.startswith("siamlink: ")
    assert line.endswith("--overwrite replaces it\n")
    assert sorted(path.name for path in here.glob("out/*")) == ["walk.json", "walk.mp4", "walk.txt"]
    record = check_two_tracks("out", "walk")
    assert record["config"]["min_detections"] == (3, 4)[codes.index(0)]
    assert list(here.rglob(".*")) == []


def test_a_disk_that_is_full_from_the_start(siamlink: Run, disk: Disk) -> None:
    folder = disk(1 << 16)
    with pytest.raises(OSError, match="No space"):
        (folder / "filler").write_bytes(bytes(1 << 20))
    done = siamlink("track", "walk.mp4", "-o", folder / "out", "--detector", "mine.py:Walkers")
    assert (done.code, done.out) == (2, "")
    assert done.line == f"siamlink: walk: cannot write {folder / 'out' / 'walk.txt'}: No space left on device"
    assert [path.name for path in folder.iterdir()] == ["filler"]


def test_a_disk_with_room_for_the_tracks_alone(siamlink: Run, disk: Disk, check_two_tracks: Check) -> None:
    folder = disk(1 << 14)
    done = siamlink("track", "walk.mp4", "-o", folder, "--detector", "mine.py:Walkers")
    assert done.code == 2
    assert done.line.endswith(f"No space left on device; the tracks are in {folder / 'walk.txt'}")
    assert sorted(path.name for path in folder.iterdir()) == ["walk.json", "walk.txt"]
    check_two_tracks(folder, "walk")


@pytest.mark.parametrize("command", [("track", "-o", "{}"), ("track", "-o", "{}/new"), ("detect", "-o", "{}/det.txt")])
def test_a_read_only_disk_is_an_error_before_the_work(siamlink: Run, disk: Disk, command: tuple[str, ...]) -> None:
    folder = disk(1 << 20)
    subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
    Path("unasked.py").write_text("def find(image):\n    raise AssertionError('asked')\n")
    options = [each.format(folder) for each in command[1:]]
    done = siamlink(command[0], "walk.mp4", *options, "--detector", "unasked.py:find")
    assert (done.code, done.out) == (2, "")
    assert done.line.startswith(f"siamlink: cannot write {folder}")
    assert list(folder.iterdir()) == []


def test_images_that_vanish_while_they_are_read(siamlink: Run, here: Path, images: Path, trouble: None) -> None:
    for path in sorted(images.iterdir(), key=lambda path: int(path.stem.removeprefix("frame")))[15:]:
        path.rename(here / f"gone{path.name}")
        path.symlink_to(here / f"gone{path.name}")
    done = siamlink("track", "pictures", "-o", "out", "--detector", "trouble.py:Vanishes", "--frame-rate", "30")
    assert done.code == 3
    assert done.line == (
        "pictures: frame 16: cannot read the image pictures/frame16.png: No such file or directory; "
        "the results end there"
    )
    assert read_rows(Path("out/pictures.txt"))[:, 0].max() == 15


def test_a_video_that_vanishes_before_it_is_drawn(
    siamlink: Run, here: Path, trouble: None, check_two_tracks: Check
) -> None:
    (here / "walk.mp4").rename(here / "gone.mp4")
    done = siamlink("track", "gone.mp4", "-o", "out", "--detector", "trouble.py:Vanishes")
    assert done.code == 2
    assert done.line == "siamlink: gone: no such file or folder: gone.mp4; the tracks are in out/gone.txt"
    assert sorted(path.name for path in Path("out").iterdir()) == ["gone.json", "gone.txt"]
    check_two_tracks("out", "gone")


def test_a_hanging_detector_costs_its_source_alone_and_the_program_ends(
    here: Path, trouble: None, sequence: Make
) -> None:
    limited = "import os; os.environ['SIAMLINK_DETECTOR_SECONDS'] = '0.5'; " + PROGRAM
    command = [sys.executable, "-c", limited, "track", str(sequence("SEQ")), "walk.mp4", "-o", "out"]
    done = subprocess.run(
        [*command, "--detector", "trouble.py:Hangs"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(" 0.5 s")[0] for line in lines] == [
        f"siamlink: {name}: detector 'trouble.py:Hangs' took longer than" for name in ("SEQ", "walk")
    ]
    assert not Path("out").exists()


def test_a_detector_that_leaks_is_named_when_the_memory_is_full(here: Path, trouble: None) -> None:
    resource = pytest.importorskip("resource")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30)); " + PROGRAM
    assert resource.getrlimit(resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY
    command = [sys.executable, "-c", limited, "track", "walk.mp4", "-o", "out", "--detector", "trouble.py:Leaks"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert line.startswith("siamlink: walk: detector 'trouble.py:Leaks' failed in frame ")
    assert "MemoryError" in line
    assert not Path("out").exists()
