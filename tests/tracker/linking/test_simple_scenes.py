"""Simple scenes, found in every frame, by costs that are estimated from the video: every box must be in its track."""

import numpy as np
import pytest

from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.trackers import OfflineTracker
from siamlink.tracker.parameters import TrackerParameters

Object = tuple[float, float, float, float, float]
"""Left and top in frame 1, width, height, and pixels per frame to the right."""
SCENES: dict[str, tuple[float, int, list[Object]]] = {
    "wide cars": (30, 90, [(40.0 * lane, 100 + 120 * lane, 120, 45, 12) for lane in range(5)]),
    "fast small balls": (30, 60, [(50, 200, 12, 12, 15), (900, 500, 12, 12, -15)]),
    "two frames a second": (2, 30, [(80, 245, 40, 110, 45), (1700, 270, 41, 115, -50), (280, 540, 42, 111, 40)]),
    "a child and a ball among adults": (
        30,
        90,
        [*((280 + 160.0 * n, 345, 40, 110, 2 - n) for n in range(4)), (100, 415, 16, 40, 2), (700, 443, 12, 12, 3)],
    ),
    "a head-on crossing": (30, 120, [(100, 300, 40, 110, 2), (340, 310, 40, 110, -2)]),
    "two boxes of equal scores": (30, 40, [(20, 60, 30, 80, 4), (250, 90, 35, 90, -4)]),
}


@pytest.mark.parametrize("name", SCENES)
def test_every_box_is_in_the_track_of_its_object(name: str) -> None:
    rate, frames, objects = SCENES[name]
    random, count = np.random.default_rng(0), len(objects)
    frame = np.repeat(np.arange(frames), count)
    left, top, width, height, speed = np.tile(np.array(objects), (frames, 1)).T
    corner = np.column_stack([left + speed * frame, top]) + random.normal(0, 0.3, (len(frame), 2))
    score = np.full(len(frame), 0.9) if "equal" in name else random.uniform(0.6, 0.95, len(frame))
    box = np.hstack([corner, corner + np.column_stack([width, height])])
    found = Detections(frame + 1, box, score, np.zeros(len(frame)))
    tracker = OfflineTracker(rate, TrackerParameters(matching="calibrated"))
    for number, each in found.by_frame():
        tracker.update(each, frame_number=number)
    tracks = tracker.finish()
    assert (tracks.count, len(tracks), tracks.interpolated.sum()) == (count, count * frames, 0)
    for number, here in tracks.by_frame():
        nearest = np.abs(found.in_frame(number).box[:, None] - here.box[None]).sum(2).argmin(0)
        order = np.argsort(here.track_id)
        if number == 1:
            first = nearest[order]
        assert (nearest[order] == first).all()
