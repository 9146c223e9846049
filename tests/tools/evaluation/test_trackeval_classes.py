"""Our figures by class beside those of TrackEval's KITTI data set on the same files."""

import contextlib
import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from siamlink.tools.evaluation import Scores, evaluate

LENGTH = 60
TYPES = ("Car", "Pedestrian", "Van", "Person", "Cyclist")
Lines = list[str]


def moving(seed: int, marked: bool) -> tuple[Lines, Lines]:
    """KITTI text of ground truth and results: gaps, noise, small boxes, identities and classes that change.

    Args:
        seed: of the random numbers.
        marked: whether objects are truncated and occluded, resemble those that are scored, and regions are ignored.
    """
    rng = np.random.default_rng(seed)
    truth, tracks = [], []
    for identity in range(1, 25):
        x, y, dx = rng.uniform(0, 900), rng.uniform(0, 200), rng.normal(0, 6)
        width, height = rng.uniform(20, 90), rng.uniform(18 if marked else 30, 90)
        kind = TYPES[identity % (len(TYPES) if marked else 2)]
        switch = rng.integers(10, LENGTH)
        for frame in np.flatnonzero(rng.random(LENGTH) < 0.9):
            left = x + dx * frame
            marks = (rng.integers(0, 2), rng.integers(0, 4)) if marked and rng.random() < 0.3 else (0, 0)
            truth.append(line(frame, identity, kind, marks, (left, y, left + width, y + height)))
            if rng.random() < 0.8:
                shift, named = rng.normal(0, 4, 2), TYPES[rng.integers(0, 2)] if rng.random() < 0.1 else kind
                box = (left + shift[0], y + shift[1], left + shift[0] + width, y + shift[1] + height)
                tracks.append(line(frame, identity + 100 * (frame > switch), named, (0, 0), box) + " 0.5")
    if marked:
        truth += [line(frame, -1, "DontCare", (-1, -1), (200, 0, 500, 150)) for frame in range(LENGTH)]
    return truth, tracks


def line(frame: int, identity: int, kind: str, marks: tuple[int, int], box: tuple[float, ...]) -> str:
    sides = " ".join(map(repr, map(float, box)))
    return f"{frame} {identity} {kind} {marks[0]} {marks[1]} -10 {sides} -1 -1 -1 -1000 -1000 -1000 -10"


def trackeval_scores(folder: Path, names: list[str]) -> dict[str, Scores]:
    """TrackEval's figures of all sequences: of each class, of all boxes, and the mean of the classes."""
    import trackeval

    (folder / "gt" / "evaluate_tracking.seqmap.training").write_text(
        "".join(f"{name} empty 000000 {LENGTH:06}\n" for name in names)
    )
    quiet = ("PRINT_RESULTS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES", "TIME_PROGRESS", "USE_PARALLEL")
    settings = {
        "GT_FOLDER": str(folder / "gt"),
        "TRACKERS_FOLDER": str(folder / "trackers"),
        "TRACKERS_TO_EVAL": ["mine"],
        "SPLIT_TO_EVAL": "training",
        "PRINT_CONFIG": False,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        metrics = [getattr(trackeval.metrics, name)({"PRINT_CONFIG": False}) for name in ("HOTA", "CLEAR", "Identity")]
        dataset = trackeval.datasets.Kitti2DBox(settings)
        dataset.should_classes_combine = True
        evaluator = trackeval.Evaluator(dict.fromkeys((*quiet, "PRINT_CONFIG"), False) | {"LOG_ON_ERROR": None})
        found, _ = evaluator.evaluate([dataset], metrics)
    return {name: Scores.from_counts(each) for name, each in found["Kitti2DBox"]["mine"]["COMBINED_SEQ"].items()}


@pytest.mark.slow
@pytest.mark.parametrize("marked", [False, True])
def test_cars_and_pedestrians_score_as_in_trackeval(tmp_path: Path, marked: bool) -> None:
    names = ["0000", "0001"]
    truth_folder, results = tmp_path / "gt" / "label_02", tmp_path / "trackers" / "mine" / "data"
    for folder in (truth_folder, results):
        folder.mkdir(parents=True)
    for seed, name in enumerate(names):
        for folder, lines in zip((truth_folder, results), moving(seed, marked), strict=True):
            (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    expected = trackeval_scores(tmp_path, names)
    found = evaluate(truth_folder, tmp_path / "trackers")
    assert set(found.benchmarks.values()) == {"kitti"}
    ours = {name.lower(): each.overall for name, each in found.classes.items()}
    ours |= {"cls_comb_det_av": found.overall, "cls_comb_cls_av": found.class_mean}
    for name, scores in ours.items():
        assert asdict(scores) == pytest.approx(asdict(expected[name]), rel=0, abs=1e-9), name
    assert set(expected) == set(ours)
    assert min(scores.IDSW for scores in ours.values()) > 5
    assert found.notes == ()
    assert "frames are counted from 0" in found.remarks[0]
    plain = evaluate(truth_folder, tmp_path / "trackers", "plain", classes=["car", "pedestrian"])
    assert (plain.overall == found.overall) is not marked
