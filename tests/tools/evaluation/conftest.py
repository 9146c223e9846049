"""Two small sequences with results."""

from pathlib import Path

import pytest

from siamlink.tools.evaluation import Evaluation, evaluate

TRUTH = "1,1,10,10,20,40,1,-1,-1,-1\n2,1,10,10,20,40,1,-1,-1,-1\n3,1,10,10,20,40,1,-1,-1,-1\n"
SWITCHED = "1,7,10,10,20,40,1,-1,-1,-1\n2,7,10,10,20,40,1,-1,-1,-1\n3,8,12.5,10,20,40,1,-1,-1,-1\n"


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Sequences A and B with three frames of ground truth, C without any, and results/A.txt and B.txt."""
    for name in ("A", "B", "C"):
        (tmp_path / "street" / name / "gt").mkdir(parents=True)
        (tmp_path / "street" / name / "seqinfo.ini").write_text("[Sequence]\nseqLength=3\n")
    (tmp_path / "results").mkdir()
    for name, tracks in (("A", TRUTH), ("B", SWITCHED)):
        (tmp_path / "street" / name / "gt" / "gt.txt").write_text(TRUTH)
        (tmp_path / "results" / f"{name}.txt").write_text(tracks)
    return tmp_path


@pytest.fixture
def evaluation(street: Path) -> Evaluation:
    return evaluate(street / "street", street / "results")
