"""Our figures beside those of the whole pipeline of TrackEval on the same files."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.mot.sequence import Sequence, open_sequence
from siamlink.detectors.mot.text import read_rows
from siamlink.tools.evaluation import Evaluation, evaluate, evaluate_sequences
from siamlink.tools.evaluation.metrics import OVERALL
from siamlink.tools.studies.benchmarks.reference_trackeval import trackeval_scores
from siamlink.tracker import load_parameters, track

MOT15 = ("ADL-Rundle-6", "ETH-Sunnyday", "KITTI-17", "PETS09-S2L1", "TUD-Campus")
MOT16 = ("MOT16-09",)
MOT17 = ("MOT17-02-FRCNN", "MOT17-10-FRCNN")


def assert_equal_to_trackeval(root: Path, results: Path, lengths: dict[str, int], benchmark: str) -> Evaluation:
    expected = trackeval_scores(root, results, lengths, benchmark)
    evaluation = evaluate(root, results)
    assert set(evaluation.benchmarks.values()) == {benchmark}
    for name, scores in {**evaluation.sequences, OVERALL: evaluation.overall}.items():
        assert asdict(scores) == pytest.approx(asdict(expected.pop(name)), rel=0, abs=1e-9, nan_ok=True), name
    assert not expected
    for name, scores in evaluation.sequences.items():
        assert sum(switch.sequence == name for switch in evaluation.switches) == scores.IDSW
    return evaluation


def naive_links(sequence: Sequence) -> np.ndarray:
    """The public detections, each given the id of whatever it overlaps most in the frame before, if by 0.4 at least."""
    rows = read_rows(sequence.detection_file)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    rows[:, 1] = np.arange(1, len(rows) + 1)
    before = rows[:0]
    for frame in np.unique(rows[:, 0]):
        now = rows[rows[:, 0] == frame]
        corners = [np.hstack([part[:, 2:4], part[:, 2:4] + part[:, 4:6]]) for part in (before, now)]
        overlap = iou_matrix(*corners)
        while overlap.size and overlap.max() > 0.4:
            old, new = np.unravel_index(overlap.argmax(), overlap.shape)
            now[new, 1] = before[old, 1]
            overlap[old], overlap[:, new] = 0, 0
        rows[rows[:, 0] == frame] = before = now
    return rows


def disturbed_truth(sequence: Sequence, rng: np.random.Generator) -> np.ndarray:
    """The ground truth of every class, moved by a few pixels, with gaps and identities that change hands."""
    rows = read_rows(sequence.truth_file)
    rows = rows[rng.random(len(rows)) < 0.8]
    rows[:, 2:6] += np.round(rng.normal(0, 0.06, (len(rows), 4)) * rows[:, 4:5], 2)
    rows[:, 4:6] = np.maximum(rows[:, 4:6], 1)
    ids, person = np.unique(rows[:, 1], return_inverse=True)
    epoch = rows[:, 0].astype(int) // 60
    hands = np.array([rng.permutation(len(ids)) + 1 for _ in range(epoch.max() + 1)])
    rows[:, 1] = hands[epoch, person]
    return rows[rng.permutation(len(rows))]


def save(path: Path, rows: np.ndarray, columns: int = 10) -> None:
    rows = np.hstack([rows, np.full((len(rows), 10), -1.0)])[:, :columns]
    np.savetxt(path, rows, fmt="%d,%d," + ",".join(["%.17g"] * (columns - 2)))


def linked(root: Path, names: tuple[str, ...], folder: Path) -> Iterator[Sequence]:
    """The sequences `names` of `root` with results, linked naively from their detections, in `folder`/links."""
    (folder / "links").mkdir()
    (folder / "truth").mkdir()
    for name in names:
        sequence = open_sequence(root / name)
        (folder / "truth" / name).symlink_to(sequence.folder, target_is_directory=True)
        save(folder / "links" / f"{name}.txt", naive_links(sequence)[:, :7])
        yield sequence


@pytest.mark.slow
@pytest.mark.parametrize(("names", "benchmark"), [(MOT15, "mot15"), (MOT16, "mot16"), (MOT17, "mot17")])
def test_real_sequences_score_as_in_trackeval(
    data: Path, tmp_path: Path, names: tuple[str, ...], benchmark: str
) -> None:
    sequences = list(linked(data, names, tmp_path))
    lengths = {sequence.name: sequence.frame_count for sequence in sequences}
    assert_equal_to_trackeval(tmp_path / "truth", tmp_path / "links", lengths, benchmark)

    (tmp_path / "disturbed").mkdir()
    for seed, sequence in enumerate(sequences):
        rows = disturbed_truth(sequence, np.random.default_rng(seed))
        save(tmp_path / "disturbed" / f"{sequence.name}.txt", rows[:, :7])
    disturbed = assert_equal_to_trackeval(tmp_path / "truth", tmp_path / "disturbed", lengths, benchmark)
    assert disturbed.overall.IDSW > 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "benchmark"), [("TUD-Campus", "mot15"), ("MOT16-09", "mot16"), ("MOT17-09-FRCNN", "mot17")]
)
def test_tracks_of_siamlink_score_as_in_trackeval(data: Path, tmp_path: Path, name: str, benchmark: str) -> None:
    (sequence,) = linked(data, (name,), tmp_path)
    tracked = track(sequence.folder, parameters=load_parameters("fast"))
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / f"{name}.txt").write_text(tracked.tracks.to_mot_text(ClassNames(["person"])))
    lengths = {name: sequence.frame_count}
    scored = assert_equal_to_trackeval(tmp_path / "truth", tmp_path / "tracks", lengths, benchmark)
    assert scored.overall.MOTA > 20


LENGTH = 9
SIDES = (10, 20)


@st.composite
def boxes(draw: st.DrawFn, truth: bool) -> np.ndarray:
    """Rows on a coarse grid: overlaps of exactly one half, ties, gaps, empty frames, flags of 0, all classes."""
    cells = st.tuples(st.integers(1, LENGTH), st.integers(1, 4))
    keys = draw(st.lists(cells, unique=True, min_size=int(truth), max_size=28))
    rows = []
    for frame, identity in keys:
        left, top = draw(st.sampled_from(range(0, 40, 5))), draw(st.sampled_from((0, 5, 10)))
        width, height = draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES))
        flag, kind = draw(st.sampled_from((1, 1, 1, 0))), draw(st.sampled_from((1, 1, 1, *range(2, 14))))
        rows.append([frame, identity, left, top, width, height, flag, kind, 0.5] if truth else
                    [frame, 10 * identity, left, top, width, height, 0.7])  # fmt: skip
    return np.array(rows, float).reshape(-1, 9 if truth else 7)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "benchmark"), [("STREET-1", "mot15"), ("STREET-1", "mot17"), ("MOT20-9", "mot20")])
@settings(max_examples=60)
@given(truth=boxes(truth=True), other=boxes(truth=True), tracks=boxes(truth=False))
def test_synthetic_sequences_score_as_in_trackeval(
    name: str, benchmark: str, truth: np.ndarray, other: np.ndarray, tracks: np.ndarray
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root, results = Path(scratch) / "truth", Path(scratch) / "tracks"
        results.mkdir()
        for sequence, rows in ((name, truth), (f"{name}b", other)):
            (root / sequence / "gt").mkdir(parents=True)
            (root / sequence / "seqinfo.ini").write_text(f"[Sequence]\nseqLength={LENGTH}\n")
            save(root / sequence / "gt" / "gt.txt", rows, columns=10 if benchmark == "mot15" else 9)
            save(results / f"{sequence}.txt", tracks)
        assert_equal_to_trackeval(root, results, {name: LENGTH, f"{name}b": LENGTH}, benchmark)


@pytest.mark.parametrize("truth_lines", ["", "3,1,10,10,10,20,1,-1,-1,-1\n"])
@pytest.mark.parametrize("track_lines", ["", "3,7,10,10,10,20,1,-1,-1,-1\n5,7,10,10,10,20,1,-1,-1,-1\n"])
def test_empty_files_score_as_in_trackeval(tmp_path: Path, truth_lines: str, track_lines: str) -> None:
    (tmp_path / "truth" / "A" / "gt").mkdir(parents=True)
    (tmp_path / "truth" / "A" / "gt" / "gt.txt").write_text(truth_lines)
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / "A.txt").write_text(track_lines)
    assert_equal_to_trackeval(tmp_path / "truth", tmp_path / "tracks", {"A": 6}, "mot15")


def test_tracks_in_memory_score_as_those_in_files(data: Path, tmp_path: Path) -> None:
    (sequence,) = linked(data, ("TUD-Campus",), tmp_path)
    in_memory = evaluate_sequences([(sequence, naive_links(sequence)[:, :6])])
    assert in_memory == evaluate(data / "TUD-Campus", tmp_path / "links")
    assert in_memory.overall == in_memory.sequences["TUD-Campus"]
