"""What a user should know about a source that was tracked."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.tracker.runs import search
from siamlink.tracker.searching.found_boxes import Searched
from siamlink.tracker.tracks import Tracks

NOISE = '''
import numpy as np

class Noise:
    """Random numbers."""

    def __init__(self):
        self.random = np.random.default_rng(0)

    def describe(self, image, box):
        return self.random.normal(size=(len(box), 16))
'''


@pytest.mark.slow
def test_an_appearance_that_is_not_used_is_named_with_the_reason(
    siamlink: Callable, painted_streets: Path, here: Path
) -> None:
    (here / "noise.py").write_text(NOISE)
    setting = ("--config", "general", "--no-video", "--set")
    done = siamlink("track", painted_streets / "east", "-o", "out", *setting, "appearance=noise.py:Noise")
    assert done.code == 0
    use = json.loads(Path("out/east.json").read_text())["appearance"]
    assert use["ignored"] == 1
    assert use["separation"] < 0.05
    assert done.line == (
        "east: appearance noise.py:Noise does not tell the objects of this video apart "
        f"(separation {use['separation']:.2f} of 1), so it was not used"
    )
    siamlink("track", painted_streets / "east", "-o", "plain", *setting, "appearance=none")
    assert Path("out/east.txt").read_bytes() == Path("plain/east.txt").read_bytes()


@pytest.mark.slow
def test_a_search_that_cannot_be_done_is_named(siamlink: Callable, painted_streets: Path, here: Path) -> None:
    setting = ("--no-video", "--set", "gaps.search=true", "--mode", "online")
    done = siamlink("track", painted_streets / "east", "-o", "out", *setting)
    assert done.code == 0
    assert "east: gaps.search has no effect: it needs --mode offline" in done.line


@pytest.mark.parametrize(("count", "words"), [(0, None), (1, "1 box was"), (3, "3 boxes were")])
def test_found_boxes_are_counted_in_a_line(
    count: int,
    words: str | None,
    siamlink: Callable,
    painted_streets: Path,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def find_missed(tracks: Tracks, *_: Any) -> Searched:
        found = np.arange(len(tracks)) < count
        return Searched(replace(tracks, found=found, interpolated=tracks.interpolated | found))

    monkeypatch.setattr(search, "find_missed", find_missed)
    setting = ("--no-video", "--config", "fast", "--set", "gaps.search=true")
    done = siamlink("track", painted_streets / "east", "-o", "out", *setting)
    assert json.loads(Path("out/east.json").read_text())["counts"]["found"] == count
    line = f"east: {words} found by a search in the images, where the detector missed them"
    assert (line in done.err) == (words is not None)
    assert ("found by a search" in done.err) == (words is not None)


def test_a_search_that_is_not_used_is_named_with_the_reason(
    siamlink: Callable, painted_streets: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "find_missed", lambda tracks, *_: Searched(tracks, "of a reason"))
    setting = ("--no-video", "--config", "fast", "--set", "gaps.search=true")
    done = siamlink("track", painted_streets / "east", "-o", "out", *setting)
    assert done.err.count("gaps.search") == 1
    assert "east: gaps.search is not used: of a reason" in done.err
    assert json.loads(Path("out/east.json").read_text())["search_unused"] == "of a reason"


def test_detections_beyond_the_end_that_a_video_states_are_named(siamlink: Callable, here: Path) -> None:
    Path("found.txt").write_text("".join(f"{frame},-1,10,10,20,40,1\n" for frame in (1, 2, 3, 500)))
    setting = ("--no-video", "--set", "appearance=none", "--detections", "found.txt")
    done = siamlink("track", "walk.mp4", "-o", "out", *setting)
    assert (done.code, done.line) == (
        0,
        "walk: the file states 24 frames, but there are detections up to frame 500: is it the right video?",
    )
    Path("found.txt").write_text("".join(f"{frame},-1,10,10,20,40,1\n" for frame in range(1, 25)))
    assert siamlink("track", "walk.mp4", "-o", "right", *setting).err == ""
