import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.detectors.boxes import iou_matrix, suppress_non_maxima
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.overlaps import best_of_overlaps, suppress_overlaps


def test_suppression_keeps_the_best_of_what_overlaps_in_a_frame():
    box = [[0, 0, 10, 20], [0, 0, 10, 21], [50, 0, 60, 20], [0, 0, 10, 20]]
    found = Detections([1, 1, 1, 2], box, [0.5, 0.9, 0.1, 0.2], [0, 1, 2, 3])
    assert suppress_overlaps(found, 0.45).label.tolist() == [1, 2, 3]
    assert len(suppress_overlaps(found, 1.0)) == 4
    assert len(suppress_overlaps(Detections.empty(), 0.45)) == 0


def test_what_is_kept_does_not_overlap():
    kept = suppress_overlaps(street(frame_count=30).detections(false_rate=20), 0.3)
    for _, part in kept.by_frame():
        assert np.triu(iou_matrix(part.box, part.box), 1).max(initial=0) <= 0.3


@pytest.mark.parametrize("limit", [0.05, 0.45, 0.7, 1.0])
@given(seed=st.integers(0, 10**6), count=st.integers(1, 60), widest=st.sampled_from([1, 30, 5000]))
def test_a_video_at_once_is_its_frames_one_by_one(limit, seed, count, widest):
    random = np.random.default_rng(seed)
    low, size = random.uniform(-50, 50, (count, 2)), np.exp(random.uniform(0, np.log(widest) + 0.1, (count, 2)))
    frame, score = np.sort(random.integers(1, 6, count)), random.random(count).round(1)
    found = Detections(frame, np.hstack([low, low + size]), score, np.zeros(count))
    kept = best_of_overlaps(found, limit)
    for frame, part in found.by_frame():
        expected = suppress_non_maxima(part.box, part.score, limit)
        assert np.flatnonzero(kept[found.frame == frame]).tolist() == expected.tolist()
