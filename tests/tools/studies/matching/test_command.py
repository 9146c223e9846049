"""The command `siamlink study match`, and what is measured behind it."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.association.training.verification_metrics import roc
from siamlink.tools.studies.matching.evaluation import (
    GapScore,
    MatchResult,
    PairScore,
)
from siamlink.tools.studies.matching.report import as_dict, draw_roc, short_names
from siamlink.tools.studies.matching.samples import (
    MatchParameters,
)

Run = Callable[..., Any]
Make = Callable[..., Path]
ASK = MatchParameters()


def quiet(*_: object) -> None:
    """Report nothing."""


def figures(folder: str = "out") -> Any:
    return json.loads(Path(folder, "match.json").read_text())


def rows(out: str) -> list[list[str]]:
    """The cells of all rows of all tables."""
    return [line.split() for line in out.splitlines() if line.startswith(("A ", "mean "))]


def test_appearances_that_know_the_walkers_are_right_and_a_blind_one_guesses(siamlink: Run, walks: Make) -> None:
    names = ["model.py:Colour", "model.py:Pairwise", "model.py:Blind"]
    specs = ("--appearance", names[0], "--appearance", ",".join(names))
    done = siamlink("study", "match", walks("A"), *specs, "-o", "out", "--json", "F")
    assert (done.code, done.err) == (0, "")
    right = [["1.000"] * 5, ["0.000"] * 5, ["2", "2", "1.000", "0.000"], ["1.000"]]
    shown = rows(done.out)
    for at, name in enumerate(names[:2]):
        assert shown[at::6] == [["A", name, *cells] for cells in right]
        assert shown[at + 3 :: 6] == [["mean", name, *("-" if c == "2" else c for c in cells)] for cells in right]
    assert Path("F").read_text() == Path("out/match.json").read_text()
    assert Path("out/roc.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path("out").iterdir()) == ["match.json", "roc.png"]

    found = figures()
    own = found["sequences"]["A"]
    assert list(own) == list(found["mean"]) == list(found["appearances"]) == names
    gaps = [(each["first_gap"], each["last_gap"]) for each in own[names[0]]["detections"]]
    assert gaps == [(1, 1), (2, 3), (4, 7), (8, 15), (16, 31)]
    assert own[names[0]] == own[names[1]]
    assert own[names[0]]["tracklets"] == {"same": 2, "different": 2, "ap": 1, "fpr95": 0}
    assert own[names[0]]["one_shot"] == {"ways": 2, "accuracy": 1}
    assert found["mean"][names[0]]["tracklets"] == {"ap": 1, "fpr95": 0}
    assert own[names[2]]["tracklets"] == {"same": 2, "different": 2, "ap": 0.5, "fpr95": 1}
    assert own[names[2]]["one_shot"]["accuracy"] == 0.5
    for each in own[names[2]]["detections"]:
        assert each["ap"] == pytest.approx(each["same"] / (each["same"] + each["different"]))


def result(sequence: str, ap: float, ways: int, accuracy: float, *gaps: int) -> MatchResult:
    score = PairScore(3, 4, ap, 1 - ap, roc(np.array([1.0, 0.0]), np.array([True, False])))
    scores = tuple(GapScore(first, 2 * first - 1, score) for first in gaps)
    return MatchResult(sequence, "described", scores, score, ways, accuracy)


def test_means_are_over_the_sequences_where_a_figure_is_defined(tmp_path: Path) -> None:
    nan = float("nan")
    results = [
        result("A", 0.2, 20, 0.5, 1, 2),
        result("B", 0.6, 20, 0.7, 1),
        result("C", nan, 8, 0.9, 1),
        result("D", nan, 0, nan),
    ]
    found = as_dict(results)
    assert found["mean"]["described"] == {
        "detections": [
            {"first_gap": 1, "ap": pytest.approx(0.4), "fpr95": pytest.approx(0.6)},
            {"first_gap": 2, "ap": pytest.approx(0.2), "fpr95": pytest.approx(0.8)},
        ],
        "tracklets": {"ap": pytest.approx(0.4), "fpr95": pytest.approx(0.6)},
        "one_shot": [{"ways": 8, "accuracy": 0.9}, {"ways": 20, "accuracy": pytest.approx(0.6)}],
    }
    assert found["sequences"]["D"]["described"]["one_shot"] == {"ways": 0, "accuracy": None}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    draw_roc(results, tmp_path / "roc.png")
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")


def test_without_pairs_of_both_kinds_nothing_is_defined() -> None:
    for same in ([], [True, True], [False]):
        score = PairScore.of(np.ones(len(same), np.float32), np.array(same, bool))
        assert (score.same, score.different) == (sum(same), len(same) - sum(same))
        assert np.isnan([score.average_precision, score.fpr95]).all()


def test_names_are_shown_without_folders_unless_two_would_be_equal() -> None:
    assert short_names(["siamese", "onnx:/models/net.onnx", "/my/own.py:Looks"]) == {
        "siamese": "siamese",
        "onnx:/models/net.onnx": "onnx:net.onnx",
        "/my/own.py:Looks": "own.py:Looks",
    }
    assert set(short_names(["onnx:a/net.onnx", "onnx:b/net.onnx"]).values()) == {"onnx:a/net.onnx", "onnx:b/net.onnx"}


def test_sequences_that_lack_something_are_passed_over_with_a_note(siamlink: Run, walks: Make, sequence: Make) -> None:
    walks("A")
    (walks("B") / "gt" / "gt.txt").unlink()
    sequence("C", None)
    (sequence("D", None) / "det" / "det.txt").unlink()
    done = siamlink("study", "match", "sequences", "sequences/A", "--appearance", "model.py:Blind", "-o", "out")
    assert done.code == 0
    assert done.err.splitlines() == [
        "B is skipped: it has no gt/gt.txt",
        "C is skipped: it has no frames",
        "D is skipped: it has no det/det.txt and no frames",
    ]
    assert list(figures()["sequences"]) == ["A"]


def test_earlier_results_are_kept_unless_overwritten(siamlink: Run, walks: Make) -> None:
    arguments = ("study", "match", walks("A"), "--appearance", "model.py:Blind", "-o", "out")
    Path("out").mkdir()
    for name in ("match.json", "roc.png"):
        Path("out", name).write_text("earlier")
        assert siamlink(*arguments).line == f"siamlink: out/{name} exists; --overwrite replaces it"
        Path("out", name).unlink()
    Path("F").write_text("earlier")
    assert siamlink(*arguments, "--json", "F").line == "siamlink: F exists; --overwrite replaces it"
    assert siamlink(*arguments, "--json", "F", "--overwrite").code == 0
    assert Path("F").read_text() == Path("out/match.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "missing is not a folder; expected a MOT sequence or a folder of sequences"),
        (("sequences/A", "--detections", "det/other.txt"), "no sequence has frames, gt/gt.txt and det/other.txt"),
        (("sequences/A", "--ways", "1"), "ways: input should be greater than or equal to 2, got 1"),
        (("sequences/A", "--appearance", "none"), "--appearance 'none': there is nothing to measure"),
        (("sequences/A", "--appearance", "onnx:missing.onnx"), "missing.onnx"),
        (("sequences/A", "--appearance", "model.py:Colours"), "did you mean 'Colour'?"),
        (("sequences/A", "--appearance", "model.py:Unsure"), "'model.py:Unsure' gives values that are not finite"),
        (("sequences/A", "--appearance", "model.py:Changes"), "of 2 numbers in one frame, of 3 in another"),
        (("sequences/A", "-o", "det.txt"), "cannot write det.txt: it is a file; name a folder for the results"),
        (("sequences/A", "sequences/copy"), "have one name; rename one"),
        (("sequences/RATE",), "no frame rate; add seqinfo.ini with frameRate"),
        (("sequences/SHORT",), "but there are detections in frame 30"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    siamlink: Run, walks: Make, arguments: tuple[str, ...], message: str
) -> None:
    shutil.copytree(walks("A"), "sequences/copy/A")
    (walks("RATE") / "seqinfo.ini").unlink()
    line = "30,1,60,50,14,40,1,-1,-1,-1\n"
    short = walks("SHORT", line)
    (short / "seqinfo.ini").write_text("[Sequence]\nframeRate=12\n")
    with (short / "gt" / "gt.txt").open("a") as truth:
        truth.write(line)
    done = siamlink("study", "match", "-o", "out", "--appearance", "model.py:Colour", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.line
    assert not Path("out").exists()


def test_the_command_is_imported_without_what_it_needs_to_run() -> None:
    module = "siamlink.tools.studies.matching.command"
    code = f"import sys, {module}; print({{'numpy', 'cv2', 'torch', 'matplotlib'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
