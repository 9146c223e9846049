"""An interrupted `siamlink track` goes on with --resume; its results are those of one that was not interrupted."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

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


def looks() -> int:
    """How often the detector has looked."""
    return len(Path("looked.txt").read_text())


def results(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = INTERRUPT.results(Path(folder))
    return found


@pytest.mark.parametrize(
    "options",
    [(), ("--mode", "online"), ("--mode", "windowed", "--set", "latency_seconds=0.2")],
    ids=["offline", "online", "windowed"],
)
def test_a_run_goes_on_where_it_was_interrupted(interruptible: Run, options: tuple[str, ...]) -> None:
    assert interruptible("track", "walk.mp4", "-o", "whole", *SEES, *options).code == 0
    Path("looked.txt").unlink()
    Path("stop.txt").write_text("9")
    arguments = ("track", "walk.mp4", "-o", "out", *SEES, *options)
    done = interruptible(*arguments)
    assert done.code == 130
    lines = done.err.splitlines()
    assert lines[-1] == "siamlink: interrupted"
    assert "walk, detections by mine.py:Sees: kept of 9 frames; --resume goes on from there" in lines
    if "--mode" in options:
        partial = Path("out/walk.partial.txt").read_text()
        assert len(partial) > 100
        assert Path("whole/walk.txt").read_text().startswith(partial)
        assert "walk: the tracks of the frames that were final are in out/walk.partial.txt" in lines
    assert not list(Path("out").glob("walk.[tjm]*[!l]"))
    done = interruptible(*arguments, "--resume")
    assert (done.code, "walk: known already: detections of 9 frames" in done.err) == (0, True)
    assert results("out") == results("whole")
    assert looks() == LAST


def test_without_resume_a_run_starts_afresh(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES).code == 130
    done = interruptible("track", "walk.mp4", "-o", "out", *SEES)
    assert (done.code, done.err) == (0, "")
    assert looks() == 9 + LAST
    assert sorted(results("out")) == ["walk.json", "walk.mp4", "walk.txt"]


def test_where_there_is_nothing_to_resume_it_says_so(siamlink: Run) -> None:
    done = siamlink("track", "walk.mp4", "-o", "out", *SEES, "--resume")
    assert (done.code, done.line) == (0, "walk: there is nothing to resume; it starts afresh")


def test_what_belongs_to_another_detector_or_video_is_not_used(interruptible: Run, here: Path) -> None:
    Path("stop.txt").write_text("9")
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES).code == 130
    other = "what is kept is of another input, detector or appearance; it starts afresh"
    Path("stop.txt").write_text("12")
    done = interruptible("track", "walk.mp4", "-o", "out", "--detector", "mine.py:SeesToo", "--resume")
    assert (done.code, other in done.err) == (130, True)
    (here / "walk.mp4").write_bytes((here / "walk.mp4").read_bytes() + b"\0")
    done = interruptible("track", "walk.mp4", "-o", "out", *SEES, "--resume")
    assert (done.code, other in done.err) == (0, True)
    assert looks() == 12 + LAST


def test_a_detector_that_does_not_say_what_it_depends_on_looks_again(siamlink: Run) -> None:
    done = siamlink("track", "walk.mp4", "-o", "out", "--detector", "mine.py:Walkers", "--resume")
    assert done.code == 0
    assert "walk: detector 'mine.py:Walkers' has no fingerprint, so it looks at every frame again" in done.err


def test_finished_sources_stay_as_they_are(interruptible: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    assert interruptible("track", "walk.mp4", "again.mp4", "-o", "whole", *SEES).code == 0
    Path("looked.txt").unlink()
    Path("stop.txt").write_text(str(LAST + 9))
    arguments = ("track", "walk.mp4", "again.mp4", "-o", "out", *SEES)
    assert interruptible(*arguments).code == 130
    before = Path("out/walk.mp4").stat()
    done = interruptible(*arguments, "--resume")
    assert (done.code, "walk: finished before; its results stay" in done.err) == (0, True)
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["again", "results"]
    assert Path("out/walk.mp4").stat() == before
    assert results("out") == results("whole")
    assert looks() == 2 * LAST


def test_sources_that_were_finished_by_other_settings_are_tracked_again(interruptible: Run, here: Path) -> None:
    (here / "again.mp4").write_bytes((here / "walk.mp4").read_bytes())
    Path("stop.txt").write_text(str(LAST + 9))
    arguments = ("track", "walk.mp4", "again.mp4", "-o", "out", *SEES)
    assert interruptible(*arguments).code == 130
    done = interruptible(*arguments, "--set", "min_detections=5", "--resume")
    assert (done.code, "finished before" in done.err) == (0, False)
    assert {record["config"]["min_detections"] for name, record in results("out").items() if "json" in name} == {5}


def test_results_that_were_being_put_in_place_are_replaced(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    arguments = ("track", "walk.mp4", "-o", "out", *SEES)
    assert interruptible(*arguments).code == 130
    Path("out/walk.json").write_text("{")
    refused = interruptible(*arguments)
    assert (refused.code, refused.line) == (2, "siamlink: out/walk.json exists; --overwrite replaces it")
    assert interruptible(*arguments, "--resume").code == 0
    assert len(results("out")["walk.json"]["config"]) > 5


def test_what_a_killed_process_left_half_written_goes(interruptible: Run) -> None:
    Path("stop.txt").write_text("9")
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES).code == 130
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for process_id in (ended.pid, os.getppid()):
        Path(f"out/.siamlink-{process_id}-abc").mkdir()
    assert interruptible("track", "walk.mp4", "-o", "out", *SEES, "--resume").code == 0
    assert [path.name for path in Path("out").glob(".*")] == [f".siamlink-{os.getppid()}-abc"]


@pytest.mark.parametrize("option", [("--resume",), ("--cache", "kept")])
def test_a_live_source_is_refused(siamlink: Run, stream: str, option: tuple[str, ...]) -> None:
    done = siamlink("track", stream, "-o", "out", "--mode", "online", *SEES, *option)
    assert done.code == 2
    assert done.line == "siamlink: gate is live, and what is past is past: --resume and --cache are for files"


def test_processes_of_their_own_are_interrupted_and_resumed(interruptible: Run, here: Path) -> None:
    for name in ("one", "two"):
        (here / f"{name}.mp4").write_bytes((here / "walk.mp4").read_bytes())
    (here / "slow.py").write_text(
        "import time\nfrom mine import Sees\n\nclass Slow(Sees):\n    def detect(self, image):\n"
        "        time.sleep(0.1)\n        return super().detect(image)\n"
    )
    arguments = ["track", "one.mp4", "two.mp4", "--no-video", "--set", "appearance=none", "--detector", "slow.py:Slow"]
    program = "from siamlink.tools.cli import main; main()"
    command = [sys.executable, "-c", program, *arguments, "-o", "out", "--jobs", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 120
        while len(list(here.glob("out/.*.kept/*.seen"))) < 2 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        stderr = process.communicate(timeout=120)[1]
    assert process.returncode == 143
    assert sorted(line.split(",")[0] for line in stderr.splitlines()) == ["one", "two"]
    assert interruptible(*arguments, "-o", "out", "--resume").code == 0
    assert looks() <= 2 * LAST + 2
    assert interruptible(*arguments, "-o", "whole").code == 0
    assert results("out") == results("whole")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
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
