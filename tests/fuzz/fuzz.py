"""Coverage-guided fuzzing of everything that reads a text or a model of the user's: `make fuzz` runs it.

    python tests/fuzz/fuzz.py TARGET [libFuzzer's options and corpus folders]

Each target reads one file. Only a `SiamlinkError` of one line may come of it; any other exception, a reading of more
than ten seconds or more than two gigabytes is a finding, and libFuzzer writes the input that caused it beside.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

LONGEST_MESSAGE = 2000


def _detections(path: Path) -> None:
    from siamlink.detectors.formats.pictures import Pictures
    from siamlink.detectors.formats.read import read_boxes

    read_boxes(path, Pictures("video", (640, 480), frame_count=1000)).detections()


def _ground_truth(path: Path) -> None:
    from siamlink.detectors.mot.text import has_classes, read_rows

    has_classes(read_rows(path, last_frame=1000, unique_ids=True))


def _seqinfo(path: Path) -> None:
    from siamlink.detectors.mot.sequence import open_sequence

    (path.parent / "seqinfo.ini").write_bytes(path.read_bytes())
    open_sequence(path.parent)


def _config(path: Path) -> None:
    from siamlink.tracker.configuration import load_parameters

    load_parameters(path)


def _setting(path: Path) -> None:
    from siamlink.tracker.configuration import load_parameters

    load_parameters(None, path.read_bytes().decode("utf-8", "replace").split("\n"))


def _constraints(path: Path) -> None:
    from siamlink.detectors.formats.read import read_boxes
    from siamlink.tracker.runs.corrections import read_corrections

    tracks = path.parent / "tracks.txt"
    tracks.write_text("1,1,10,20,30,60,1\n1,2,90,20,30,60,1\n2,1,11,20,30,60,1\n2,2,91,20,30,60,1\n")
    read_corrections(path).among(read_boxes(tracks).detections())


def _booster(path: Path) -> None:
    import numpy as np

    from siamlink.association.boosting.booster import load_booster, predict

    names = ("gap", "overlap")
    predict(load_booster(path, names), np.zeros((1, 2), np.float32), names)


def _weights(path: Path) -> None:
    from siamlink.association.appearance.siamese.inference import read_weights

    read_weights(path)


def _cache(path: Path) -> None:
    """The bytes as a record of a frame and of the whole video, and as the whole database of a cache."""
    import shutil

    import numpy as np

    from siamlink.tracker.cache.frame_cache import CachedBackgroundFlow, CachedDescriptors, CachedDetections
    from siamlink.tracker.cache.record_store import DATABASE, RecordDatabase, RecordStore, checksum

    data, folder = path.read_bytes(), path.parent / "cache"
    for whole in (False, True):
        if whole:
            shutil.rmtree(folder)
            folder.mkdir()
            (folder / DATABASE).write_bytes(data)
        with RecordDatabase(folder) as database:
            key = RecordStore(database, {}, "video").key
            for frame in (0, 1) if not whole else ():
                row = key, frame, 0, checksum(key, frame, data), data
                database.write(("INSERT INTO record VALUES (?, ?, ?, ?, ?)", row))
            store, box = RecordStore(database, {}, "video"), np.zeros((1, 4), np.float32)
            assert whole or store.frame_count == 1
            CachedDetections(store).in_frame(1)
            CachedDetections(store).whole()
            for parts, together in ((1, False), (2, True)):
                CachedDescriptors(store, parts, together).has(1, box)
            CachedBackgroundFlow(store).recall(1, 0)
            store.add(2, {"box": box})
            database.entries()
            database.trim(0)
            database.clear()
    shutil.rmtree(folder)


TARGETS: dict[str, Callable[[Path], None]] = {
    "detections": _detections,
    "ground-truth": _ground_truth,
    "seqinfo": _seqinfo,
    "config": _config,
    "setting": _setting,
    "constraints": _constraints,
    "booster": _booster,
    "weights": _weights,
    "cache": _cache,
}


def run(target: str, data: bytes, folder: Path) -> str:
    """Read `data` as a target does; the message of the error that came of it, empty where it was read."""
    from siamlink.detectors.base.errors import SiamlinkError

    path = folder / "input"
    path.write_bytes(data)
    try:
        TARGETS[target](path)
    except SiamlinkError as error:
        message = str(error)
        assert "\n" not in message, message
        assert len(message) < LONGEST_MESSAGE, message
        return message
    return ""


def main() -> None:
    """Fuzz the target that the first argument names."""
    import atheris

    target = sys.argv.pop(1)
    with atheris.instrument_imports(include=["siamlink", "yaml", "configparser"]):
        pass
    with tempfile.TemporaryDirectory() as folder:
        run(target, b"", Path(folder))  # what is imported on first use takes longer than any reading may
        options = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=4096", *sys.argv[1:]]
        atheris.Setup([sys.argv[0], *options], lambda data: run(target, data, Path(folder)) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
