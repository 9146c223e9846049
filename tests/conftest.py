"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real MOT sequences; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("SIAMLINK_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real sequences at {folder}; set SIAMLINK_DATA to a folder of MOT sequences")
    return folder
