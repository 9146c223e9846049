"""The window linker: the whole video at once, a video in windows, and what is settled."""

import numpy as np
import pytest
from numpy.typing import NDArray

from siamlink.association.calibrated import calibrated_links
from siamlink.association.calibrated.window import FEWEST_SETTLED, HISTORY, WindowLinker
from siamlink.association.solvers.constraints import group_detections
from siamlink.detectors.detections import Detections


def walkers(frames: int, first: int = 1) -> Detections:
    """Four people on straight lines, and in every hundredth frame one has the place of another."""
    frame = np.repeat(np.arange(first, first + frames), 4)
    each = np.tile(np.arange(4), frames)
    x = 200 + 300.0 * each + np.array([2.0, -2.0, 1.0, 0.5])[each] * (frame - first)
    y = 300 + 40.0 * each
    jitter = np.random.default_rng(0).normal(0, 0.4, (len(frame), 4))
    box = np.column_stack([x - 20, y - 55, x + 20, y + 55]) + jitter
    return Detections(frame, box, np.random.default_rng(1).uniform(0.5, 0.95, len(frame)), np.zeros(len(frame), int))


def link(linker: WindowLinker, in_track: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """(N,) the tracks in the window, without constraints."""
    settled = np.zeros(0, bool) if in_track is None else in_track
    return linker.link(settled, group_detections(linker.detections.frame, ())).track_id


def test_one_window_gives_the_tracks_of_a_whole_video() -> None:
    found = walkers(40)
    linker = WindowLinker(30.0, (1920, 1080))
    linker.add(found[:80])
    linker.add(found[80:])
    settled = linker.link(np.zeros(0, bool), group_detections(found.frame, ()))
    whole = calibrated_links(found, 30.0, (1920, 1080))
    for name in ("track_id", "probability", "frame", "row", "box"):
        assert getattr(settled, name).tobytes() == getattr(whole, name).tobytes()


@pytest.mark.parametrize("first", [1, 70])
def test_tracks_go_on_from_window_to_window_and_old_detections_leave(first: int) -> None:
    found = walkers(170, first)
    linker = WindowLinker(30.0, (1920, 1080))
    known = np.zeros(0, np.int64)
    linker.add(found[found.frame < first + 20])
    for final in range(first + 9, first + 150, 10):
        linker.add(found[(found.frame > final + 10) & (found.frame <= final + 20)])
        track = link(linker, known > 0)
        window = linker.detections
        assert len(np.unique(track)) == 4
        assert (np.bincount(track, minlength=5)[1:] == len(window) // 4).all()
        left = linker.settle(final)
        known = track[left : np.searchsorted(window.frame, final, side="right")]
        assert len(linker.detections) == len(window) - left
        assert len(known) <= max(FEWEST_SETTLED, 4 * (HISTORY + 1))
    assert linker.detections.frame[0] > first


def test_settled_detections_keep_their_links_and_stay_out_of_tracks_if_they_were() -> None:
    found = walkers(60)
    linker = WindowLinker(30.0, (1920, 1080))
    linker.add(found[:160])
    link(linker)
    assert linker.settle(30) == 0
    linker.add(found[160:])
    settled = np.ones(120, bool)
    settled[0] = False
    track = link(linker, settled)
    assert track[0] == 0
    assert (track[1:] > 0).all()


def test_no_detections_are_no_tracks() -> None:
    linker = WindowLinker(30.0)
    assert len(link(linker)) == linker.settle(10) == 0
