"""The trackers of the package `trackers`, frame by frame on given detections, at their defaults."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from siamlink.detectors.detections import Detections

if TYPE_CHECKING:
    from siamlink.tools.running.job import Job

PEERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SORT": ("SORTTracker", {}),
    "ByteTrack": ("ByteTrackTracker", {}),
    "OC-SORT": ("OCSORTTracker", {}),
    "BoT-SORT, no images": ("BoTSORTTracker", {"enable_cmc": False}),
}
"""By what they are called: the class and its settings; camera motion could only be told from images."""


def follow(name: str, sources: list[str], job: "Job", asked: float) -> tuple[int, dict[str, float], float]:
    """Track sources, which have detections, with one of `PEERS`; see `bench_track.Work`."""
    import trackers

    from siamlink.tools.running.prepare import prepare

    kind, settings = PEERS[name]
    make: Callable[..., Any] = getattr(trackers, kind)
    inputs = [prepare(source, job) for source in sources]
    frames, seconds = 0, {"load": time.time() - asked, "track": 0.0}
    for opened in inputs:
        assert opened.detections is not None
        detections = _with_unit_scores(opened.detections)
        by_frame = [detections.in_frame(number + 1).to_supervision() for number in range(opened.last_frame)]
        tracker, begin = make(frame_rate=opened.frame_rate, **settings), time.perf_counter()
        for found in by_frame:
            tracker.update(found)
        seconds["track"] += time.perf_counter() - begin
        frames += len(by_frame)
    return frames, seconds, seconds["track"]


def _with_unit_scores(detections: Detections) -> Detections:
    """Scores outside of [0, 1] replaced by their rank, for which the thresholds of these trackers mean something."""
    from siamlink.association.pairs.scene_statistics import SceneStatistics

    score = detections.score
    if not len(score) or (score.min() >= 0 and score.max() <= 1):
        return detections
    return replace(detections, score=SceneStatistics.of(detections).score_rank(detections).astype(np.float32))
