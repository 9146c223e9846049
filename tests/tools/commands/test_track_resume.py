"""`siamlink track --resume` continues an interrupted run; the results are those of a run that was not interrupted."""

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from siamlink.tools.console.files import MACHINE
from siamlink.tracker.cache.record_store import DATABASE, RecordDatabase
from siamlink.tracker.tracks import Tracks

SPEC = importlib.util.spec_from_file_location("interrupt", Path(__file__).parent / "interrupt.py")
assert SPEC is not None
assert SPEC.loader is not None
INTERRUPT = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(INTERRUPT)

Run = Callable[..., Any]
Make = Callable[..., Path]
SEES = ("--detector", "mine.py:Sees")
LAST = 24
"""The number of the last frame of the walkers."""


def detected() -> int:
    """In how many frames the detector was run."""
    return len(Path("looked.txt").read_text()) if Path("looked.txt").exists() else 0


def recorded_sources() -> int:
    """How many sources have recorded frames in the folder `out`."""
    count = 0
    for folder in Path("out").glob(".*.resume"):
        with RecordDatabase(folder) as database:
            count += any(entry.frames for entry in database.entries())
    return count


def results(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = INTERRUPT.results(Path(folder))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [(), ("--mode", "online"), ("--mode", "windowed", "--set", "latency_seconds=0.2")],
    ids=["offline", "online", "windowed"],
)
def test_a_run_continues_where_it_was_interrupted(interruptible: Run, options: tuple[str, ...]) -> None:
    assert interruptible("track", "walk.mp4", "-o", "whole", *SEES, *options).code == 0
    Path("looked.txt").unlink()
    Path("stop.txt").write_text("9")
    arguments = ("track", "walk.mp4", "-o", "out", *SEES, *options, "--resume")
    done = interruptible(*arguments)
    assert done.code == 130
    lines = done.err.splitlines()
    assert lines[-2:] == ["the same command continues from what is recorded", "siamlink: interrupted"]
    assert "walk, detections by mine.py:Sees: 9 frames are recorded" in lines
    check_final_tracks(lines, options)
    assert not list(Path("out").glob("walk.[tjm]*[!l]"))
    done = interruptible(*arguments)
    assert (done.code, "walk: from the cache: detections of 9 frames" in done.err) == (0, True)
    assert results("out") == results("whole")
    assert detected() == LAST


