"""Fixtures of the tests of runners."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes work of `fakes.Fake`, which other processes can import, with results in the folder of the test."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import fakes

    return lambda *arguments: fakes.Fake(tmp_path, *arguments)
