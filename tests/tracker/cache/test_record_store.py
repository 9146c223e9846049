"""Records on disk survive whatever becomes of their files."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.tracker.cache.record_store import RecordStore, files_of, frames_of, label_of

IDENTITY = {"frames": "abc", "detector": "x"}


def store(folder: Path, **identity: str) -> RecordStore:
    return RecordStore(folder, {**IDENTITY, **identity}, "walk, detections by x")


def write(folder: Path, frames: range) -> bytearray:
    """Write records of frames; returns the file that holds them."""
    with store(folder) as written:
        for frame in frames:
            written.add(frame, {"box": np.full((2, 4), frame, np.float32), "score": np.arange(frame, dtype=np.float32)})
    return bytearray(files_of(folder)[0].read_bytes())


def read(folder: Path, **identity: str) -> tuple[list[int], int]:
    """The frames that are known, what is known of them being right, and how many records were damaged."""
    with store(folder, **identity) as opened:
        known = {frame: records for frame in range(1, 10) if (records := opened.records(frame))}
        assert opened.frame_count == len(known)
        for frame, records in known.items():
            for record in records:
                assert record["box"].tolist() == [[frame] * 4] * 2
                assert record["score"].tolist() == list(range(frame))
        return list(known), opened.damaged


def test_what_is_written_is_known_to_the_next_and_to_no_other(tmp_path: Path) -> None:
    write(tmp_path / "new", range(1, 6))
    assert read(tmp_path / "new") == ([1, 2, 3, 4, 5], 0)
    assert read(tmp_path / "new", detector="y") == ([], 0)
    (path,) = files_of(tmp_path / "new")
    assert (label_of(path), frames_of(path)) == ("walk, detections by x", {1, 2, 3, 4, 5})


def test_nothing_is_made_where_nothing_is_written(tmp_path: Path) -> None:
    assert read(tmp_path / "new") == ([], 0)
    assert not (tmp_path / "new").exists()


def test_arrays_that_are_parts_of_others_are_kept_right(tmp_path: Path) -> None:
    whole = np.arange(24).reshape(4, 6)
    with store(tmp_path) as written:
        written.add(1, {"some": whole[::2, ::3], "turned": whole.T, "none": whole[:0]})
    with store(tmp_path) as opened:
        (record,) = opened.records(1)
    assert np.array_equal(record["some"], whole[::2, ::3])
    assert np.array_equal(record["turned"], whole.T)
    assert record["none"].shape == (0, 6)


def test_several_write_at_once_and_are_read_while_they_do(tmp_path: Path) -> None:
    with store(tmp_path) as one, store(tmp_path) as other:
        for frame in (1, 2, 3):
            writer = one if frame % 2 else other
            writer.add(frame, {"box": np.full((2, 4), frame, np.float32), "score": np.arange(frame)})
        assert read(tmp_path) == ([1, 2, 3], 0)
    assert len(files_of(tmp_path)) == 2


@settings(max_examples=60)
@given(data=st.data())
def test_a_cut_costs_what_lies_behind_it(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole = write(folder, range(1, 6))
    cut = data.draw(st.integers(0, len(whole)))
    files_of(folder)[0].write_bytes(whole[:cut])
    known, damaged = read(folder)
    assert known == list(range(1, len(known) + 1))
    assert (len(known) == 5) == (cut == len(whole))
    assert damaged == 0


@settings(max_examples=100)
@given(data=st.data())
def test_damage_is_noticed_and_gone_the_next_time(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    changed = write(folder, range(1, 6))
    label = slice(changed.index(b"\n") + 1, changed.index(b"\n", changed.index(b"\n") + 1))
    places = st.integers(0, len(changed) - 1).filter(lambda place: not label.start <= place <= label.stop)
    changed[data.draw(places)] ^= data.draw(st.integers(1, 255))
    files_of(folder)[0].write_bytes(changed)
    known, damaged = read(folder)
    assert len(known) < 5
    assert damaged == 1
    assert read(folder) == (known, 0)


def test_a_file_under_another_name_is_not_believed(tmp_path: Path) -> None:
    write(tmp_path, range(1, 6))
    (path,) = files_of(tmp_path)
    with store(tmp_path, detector="y") as other:
        shutil.copy(path, tmp_path / f"{other.key}.00000000.seen")
    assert read(tmp_path, detector="y") == ([], 1)


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with store(tmp_path / "file" / "below") as opened:
        for frame in (1, 2):
            opened.add(frame, {"box": np.zeros((0, 4))})
        assert opened.fault is not None
        assert opened.fault.startswith(f"cannot write {tmp_path / 'file' / 'below'}: ")


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, range(1, 3))
    (tmp_path / files_of(tmp_path)[0].name.replace(".", ".0", 1)).mkdir()
    assert len(files_of(tmp_path)) == 2
    assert read(tmp_path) == ([1, 2], 0)