def check_final_tracks(lines: list[str], options: tuple[str, ...]) -> None:
    """Check that an interrupted run has left the final tracks, unless it was offline; links may be found later."""
    if "--mode" in options:
        partial, whole = (Tracks.from_mot(f"{name}.txt") for name in ("out/walk.partial", "whole/walk"))
        assert len(partial) > 4
        assert partial.box.tolist() == whole.box[: len(partial)].tolist()
        assert partial.track_id.tolist() == whole.track_id[: len(partial)].tolist()
        assert "walk: the tracks that are final are in out/walk.partial.txt" in lines


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--mode", "online")], ids=["offline", "online"])
def test_a_plain_run_computes_no_digest_and_records_nothing(
    siamlink: Run, here: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    (here / "lists.py").write_text(
        "from pathlib import Path\nfrom mine import Sees\n\nclass Lists(Sees):\n    def detect(self, image):\n"
        "        with Path('files.txt').open('a') as files:\n"
        "            files.writelines(f'{path}\\n' for path in Path().rglob('*'))\n"
        "        return super().detect(image)\n"
    )
    arguments = ("track", "walk.mp4", "--detector", "lists.py:Lists", *options)
    assert siamlink(*arguments, "-o", "recorded", "--resume", "--cache", "cached").code == 0
    assert f"cached/{DATABASE}" in Path("files.txt").read_text()
    shutil.rmtree("cached")
    Path("files.txt").unlink()

    opened: list[str] = []

    def digest(file: Any, kind: str) -> Any:
        opened.append(Path(file.name).name)
        return hashlib.new(kind, file.read())

    def refuse(*_: object) -> None:
        raise AssertionError("this is for --resume and --cache only")

    monkeypatch.setattr("hashlib.file_digest", digest)
    for name in ("sqlite3.connect", "siamlink.tracker.cache.frame_cache.file_digest"):
        monkeypatch.setattr(name, refuse)
    done = siamlink(*arguments, "-o", "plain")
    assert (done.code, done.err) == (0, "")
    assert results("plain") == results("recorded")
    assert "walk.mp4" not in opened, "only the weights of networks have digests"
    made = {
        Path(line).relative_to("plain").parts[0] for line in Path("files.txt").read_text().split() if "plain/" in line
    }
    assert len(made) == 1, "the folder that becomes the results, and no other file"
    assert made.pop().startswith(".siamlink-")
    assert not Path("cached").exists()


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--mode", "online")], ids=["offline", "online"])
def test_a_plain_run_that_is_interrupted_names_resume_and_leaves_no_records(
    siamlink: Run, options: tuple[str, ...]
) -> None:
    assert siamlink("track", "walk.mp4", "-o", "whole", *SEES, *options).code == 0
    Path("looked.txt").unlink()
    for _ in range(2):
        Path("stop.txt").write_text("9")
        Path("looked.txt").unlink(missing_ok=True)
        done = siamlink("track", "walk.mp4", "-o", "out", *SEES, *options)
        lines = done.err.splitlines()
        assert done.code == 130
        expected = ["start with --resume to be able to continue after an interruption", "siamlink: interrupted"]
        assert lines[-2:] == expected
        check_final_tracks(lines, options)
        assert len(lines) == 2 + len(list(Path().glob("out/*")))
    assert siamlink("track", "walk.mp4", "-o", "out", *SEES, *options).code == 0
    assert detected() == 9 + LAST
    assert results("out") == results("whole")


def test_a_run_with_nothing_to_resume_is_reported(siamlink: Run) -> None:
    done = siamlink("track", "walk.mp4", "-o", "out", *SEES, "--resume")
    assert (done.code, done.line) == (0, "walk: no interrupted run found; starting from the first frame")


def test_records_of_another_detector_or_video_are_not_used(interruptible: Run, here: Path) -> None:
    Path("stop.txt").write_text("9")
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES, "--resume").code == 130
    other = "the records are of another input, detector or appearance; all frames are processed"
    Path("stop.txt").write_text("12")
    done = interruptible("track", "walk.mp4", "-o", "out", "--detector", "mine.py:SeesToo", "--resume")
    assert (done.code, other in done.err) == (130, True)
    (here / "walk.mp4").write_bytes((here / "walk.mp4").read_bytes() + b"\0")
    done = interruptible("track", "walk.mp4", "-o", "out", *SEES, "--resume")
    assert (done.code, other in done.err) == (0, True)
    assert detected() == 12 + LAST


