"""Annotated sequences as examples."""

from pathlib import Path

import pytest

from siamlink.detectors.mot.sequence import find_sequences
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.examples import read_videos
from siamlink.tracker.parameters import TrackerParameters


@pytest.fixture(scope="session")
def videos(streets: Path) -> list[AnnotatedVideo]:
    """East, the same video under another name, and west."""
    return read_videos(find_sequences(streets), TrackerParameters(), lambda *_: None)
