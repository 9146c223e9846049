"""What a user should know about a source that was tracked."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

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
