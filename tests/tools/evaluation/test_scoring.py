"""Which file is scored against which sequence."""

from pathlib import Path

import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, FormatError, InputError
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.tools.evaluation import Evaluation, evaluate, evaluate_sequences


def test_every_sequence_with_ground_truth_and_results_is_scored(evaluation: Evaluation) -> None:
    assert list(evaluation.sequences) == ["A", "B"]
    assert evaluation.missing == ()
    mota = [scores.MOTA for scores in (*evaluation.sequences.values(), evaluation.overall)]
    assert mota == pytest.approx([100, 100 * 2 / 3, 100 * 5 / 6])
    assert [switch.sequence for switch in evaluation.switches] == ["B"]


def test_a_sequence_without_results_is_listed_as_missing(street: Path) -> None:
    (street / "results" / "A.txt").unlink()
    evaluation = evaluate(street / "street", street / "results")
    assert (list(evaluation.sequences), evaluation.missing) == (["B"], ("A",))


def test_an_empty_result_file_is_scored(street: Path) -> None:
    (street / "results" / "A.txt").write_text("")
    scores = evaluate(street / "street", street / "results").sequences["A"]
    assert (scores.FN, scores.FP, scores.ML, scores.HOTA, scores.MOTA) == (3, 0, 1, 0, 0)


def test_a_file_belongs_to_the_only_sequence_or_to_the_one_it_is_named_after(street: Path) -> None:
    renamed = (street / "results" / "B.txt").rename(street / "mine.txt")
    assert evaluate(street / "street" / "A", renamed).sequences["A"].IDSW == 1
    assert list(evaluate(street / "street", street / "results" / "A.txt").sequences) == ["A"]
    with pytest.raises(InputError, match=r"no results in .*mine\.txt for any of A, B; expected files such as A\.txt"):
        evaluate(street / "street", renamed)


def test_nothing_to_score_is_an_error(street: Path) -> None:
    with pytest.raises(InputError, match=r"no ground truth in .*C"):
        evaluate(street / "street" / "C", street / "results")
    with pytest.raises(InputError, match=r"no results: .*nowhere does not exist"):
        evaluate(street / "street", street / "nowhere")
    with pytest.raises(InputError, match=r"for any of A, B; .*street holds ground truth: give GT first, then RESULTS"):
        evaluate(street / "street", street / "street")
    with pytest.raises(InputError, match="not a folder"):
        evaluate(street / "nowhere", street / "results")
    (street / "walk.MP4").write_bytes(b"")
    with pytest.raises(InputError, match=r"walk\.MP4 is a video; expected a gt\.txt"):
        evaluate(street / "walk.MP4", street / "results")
    with pytest.raises(InputError, match="no sequence to score"):
        evaluate_sequences([])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,7,10,10,20,40,1\n1,7,50,10,20,40,1", "line 2.*id 7 occurs twice in frame 1"),
        ("4,7,10,10,20,40,1", "line 1, column 1: frame 4 is out of range: the last frame is 3"),
        ("1,7,10,10,x,40,1", "line 1, column 5"),
        ("1,7,10,10,nan,40,1", "line 1, column 5"),
        ("1,7,10", "line 1: expected at least 6 columns"),
    ],
)
def test_malformed_files_are_named_with_line_and_column(street: Path, line: str, message: str) -> None:
    for path in (street / "results" / "A.txt", street / "street" / "A" / "gt" / "gt.txt"):
        before = path.read_text()
        path.write_text(line)
        with pytest.raises(FormatError, match=message) as raised:
            evaluate(street / "street", street / "results")
        assert raised.value.path.samefile(path)
        path.write_text(before)


def test_an_unknown_benchmark_is_an_error(street: Path) -> None:
    with pytest.raises(ConfigError, match="unknown benchmark 'mot18'"):
        evaluate(street / "street", street / "results", benchmark="mot18")


def test_a_sequence_is_scored_once(street: Path) -> None:
    sequence = open_sequence(street / "street" / "A")
    with pytest.raises(InputError, match="two results for one sequence, A"):
        evaluate_sequences([(sequence, np.zeros((0, 6))), (sequence, np.zeros((0, 6)))])


def test_one_detection_file_cannot_belong_to_two_sequences(street: Path) -> None:
    (street / "det.txt").write_text("1,-1,10,10,20,40,1,-1,-1,-1\n")
    with pytest.raises(ConfigError, match=r"det\.txt belong to one sequence, but 2 are scored"):
        evaluate(street / "street", street / "results", detections=street / "det.txt")