def test_a_detector_without_a_fingerprint_is_run_again(siamlink: Run) -> None:
    done = siamlink("track", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers", "--resume")
    assert done.code == 0
    assert "walk: detector 'mine.py:Walkers' has no fingerprint, so its detections are not recorded" in done.err


def test_finished_sources_stay_as_they_are(interruptible: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    assert interruptible("track", "walk.mp4", "again.mp4", "-o", "whole", *SEES).code == 0
    Path("looked.txt").unlink()
    Path("stop.txt").write_text(str(LAST + 9))
    arguments = ("track", "walk.mp4", "again.mp4", "-o", "out", *SEES)
    assert interruptible(*arguments, "--resume").code == 130
    before = Path("out/walk.mp4").stat()
    done = interruptible(*arguments, "--resume")
    assert (done.code, "walk: finished before; its results stay" in done.err) == (0, True)
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["again", "results"]
    assert Path("out/walk.mp4").stat() == before
    assert results("out") == results("whole")
    assert detected() == 2 * LAST


def test_sources_that_were_finished_by_other_settings_are_tracked_again(interruptible: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    Path("stop.txt").write_text(str(LAST + 9))
    arguments = ("track", "walk.mp4", "again.mp4", "-o", "out", *SEES)
    assert interruptible(*arguments, "--resume").code == 130
    done = interruptible(*arguments, "--set", "min_detections=5", "--resume")
    assert (done.code, "finished before" in done.err) == (0, False)
    assert {record["config"]["min_detections"] for name, record in results("out").items() if "json" in name} == {5}


def test_results_that_were_being_put_in_place_are_replaced(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    arguments = ("track", "walk.mp4", "-o", "out", *SEES)
    assert interruptible(*arguments, "--resume").code == 130
    Path("out/walk.json").write_text("{")
    refused = interruptible(*arguments)
    assert (refused.code, refused.line) == (2, "siamlink: out/walk.json exists; --overwrite replaces it")
    assert interruptible(*arguments, "--resume").code == 0
    assert len(results("out")["walk.json"]["config"]) > 5


def test_half_written_files_of_a_killed_process_are_removed(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES, "--resume").code == 130
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for process_id in (ended.pid, os.getppid()):
        Path(f"out/.siamlink-{MACHINE}-{process_id}-abc").mkdir()
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES, "--resume").code == 0
    assert [path.name for path in Path("out").glob(".*")] == [f".siamlink-{MACHINE}-{os.getppid()}-abc"]


@pytest.mark.parametrize("option", [("--resume",), ("--cache", "cached")])
def test_a_live_source_is_refused(siamlink: Run, stream: str, option: tuple[str, ...]) -> None:
    done = siamlink("track", stream, "-o", "out", "--mode", "online", *SEES, *option)
    assert done.code == 2
    assert done.line == "siamlink: gate is live and cannot be read again: --resume and --cache are for files"


@pytest.mark.slow
@pytest.mark.alone
def test_processes_of_their_own_are_interrupted_and_resumed(interruptible: Run, here: Path) -> None:
    for name in ("one", "two"):
        (here / f"{name}.mp4").write_bytes((here / "walk.mp4").read_bytes())
    (here / "slow.py").write_text(
        "import time\nfrom mine import Sees\n\nclass Slow(Sees):\n    def detect(self, image):\n"
        "        time.sleep(0.1)\n        return super().detect(image)\n"
    )
    arguments = ["track", "one.mp4", "two.mp4", "--no-video", "--set", "appearance=none", "--detector", "slow.py:Slow"]
    program = "from siamlink.tools.cli import main; main()"
    command = [sys.executable, "-c", program, *arguments, "-o", "out", "--jobs", "2", "--resume"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while recorded_sources() < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=120)[1]
    assert process.returncode == 143
    told = [
        line.split(",")[0]
        for line in stderr.splitlines()
        if line.endswith(("frame is recorded", "frames are recorded"))
    ]
    assert sorted(told) == ["one", "two"]
    assert interruptible(*arguments, "-o", "out", "--resume").code == 0
    assert detected() <= 2 * LAST + 2
    assert interruptible(*arguments, "-o", "whole").code == 0
    assert results("out") == results("whole")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.slow
@pytest.mark.alone
def test_killed_at_random_moments_the_results_are_the_same(here: Path) -> None:
    random, kills = Random(0), []
    with INTERRUPT.programs(here / "output.txt") as runs:
        for options in (SEES, ("--detections", "det.txt", "--mode", "windowed", "--no-video")):
            arguments, folder = ["walk.mp4", *options], options[0][2:]
            start = time.monotonic()
            assert runs.run("track", *arguments, "-o", f"{folder}-whole") == 0, runs.output.read_text()
            seconds = time.monotonic() - start
            kills += INTERRUPT.track_through_kills(runs, [*arguments, "-o", folder], random, seconds)
            assert results(folder) == results(f"{folder}-whole")
    assert kills
