"""The trackers of the package `trackers`, frame by frame on given detections, with their default settings."""

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
"""Class and settings by name; camera motion compensation needs images, which these runs do not have."""


def track_by_peer(name: str, sources: list[str], job: "Job", start: float) -> tuple[int, dict[str, float], float]:
    """Track sources, which have detections, with one of `PEERS`; see `Work`."""
    import trackers

    from siamlink.tools.running.prepare import prepare

    kind, settings = PEERS[name]
    make: Callable[..., Any] = getattr(trackers, kind)
    inputs = [prepare(source, job) for source in sources]
    frames, seconds = 0, {"load": time.time() - start, "track": 0.0}
    for source in inputs:
        assert source.detections is not None
        detections = _with_unit_scores(source.detections)
        by_frame = [detections.in_frame(number + 1).to_supervision() for number in range(source.last_frame)]
        tracker, begin = make(frame_rate=source.frame_rate, **settings), time.perf_counter()
        for frame in by_frame:
            tracker.update(frame)
        seconds["track"] += time.perf_counter() - begin
        frames += len(by_frame)
    return frames, seconds, seconds["track"]


def _with_unit_scores(detections: Detections) -> Detections:
    """Replace scores outside of [0, 1] by their ranks, so that the thresholds of these trackers are meaningful."""
    from siamlink.association.pairs.scene_statistics import SceneStatistics

    score = detections.score
    if not len(score) or (score.min() >= 0 and score.max() <= 1):
        return detections
    return replace(detections, score=SceneStatistics.of(detections).score_rank(detections).astype(np.float32))
