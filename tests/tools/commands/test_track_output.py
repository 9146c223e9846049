"""The command `siamlink track` loses nothing: earlier results, the input, the tracks when the disk is full."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
Run = Callable[..., Any]
Make = Callable[..., Path]
Check = Callable[..., Any]
PROGRAM = "from siamlink.tools.cli import main; main()"
LAST = 24
"""The number of the last frame of the walkers."""


def test_existing_results_are_kept_unless_overwritten(
    siamlink: Run, here: Path, check_two_tracks: Check, video_facts: Check
) -> None:
    for name in ("walk.txt", "walk.json", "walk.mp4"):
        folder = here / name.replace(".", "_")
        folder.mkdir()
        (folder / name).write_text("earlier")
        result = siamlink("track", "walk.mp4", "-o", folder, "--detector", "mine.py:Walkers")
        assert result.code == 2
        assert result.line == f"siamlink: {folder / name} exists; --overwrite replaces it"
        assert [path.read_text() for path in folder.iterdir()] == ["earlier"]
        again = siamlink("track", "walk.mp4", "-o", folder, "--detector", "mine.py:Walkers", "--overwrite")
        assert again.code == 0
        check_two_tracks(folder, "walk")
        assert video_facts(folder / "walk.mp4")[3] == LAST


def test_new_tracks_never_lie_beside_an_old_video(siamlink: Run, sequence: Make, check_two_tracks: Check) -> None:
    folder = sequence("SEQ")
    Path("out").mkdir()
    Path("out/SEQ.mp4").write_text("earlier")
    result = siamlink("track", folder, "-o", "out", "--no-video")
    assert (result.code, result.line) == (2, "siamlink: out/SEQ.mp4 exists; --overwrite replaces it")
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == {"SEQ.mp4": "earlier"}
    assert siamlink("track", folder, "-o", "out", "--no-video", "--overwrite").code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["SEQ.json", "SEQ.txt"]
    check_two_tracks("out", "SEQ")


def test_an_old_video_stays_when_tracking_fails(siamlink: Run) -> None:
    Path("out").mkdir()
    Path("out/walk.mp4").write_text("earlier")
    options = ("-o", "out", "--no-video", "--overwrite", "--detector", "mine.py:Fails")
    assert siamlink("track", "walk.mp4", *options).code == 2
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == {"walk.mp4": "earlier"}


def test_the_input_is_no_old_video(siamlink: Run, here: Path, sequence: Make) -> None:
    before = (here / "walk.mp4").read_bytes()
    for name, options in (("A", ["--no-video"]), ("B", ["--no-video", "--overwrite"])):
        assert siamlink("track", "walk.mp4", "-o", ".", "--detector", "mine.py:Walkers", *options).code == 0
        assert (here / "walk.mp4").read_bytes() == before
        folder = sequence(name)
        assert siamlink("track", folder, "-o", folder, *options).code == 0
        assert (folder / f"{name}.mp4").read_bytes() == before


def test_what_is_there_does_not_keep_the_rest_from_being_tracked(
    siamlink: Run, sequence: Make, check_two_tracks: Check
) -> None:
    sequence("A", None)
    sequence("B", None)
    Path("out").mkdir()
    Path("out/A.txt").write_text("earlier")
    result = siamlink("track", "sequences", "-o", "out")
    assert result.code == 2
    assert "out/A.txt exists" in result.err
    assert Path("out/A.txt").read_text() == "earlier"
    check_two_tracks("out", "B")


def test_the_input_is_never_overwritten(siamlink: Run, here: Path, sequence: Make) -> None:
    before = (here / "walk.mp4").read_bytes()
    result = siamlink("track", "walk.mp4", "-o", ".", "--detector", "motion", "--overwrite")
    assert result.line == "siamlink: walk.mp4 is the input and is not replaced; write somewhere else"
    folder = sequence("SEQ")
    result = siamlink("track", folder, "-o", folder, "--overwrite")
    assert "SEQ.mp4 is the input and is not replaced" in result.line
    (here / "walk.txt").write_text(Path("det.txt").read_text())
    result = siamlink("track", "walk.mp4", "--detections", "walk.txt", "-o", ".", "--no-video", "--overwrite")
    assert "walk.txt is the input and is not replaced" in result.line
    assert (here / "walk.mp4").read_bytes() == before == (folder / "SEQ.mp4").read_bytes()
    assert (here / "walk.txt").read_text() == Path("det.txt").read_text()


def test_two_sources_of_one_name_are_refused_before_any_work(
    siamlink: Run, here: Path, walk_bytes: dict[str, bytes]
) -> None:
    (here / "walk.mkv").write_bytes(walk_bytes[".mkv"])
    result = siamlink("track", "walk.mp4", "walk.mkv", "-o", "out", "--detector", "motion", "--overwrite")
    assert result.code == 2
    both = "siamlink: walk.mp4 and walk.mkv would both write walk.txt: track them into different folders"
    assert result.line == both
    assert not Path("out").exists()


def test_one_detection_file_belongs_to_one_source(siamlink: Run, sequence: Make) -> None:
    sequence("A", None)
    result = siamlink("track", "sequences", "walk.mp4", "-o", "out", "--detections", "det.txt")
    assert result.line == "siamlink: --detections det.txt belongs to one source, but 2 are given"


@pytest.mark.parametrize("output", ["det.txt", "det.txt/out"])
def test_an_output_folder_that_cannot_be_made(siamlink: Run, output: str) -> None:
    before = Path("det.txt").read_text()
    result = siamlink("track", "walk.mp4", "-o", output, "--detector", "motion")
    assert result.code == 2
    assert result.line.startswith("siamlink: ")
    assert output in result.line
    assert Path("det.txt").read_text() == before


@pytest.mark.parametrize("output", ["new", "new/deep"])
def test_no_folder_is_left_behind_when_nothing_is_written(siamlink: Run, output: str) -> None:
    result = siamlink("track", "walk.mp4", "-o", output, "--detector", "nosuch")
    assert result.code == 2
    assert "there is no detector 'nosuch'" in result.line
    assert not Path("new").exists()


LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)); " + PROGRAM
"""The program on a disk that takes the tracks but not the video."""


def track_on_a_full_disk(*options: str) -> str:
    pytest.importorskip("resource")
    command = [sys.executable, "-c", LIMITED, "track", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    return line


def test_a_full_disk_costs_the_video_and_not_the_tracks(here: Path, check_two_tracks: Check) -> None:
    line = track_on_a_full_disk()
    assert line.startswith("siamlink: walk: cannot write out/walk.mp4: ")
    assert line.endswith("; the tracks are in out/walk.txt")
    assert sorted(path.name for path in Path("out").iterdir()) == ["walk.json", "walk.txt"]
    check_two_tracks("out", "walk")


def test_a_full_disk_leaves_earlier_results_whole(here: Path) -> None:
    Path("out").mkdir()
    earlier = {name: f"earlier {name}" for name in ("walk.txt", "walk.json", "walk.mp4")}
    for name, text in earlier.items():
        Path("out", name).write_text(text)
    assert track_on_a_full_disk("--overwrite").startswith("siamlink: walk: cannot write out/walk.mp4: ")
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == earlier


def test_ctrl_c_leaves_earlier_results_and_no_temporary_files(siamlink: Run, here: Path) -> None:
    Path("out").mkdir()
    Path("out/walk.txt").write_text("earlier")
    result = siamlink("track", "walk.mp4", "-o", "out", "--detector", "mine.py:Interrupted", "--overwrite")
    assert (result.code, result.out) == (130, "")
    note = "start with --resume to be able to continue after an interruption"
    assert result.err.splitlines() == [note, "siamlink: interrupted"]
    assert {path.name: path.read_text() for path in Path("out").iterdir()} == {"walk.txt": "earlier"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_running_program_is_interrupted_cleanly(here: Path, number: signal.Signals, code: int) -> None:
    body = ("pathlib.Path('started').touch()", "time.sleep(0.2)", "return []")
    Path("slow.py").write_text("\n    ".join(["import pathlib, time\ndef slow(image):", *body]))
    command = [sys.executable, "-c", PROGRAM, "track", "walk.mp4", "-o", "out", "--detector", "slow.py:slow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not Path("started").exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (code, "")
    note = "start with --resume to be able to continue after an interruption\n"
    assert stderr == note + ("siamlink: interrupted\n" if number == signal.SIGINT else "")
    assert not Path("out").exists()
