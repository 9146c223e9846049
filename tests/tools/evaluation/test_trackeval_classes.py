"""Our figures by class beside those of TrackEval's KITTI data set on the same boxes."""

import contextlib
import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from siamlink.tools.evaluation import Scores, evaluate

LENGTH = 60
NAMES = {1: "car", 2: "pedestrian"}


def moving(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ground truth and results of two classes: gaps, noise, identities and classes that change."""
    rng = np.random.default_rng(seed)
    rows = []
    for identity in range(1, 13):
        x, y, dx = rng.uniform(0, 900), rng.uniform(0, 200), rng.normal(0, 6)
        width, height = rng.uniform(40, 90), rng.uniform(40, 90)
        rows += [[f, identity, x + dx * f, y, width, height, 1, 1 + identity % 2, 1] for f in range(1, LENGTH + 1)]
    truth = np.array(rows)[rng.random(len(rows)) < 0.9]
    tracks = truth[rng.random(len(truth)) < 0.8]
    tracks[:, 2:4] += rng.normal(0, 9, (len(tracks), 2))
    tracks[:, 1] += 100 * (tracks[:, 0] > rng.uniform(10, 50))
    swapped = rng.random(len(tracks)) < 0.05
    tracks[swapped, 7] = 3 - tracks[swapped, 7]
    return truth, tracks


def kitti_lines(rows: np.ndarray, score: bool) -> str:
    """KITTI text: frames and corners from 0, nothing truncated or occluded."""
    lines = (
        f"{f - 1:g} {i:g} {NAMES[int(c)].capitalize()} 0 0 -10 {x} {y} {x + w} {y + h} -1 -1 -1 -1000 -1000 -1000 -10"
        for f, i, x, y, w, h, _, c, _ in rows.tolist()
    )
    return "".join(f"{line} 0.5\n" if score else f"{line}\n" for line in lines)


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
def test_several_classes_score_as_in_trackeval(tmp_path: Path) -> None:
    names = ["0000", "0001"]
    truth_folder, results = tmp_path / "gt" / "label_02", tmp_path / "trackers" / "mine" / "data"
    for folder in (truth_folder, results):
        folder.mkdir(parents=True)
    for seed, name in enumerate(names):
        truth, tracks = moving(seed)
        (truth_folder / f"{name}.txt").write_text(kitti_lines(truth, score=False))
        (results / f"{name}.txt").write_text(kitti_lines(tracks, score=True))
    expected = trackeval_scores(tmp_path, names)
    found = evaluate(truth_folder, tmp_path / "trackers")
    ours = {name.lower(): each.overall for name, each in found.classes.items()}
    ours |= {"cls_comb_det_av": found.overall, "cls_comb_cls_av": found.class_mean}
    for name, scores in ours.items():
        assert asdict(scores) == pytest.approx(asdict(expected[name]), rel=0, abs=1e-9), name
    assert set(expected) == set(ours)
    assert min(scores.IDSW for scores in ours.values()) > 5
    assert found.notes == ()
    assert "frames are counted from 0" in found.remarks[0]
