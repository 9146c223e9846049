from pathlib import Path

import numpy as np

from siamlink.tracker.cache.memory_store import MemoryStore
from siamlink.tracker.cache.record_store import RecordDatabase, RecordStore


def numbers(store: MemoryStore | RecordStore, frame: int) -> list[int]:
    return [int(record["number"][0]) for record in store.records(frame)]


def record(number: int) -> dict[str, np.ndarray]:
    return {"number": np.array([number])}


def test_records_are_kept_in_memory() -> None:
    store = MemoryStore()
    store.add(3, record(1))
    store.add(3, record(2))
    assert (numbers(store, 3), numbers(store, 4)) == ([1, 2], [])
    assert (store.damaged, store.frame_count) == (0, 0)


def test_records_of_the_disk_are_read_once_and_added_to(tmp_path: Path) -> None:
    with RecordDatabase(tmp_path) as database:
        RecordStore(database, {}, "video").add(3, record(1))
        store = MemoryStore(RecordStore(database, {}, "video"))
        assert (numbers(store, 3), store.frame_count) == ([1], 1)
        database.clear()
        store.add(3, record(2))
        store.add(4, record(3))
        assert (numbers(store, 3), numbers(store, 4)) == ([1, 2], [3])
        later = RecordStore(database, {}, "video")
        assert (numbers(later, 3), numbers(later, 4)) == ([2], [3])
