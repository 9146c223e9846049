"""Arguments of `track` that cannot be used are named in one line."""

import numpy as np
import pytest

from siamlink import tracker
from siamlink.detectors.base.errors import ConfigError, SiamlinkError
from siamlink.tracker.runs.track import track

PICTURES = [np.zeros((90, 120, 3), np.uint8)] * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"mod": "online"}, "unknown key 'mod'; did you mean 'mode'"),
        ({"detectr": "motion"}, "unknown argument 'detectr'; did you mean 'detector'?"),
        ({"fps": 25}, "unknown argument 'fps'; did you mean 'frame_rate'?"),
        ({"min_detection": 2}, "unknown key 'min_detection'; did you mean 'min_detections'?"),
        ({"mode": "later"}, "mode"),
        ({"gaps": {"smoth": 1}}, "gaps.smoth"),
    ],
)
def test_wrong_keywords_are_named(settings, message):
    with pytest.raises(ConfigError, match=rf"track\(\): .*{message}"):
        tracker.track(PICTURES, **settings)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"detector": "motion", "detections": []}, "give detector or detections, not both"),
        ({"detections": 5}, "detections are of type int; expected a file, Detections, or a list"),
        ({"detections": [], "parameters": "fast"}, "parameters are of type str; expected TrackerParameters"),
    ],
)
def test_arguments_that_cannot_be_used_are_named(arguments, message):
    with pytest.raises(SiamlinkError, match=message):
        track(PICTURES, **arguments)


def test_parameters_of_a_tracker_are_checked():
    with pytest.raises(ConfigError, match="parameters are of type str"):
        tracker.OnlineTracker(25, "fast")
