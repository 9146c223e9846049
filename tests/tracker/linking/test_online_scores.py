import numpy as np
import pytest

from siamlink.detectors.boxes import suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street
from siamlink.tracker.linking.online_scores import OnlineScores
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters


@pytest.fixture(scope="module")
def found() -> Detections:
    return suppress_overlaps(street(frame_count=60).detections(), 0.45)


@pytest.fixture
def setup(matcher) -> TrackerSetup:
    return TrackerSetup(30, TrackerParameters(), matcher)


def links(scores) -> dict[tuple[int, int], float]:
    pairs = zip(scores.pairs.earlier.tolist(), scores.pairs.later.tolist(), strict=True)
    return dict(zip(pairs, scores.link.tolist(), strict=True))


def test_many_frames_at_once_have_the_scores_of_one_after_another(setup, found):
    alone, together = OnlineScores(setup), OnlineScores(setup)
    expected, detection = {}, []
    for _, part in found.by_frame():
        scores = alone.take_in(part)
        expected |= links(scores)
        detection.append(scores.detection)
    at_once = together.take_in(found)
    assert links(at_once) == expected != {}
    np.testing.assert_array_equal(at_once.detection, np.concatenate(detection))


def test_scores_depend_on_past_frames_only(setup, found):
    early = found[found.frame <= 30]
    whole, part = OnlineScores(setup).take_in(found), OnlineScores(setup).take_in(early)
    assert {pair: value for pair, value in links(whole).items() if pair[1] < len(early)} == links(part)
    np.testing.assert_array_equal(whole.detection[: len(early)], part.detection)


def test_rows_count_from_the_first_detection_and_old_ones_are_dropped(setup, found):
    scores, longest = OnlineScores(setup), setup.parameters.gate.gap_frames(30)
    total = dropped = 0
    for frame, part in found.by_frame():
        now = scores.take_in(part)
        dropped += now.dropped_count
        assert (now.first_row, now.first_new_row) == (dropped, total)
        assert dropped == np.searchsorted(found.frame, frame - longest)
        assert ((now.pairs.later >= total) & (now.pairs.later < total + len(part))).all()
        assert (now.pairs.earlier >= dropped).all()
        assert (found.frame[now.pairs.earlier] < frame).all()
        total += len(part)
