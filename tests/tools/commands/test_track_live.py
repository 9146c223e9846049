"""The command `siamlink track` on a live stream."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from siamlink.detectors.formats.mot_text import INTERPOLATED, MARK_COLUMN
from siamlink.detectors.mot.text import read_rows

pytestmark = [pytest.mark.slow, pytest.mark.alone]
Run = Callable[..., Any]
Check = Callable[..., Any]
MODES = [
    pytest.param(("--mode", "online", "--set", "matching=learned"), id="online"),
    pytest.param(("--mode", "windowed", "--set", "latency_seconds=0.5", "--set", "levels=1"), id="windowed"),
]
PROGRAM = "from siamlink.tools.cli import main; main()"
LAST = 24
"""The number of the last frame of the walkers."""
UNDECIDED = 12
"""Boxes of the two walkers that online tracking does not report yet, until it is sure of them."""
RATE, SIZE = 25, (320, 120)
DETECTS = '''
import signal
import numpy as np

class Sees:
    """Finds the two coloured walkers."""

    def detect(self, image):
        blue, green, red = (image[..., channel].astype(int) for channel in range(3))
        found = []
        for walker in (red - blue > 100, blue - red > 100):
            y, x = np.nonzero(walker)
            if len(x):
                found.append([x.min(), y.min(), x.max() + 1, y.max() + 1, 0.9])
        return np.array(found).reshape(-1, 5)
'''


def walkers(number: int) -> np.ndarray:
    """A red walker goes right above, a blue one left below, a pixel a frame."""
    image = np.full((SIZE[1], SIZE[0], 3), 100, np.uint8)
    image[20:60, 20 + number : 34 + number] = (20, 20, 230)
    image[70:110, 290 - number : 304 - number] = (230, 20, 20)
    return image


@pytest.fixture
def show(network_camera: Any, here: Path) -> Callable[[int, int], Iterable[bytes]]:
    """Frames of walkers, from one number to another, of a camera; `detects.py` has a detector that finds them."""
    (here / "detects.py").write_text(DETECTS)
    return lambda first, last: network_camera.parts(walkers(number) for number in range(first, last + 1))


def check_walkers(path: Path) -> np.ndarray:
    """Checks that the walkers are where they were seen in the frame of each row; returns the rows."""
    rows = read_rows(path, unique_ids=True)
    left = np.where(rows[:, 3] < 65, 20 + rows[:, 0], 290 - rows[:, 0])
    seen = rows[:, MARK_COLUMN] != INTERPOLATED
    assert rows[seen, 2] == pytest.approx(left[seen], abs=3)
    return rows


@pytest.mark.parametrize("mode", MODES)
def test_a_live_stream_is_drawn_while_it_is_tracked(
    siamlink: Run, stream: str, check_two_tracks: Check, video_facts: Check, mode: tuple[str, ...]
) -> None:
    result = siamlink("track", stream, "-o", "out", *mode, "--detector", "mine.py:Walkers")
    assert result.code == 0, result.err
    assert result.line == "gate is live: Ctrl-C ends it; until then the results are in out/gate.partial.txt"
    record = check_two_tracks("out", "gate", missing=UNDECIDED)
    assert video_facts("out/gate.mp4") == ("h264", "yuv420p", (160, 120), LAST)
    assert record["input"]["source"] == "gate"
    assert "secret" not in json.dumps(record)
    assert "hidden" not in json.dumps(record)


@pytest.mark.parametrize("mode", MODES)
def test_ctrl_c_ends_a_live_stream_and_keeps_everything(
    siamlink: Run, stream: str, check_two_tracks: Check, video_facts: Check, mode: tuple[str, ...]
) -> None:
    result = siamlink("track", stream, "-o", "out", *mode, "--detector", "mine.py:Interrupted")
    assert result.code == 0
    check_two_tracks("out", "gate", 10, UNDECIDED)
    assert video_facts("out/gate.mp4")[3] == 10
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("mode", MODES)
def test_a_live_stream_outlives_its_detector(
    siamlink: Run, stream: str, check_two_tracks: Check, video_facts: Check, mode: tuple[str, ...]
) -> None:
    result = siamlink("track", stream, "-o", "out", *mode, "--detector", "mine.py:Fails")
    assert result.code == 3
    assert "failed in frame 10: RuntimeError: out of memory" in result.err.splitlines()[-1]
    check_two_tracks("out", "gate", 9, UNDECIDED)
    assert video_facts("out/gate.mp4")[3] == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--detections", "det.txt", "--mode", "online"), "gate is live: its detections come from a detector"),
        (("walk.mp4", "--detector", "motion", "--mode", "online"), "gate is live: track it alone"),
    ],
)
def test_what_does_not_go_with_a_live_stream(
    siamlink: Run, stream: str, arguments: tuple[str, ...], message: str
) -> None:
    result = siamlink("track", stream, *arguments, "-o", "out")
    assert result.code == 2
    assert result.line.startswith(f"siamlink: {message}")
    assert not Path("out").exists()


def test_a_live_stream_is_not_tracked_offline(siamlink: Run, network_camera: Any, show: Run) -> None:
    with network_camera(lambda: show(1, 15)) as camera:
        result = siamlink("track", camera.url, "--detector", "detects.py:Sees", "-o", "out")
    assert result.code == 2
    assert result.line == "siamlink: stream gate needs --mode online or --mode windowed"
    assert not Path("out").exists()


@pytest.mark.parametrize("mode", MODES)
def test_ids_and_numbers_survive_a_short_gap(
    siamlink: Run, network_camera: Any, show: Run, still_clock: Any, mode: tuple[str, ...]
) -> None:
    def back() -> Iterator[bytes]:
        first = 15 + round(still_clock.now * RATE)
        yield from show(first, first + 14)

    def over() -> None:
        if camera.calls > 2:
            if not told.is_set():  # a second signal would end the program
                told.set()
                signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
            time.sleep(0.1)  # the main thread takes the signal meanwhile

    told = threading.Event()
    still_clock.on_sleep = over
    with network_camera(lambda: show(1, 15), back) as camera:
        result = siamlink("track", camera.url, "-o", "out", *mode, "--detector", "detects.py:Sees")
    assert result.code == 0, result.err
    record = json.loads(Path("out/gate.json").read_text())
    gap, away = record["live"]["gaps"]
    rows = check_walkers(Path("out/gate.txt"))
    last = gap["before"] + 14
    assert (gap["after"], record["input"]["frames"], record["live"]["dropped"]) == (15, last, 0)
    assert rows[:, 0].max() == last
    assert len({(track, top < 65) for track, top in rows[:, [1, 3]].tolist()}) == 2, "ids stay with the walkers"
    assert gap["before"] - 15 == round(gap["seconds"] * RATE) > 10
    assert (away["after"], away["before"]) == (last, None)
    assert f"gate: without frames 2 times, {gap['seconds'] + away['seconds']:.1f} seconds in all" in result.err
    with av.open("out/gate.mp4") as video:
        times = [round(frame.time * RATE) + 1 for frame in video.decode(video=0)]
    assert times == [*range(1, 16), *range(gap["before"], last + 1)], "the video keeps time, too"
    assert "secret" not in json.dumps(record) + result.err
    assert "hidden" not in json.dumps(record) + result.err


def test_a_stream_that_stays_away_ends_the_run_as_broken(
    siamlink: Run, network_camera: Any, show: Run, still_clock: Any
) -> None:
    with network_camera(lambda: show(1, 15)) as camera:
        options = ("--mode", "online", "--detector", "detects.py:Sees", "--patience", 60)
        result = siamlink("track", camera.url, "-o", "out", *options)
    assert result.code == 3
    broken = "lost after frame 15 and not back within 60 seconds: Input/output error"
    assert f"gate: {broken}; the results end there" in result.err
    assert json.loads(Path("out/gate.json").read_text())["input"]["broken"] == broken
    assert check_walkers(Path("out/gate.txt"))[:, 0].max() == 15
    assert camera.calls > 3
    assert sorted(path.name for path in Path("out").iterdir()) == ["gate.json", "gate.mp4", "gate.txt"]


@pytest.mark.usefixtures("still_clock")
def test_frames_that_arrive_too_fast_are_dropped_and_noted(siamlink: Run, network_camera: Any, show: Run) -> None:
    slow = "import time\nfrom detects import Sees\nclass Slow(Sees):\n    def detect(self, image):\n"
    Path("slow.py").write_text(slow + "        time.sleep(0.02)\n        return super().detect(image)\n")
    with network_camera(lambda: show(1, 100)) as camera:
        options = ("--mode", "online", "--detector", "slow.py:Slow", "--patience", 0.1, "--no-video")
        result = siamlink("track", camera.url, "-o", "out", *options)
    record = json.loads(Path("out/gate.json").read_text())
    dropped = record["live"]["dropped"]
    assert dropped > 0
    assert f"gate: dropped {dropped} of 100 frames, which arrived too fast" in result.err
    assert record["input"]["frames"] == 100
    assert check_walkers(Path("out/gate.txt"))[:, 0].max() == 100


def test_a_killed_run_leaves_what_was_final(network_camera: Any, show: Run) -> None:
    def images() -> Iterator[bytes]:
        for number in count(1):  # whose length is known: it is read as fast as it is tracked
            yield from show(number % 80, number % 80)

    def final_frames() -> int:
        lines = text.read_text().splitlines() if text.exists() else []
        return len({line.split(",")[0] for line in lines})

    text = Path("out/gate.partial.txt")
    options = ["-o", "out", "--mode", "online", "--detector", "detects.py:Sees", "--set", "appearance=none"]
    with network_camera(images, length=10**9) as camera:
        command = [sys.executable, "-c", PROGRAM, "track", camera.url, *options]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            told = process.stderr.readline()
            deadline = time.monotonic() + 120
            while final_frames() < 100 and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            process.kill()
    assert told == "gate is live: Ctrl-C ends it; until then the results are in out/gate.partial.txt\n"
    assert len(set(read_rows(text, unique_ids=True)[:, 0])) == final_frames() >= 100
    with av.open("out/gate.partial.mp4") as video:
        shown = sum(1 for _ in video.decode(video=0))
    assert shown >= 100 - 2 * RATE - 1, "all but the last two seconds"
    assert sorted(path.name for path in Path("out").iterdir()) == ["gate.partial.mp4", "gate.partial.txt"]


def test_what_a_killed_run_left_is_not_overwritten(siamlink: Run, stream: str) -> None:
    Path("out").mkdir()
    Path("out/gate.partial.txt").write_text("a whole night")
    options = ("--mode", "online", "--detector", "mine.py:Walkers")
    result = siamlink("track", stream, "-o", "out", *options)
    assert (result.code, result.line) == (2, "siamlink: out/gate.partial.txt exists; --overwrite replaces it")
    assert Path("out/gate.partial.txt").read_text() == "a whole night"
    assert siamlink("track", stream, "-o", "out", *options, "--overwrite").code == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["gate.json", "gate.mp4", "gate.txt"]
