"""Records are read back exactly, and whatever becomes of their database, none is read that was not written so."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.tracker.cache.record_store import DATABASE, Record, RecordDatabase, RecordStore

IDENTITY = {"frames": "abc", "detector": "x"}


def record(frame: int) -> Record:
    return {"box": np.full((2, 4), frame, np.float32), "score": np.arange(frame, dtype=np.float32)}


def write(folder: Path, frames: range, **identity: str) -> None:
    with RecordDatabase(folder) as database:
        store = RecordStore(database, {**IDENTITY, **identity}, "walk, detections by x")
        for frame in frames:
            store.add(frame, record(frame))
        assert database.fault is None


def read(folder: Path, **identity: str) -> tuple[list[int], int, str | None]:
    """The frames with records, which are those that were written, the damaged records, and the fault."""
    with RecordDatabase(folder) as database:
        store = RecordStore(database, {**IDENTITY, **identity}, "walk, detections by x")
        records = {frame: found for frame in range(1, 10) if (found := store.records(frame))}
        for frame, found in records.items():
            for each in found:
                assert each.keys() == {"box", "score"}
                assert all(np.array_equal(each[name], values) for name, values in record(frame).items())
        assert store.frame_count >= len(records)
        return list(records), store.damaged, database.fault


def test_records_are_read_back_by_the_same_identity_only(tmp_path: Path) -> None:
    write(tmp_path / "new", range(1, 6))
    assert read(tmp_path / "new") == ([1, 2, 3, 4, 5], 0, None)
    assert read(tmp_path / "new", detector="y") == ([], 0, None)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [DATABASE]


def test_frames_that_are_added_are_not_read_by_the_same_store(tmp_path: Path) -> None:
    with RecordDatabase(tmp_path) as database:
        store = RecordStore(database, IDENTITY, "x")
        store.add(1, record(1))
        assert (store.frame_count, store.records(1)) == (0, [])
        assert len(RecordStore(database, IDENTITY, "x").records(1)) == 1


def test_views_of_arrays_are_written_correctly(tmp_path: Path) -> None:
    whole = np.arange(24).reshape(4, 6)
    with RecordDatabase(tmp_path) as database:
        RecordStore(database, IDENTITY, "x").add(1, {"some": whole[::2, ::3], "turned": whole.T, "none": whole[:0]})
        (found,) = RecordStore(database, IDENTITY, "x").records(1)
    assert np.array_equal(found["some"], whole[::2, ::3])
    assert np.array_equal(found["turned"], whole.T)
    assert found["none"].shape == (0, 6)


def test_several_write_at_once_and_are_read_while_they_do(tmp_path: Path) -> None:
    with RecordDatabase(tmp_path) as one, RecordDatabase(tmp_path) as other:
        stores = [RecordStore(database, IDENTITY, "x") for database in (one, other)]
        for frame in (1, 2, 3):
            stores[frame % 2].add(frame, record(frame))
        assert read(tmp_path) == ([1, 2, 3], 0, None)


def test_threads_share_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siamlink.tracker.cache.record_store.SYNC_SECONDS", 0)
    with RecordDatabase(tmp_path) as database, ThreadPoolExecutor(4) as threads:
        stores = [RecordStore(database, {"thread": str(number)}, "x") for number in range(4)]
        for frame in range(1, 51):
            list(threads.map(lambda store, frame=frame: store.add(frame, record(frame)), stores))
        assert database.fault is None
        assert [entry.frames for entry in database.entries()] == [50] * 4


@settings(max_examples=20)
@given(data=st.data())
def test_a_database_that_is_cut_off_is_not_used_and_replaced(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    write(folder, range(1, 6))
    whole = (folder / DATABASE).read_bytes()
    (folder / DATABASE).write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    check_healed(folder)


@settings(max_examples=60)
@given(data=st.data())
def test_no_changed_byte_changes_a_record(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damage")
    write(folder, range(1, 6))
    changed = bytearray((folder / DATABASE).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / DATABASE).write_bytes(changed)
    check_healed(folder)


def check_healed(folder: Path) -> None:
    """Check that a damaged database gives records as they were written or none, and that new ones can be written."""
    frames, _, _ = read(folder)
    again, damaged, fault = read(folder)
    assert damaged == 0 or fault
    if fault is None:
        assert again == frames
        with RecordDatabase(folder) as database:
            RecordStore(database, IDENTITY, "x").add(9, record(9))
        # damage of the tree that SQLite finds only when it writes may cost records, but never changes one
        assert set(read(folder)[0]) <= {*frames, 9}


def test_a_damaged_record_is_counted_and_removed(tmp_path: Path) -> None:
    write(tmp_path, range(1, 6))
    damaged = (tmp_path / DATABASE).read_bytes().replace(record(4)["box"].tobytes(), record(5)["box"].tobytes())
    (tmp_path / DATABASE).write_bytes(damaged)
    assert read(tmp_path) == ([1, 2, 3, 5], 1, None)
    assert read(tmp_path) == ([1, 2, 3, 5], 0, None)


def test_a_record_in_the_place_of_another_is_damaged(tmp_path: Path) -> None:
    write(tmp_path, range(1, 4))
    write(tmp_path, range(4, 6), detector="y")
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute("UPDATE record SET frame = 9 WHERE frame = 3")
        database.execute("UPDATE record SET key = (SELECT min(key) FROM entry)")
    database.close()
    frames = read(tmp_path)[0] + read(tmp_path, detector="y")[0]
    assert frames in ([1, 2], [4, 5])


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 99], ids=["empty", "foreign"])
def test_a_file_that_is_no_database_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DATABASE).write_bytes(content)
    frames, _, fault = read(tmp_path)
    assert frames == []
    assert fault == (f"{tmp_path / DATABASE} was damaged and is removed" if content else None)
    write(tmp_path, range(1, 3))
    assert read(tmp_path) == ([1, 2], 0, None)


def test_a_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute("CREATE TABLE record (name)")
        database.execute("INSERT INTO record VALUES ('theirs')")
    database.close()
    assert read(tmp_path) == ([], 0, f"cannot use {tmp_path / DATABASE}: no such column: key")
    with sqlite3.connect(tmp_path / DATABASE) as database:
        assert database.execute("SELECT name FROM record").fetchall() == [("theirs",)]
    database.close()


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with RecordDatabase(tmp_path / "file" / "below") as database:
        store = RecordStore(database, IDENTITY, "x")
        store.add(1, record(1))
        assert (store.records(1), database.entries()) == ([], [])
        assert database.fault == f"cannot use {tmp_path / 'file' / 'below' / DATABASE}: Not a directory"


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_read_only_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, range(1, 6))
    (tmp_path / DATABASE).chmod(0o444)
    tmp_path.chmod(0o555)
    monkeypatch.setattr(os, "access", lambda *_: False)  # for the superuser every folder is writable
    try:
        frames, damaged, fault = read(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [DATABASE]
    finally:
        tmp_path.chmod(0o755)
    assert (frames, damaged) == ([1, 2, 3, 4, 5], 0)
    assert fault == f"cannot use {tmp_path / DATABASE}: attempt to write a readonly database"


def test_a_full_disk_ends_the_recording_and_costs_no_record(tmp_path: Path) -> None:
    write(tmp_path, range(1, 3))
    with RecordDatabase(tmp_path) as database:
        store = RecordStore(database, IDENTITY, "x")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
        try:
            store.add(3, {"box": np.zeros(1 << 20, np.uint8)})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, handler)
        assert database.fault is not None
        assert database.fault.startswith(f"cannot use {tmp_path / DATABASE}: ")
        store.add(4, record(4))
        assert len(store.records(2)) == 1
    assert read(tmp_path) == ([1, 2], 0, None)


WRITER = """
import sys
from pathlib import Path
import numpy as np
from siamlink.tracker.cache.record_store import RecordDatabase, RecordStore
with RecordDatabase(Path(sys.argv[1])) as database:
    store = RecordStore(database, {"frames": "abc", "detector": "x"}, "x")
    for frame in range(int(sys.argv[2]), 1 << 30, 4):
        store.add(frame, {"box": np.full((2, 4), frame, np.float32), "score": np.arange(frame, dtype=np.float32)})
        assert database.fault is None, database.fault
        print(frame, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_records_of_killed_processes_are_complete(tmp_path: Path) -> None:
    """Four processes start at once with a new database; each loses nothing that it had written when it was killed."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    processes = [subprocess.Popen([*command, str(first)], stdout=subprocess.PIPE, text=True) for first in (1, 2, 3, 4)]
    written: list[int] = []
    for process in processes:
        assert process.stdout is not None
        written += [int(process.stdout.readline()) for _ in range(20)]
    for process in processes:
        process.kill()
        written += map(int, process.communicate()[0].split())
    with RecordDatabase(tmp_path) as database:
        store = RecordStore(database, IDENTITY, "x")
        assert (store.damaged, database.fault) == (0, None)
        for frame in written:
            (found,) = store.records(frame)
            assert all(np.array_equal(found[name], values) for name, values in record(frame).items())


def fill(folder: Path, names: str, size: int = 100_000) -> None:
    """Entries of about this size; the first one was used first."""
    for time, name in enumerate(names):
        with RecordDatabase(folder) as database:
            store = RecordStore(database, {"frames": name}, name)
            store.add(1, {"box": np.zeros(size, np.uint8)})
            database.write(("UPDATE entry SET used = ? WHERE key = ?", (1e9 + time, store.key)))


def test_entries_are_listed_by_their_last_use(tmp_path: Path) -> None:
    fill(tmp_path, "ab")
    with RecordDatabase(tmp_path) as database:
        RecordStore(database, {"frames": "a"}, "a").add(0, {"count": np.array([1])})
        assert [(entry.label, entry.frames) for entry in database.entries()] == [("a", 1), ("b", 1)]
        size = database.entries()[1].size
        database.write(("UPDATE entry SET label = ?, used = ?", (b"\x1b[1m\xff", "never")))
        assert {(entry.label, entry.used) for entry in database.entries()} == {("[1m�", 4e9)}
    assert 100_000 < size < 101_000


def test_the_least_recently_used_entries_are_removed_first(tmp_path: Path) -> None:
    fill(tmp_path, "abcd")
    with RecordDatabase(tmp_path) as database:
        RecordStore(database, {"frames": "a"}, "a")
        database.trim(250_000)
        assert [entry.label for entry in database.entries()] == ["a", "d"]
    assert (tmp_path / DATABASE).stat().st_size < 250_000
    with RecordDatabase(tmp_path) as database:
        database.trim(0)
        assert database.entries() == []
    assert (tmp_path / DATABASE).stat().st_size < 50_000


def test_an_entry_that_is_removed_while_it_is_used_is_whole_again(tmp_path: Path) -> None:
    write(tmp_path, range(1, 3))
    with RecordDatabase(tmp_path) as database, RecordDatabase(tmp_path) as other:
        store = RecordStore(database, IDENTITY, "x")
        other.clear()
        assert (store.records(1), other.entries()) == ([], [])
        store.add(3, record(3))
        assert [entry.frames for entry in other.entries()] == [1]
    assert read(tmp_path) == ([3], 0, None)


def test_a_folder_that_is_removed_while_it_is_used_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "new", range(1, 3))
    with RecordDatabase(tmp_path / "new") as database:
        store = RecordStore(database, IDENTITY, "x")
        shutil.rmtree(tmp_path / "new")
        store.add(3, record(3))
        store.records(1)
    assert not (tmp_path / "new").exists()
