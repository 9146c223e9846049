"""`siamlink cache` lists and clears the records of a cache folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.tracker.cache.record_store import DATABASE, RecordDatabase, RecordStore

Run = Callable[..., Any]


def fill(folder: Path, names: str, size: int) -> None:
    """Add entries of about this size; the first one is the oldest."""
    for name in names:
        with RecordDatabase(folder) as database:
            RecordStore(database, {"frames": name}, name).add(1, {"box": np.zeros(size, np.uint8)})


def test_a_cache_is_listed_and_cleared_and_other_files_stay(siamlink: Run) -> None:
    fill(Path("cached"), "ab", 500_000)
    Path("cached/my.sqlite3").write_text("mine")
    done = siamlink("cache", "info", "cached")
    assert [line.split()[:3] for line in done.out.splitlines()[2:4]] == [["b", "1", "0.50"], ["a", "1", "0.50"]]
    assert done.out.splitlines()[-1] == "2 entries, 1.00 MB in cached"
    done = siamlink("cache", "clear", "cached")
    assert (done.code, done.out) == (0, "removed 2 entries, 1.00 MB from cached\n")
    assert sorted(path.name for path in Path("cached").iterdir()) == ["my.sqlite3", DATABASE]
    assert Path("cached", DATABASE).stat().st_size < 50_000
    assert siamlink("cache", "info", "cached").out.splitlines()[-1] == "0 entries, 0.00 MB in cached"


@pytest.mark.parametrize("command", ["info", "clear"])
def test_a_cache_that_is_not_there(siamlink: Run, command: str) -> None:
    done = siamlink("cache", command, "nowhere")
    assert (done.code, done.line) == (2, "siamlink: there is no cache in nowhere")
    assert not Path("nowhere").exists()


@pytest.mark.parametrize("command", ["info", "clear"])
def test_a_damaged_cache_is_removed(siamlink: Run, command: str) -> None:
    fill(Path("cached"), "a", 100)
    Path("cached", DATABASE).write_bytes(b"damaged" * 9999)
    done = siamlink("cache", command, "cached")
    assert (done.code, done.line) == (2, f"siamlink: cached/{DATABASE} was damaged and is removed")
    assert list(Path("cached").iterdir()) == []
