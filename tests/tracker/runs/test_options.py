import pytest

from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.sinks import AppendTracks, DrawTracks


@pytest.mark.parametrize(
    ("mode", "sink", "draws"),
    [
        ("offline", DrawTracks, False),
        ("windowed", DrawTracks, True),
        ("online", DrawTracks, True),
        ("windowed", AppendTracks, False),
    ],
)
def test_frames_are_drawn_only_where_they_need_not_wait_for_the_end(mode, sink, draws):
    options = TrackingOptions(TrackerParameters(mode=mode), sinks=(sink(print),))
    assert options.draws == draws
    assert options.offline == (mode == "offline")
