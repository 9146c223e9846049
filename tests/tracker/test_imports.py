"""What is imported before the first tracks: the packages that a tracker uses, and no others."""

import subprocess
import sys

import pytest

FIRST_TRACKS = """
import sys
from siamlink.tracker import {tracker}, load_parameters

tracker = {tracker}(frame_rate=25, parameters=load_parameters("fast"))
for x in range(100, 400, 4):
    tracks = tracker.update([[x, 80, x + 40, 190, 0.9]])
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
HEAVY = {
    *("av", "cv2", "filterpy", "matplotlib", "motmetrics", "onnxruntime", "ortools", "pandas", "PIL", "rich", "scipy"),
    *("sklearn", "supervision", "torch", "trackeval", "typer", "xgboost"),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tracker", "used"), [("OnlineTracker", {"cv2", "scipy"}), ("WindowedTracker", {"cv2", "ortools", "scipy"})]
)
def test_a_tracker_by_boxes_alone_imports_only_what_it_uses(tracker: str, used: set[str]) -> None:
    command = [sys.executable, "-c", FIRST_TRACKS.format(tracker=tracker)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & HEAVY <= used
