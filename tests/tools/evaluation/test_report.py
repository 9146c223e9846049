"""Which file is scored against which sequence, and what is written."""

import csv
import io
import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from siamlink.detectors.base.errors import ConfigError, FormatError, InputError, OutputError
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.tools.evaluation import Evaluation, Scores, evaluate, evaluate_sequences

METRICS = [field.name for field in fields(Scores)]
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
    with pytest.raises(InputError, match=r"no results in .*street for any of A, B"):
        evaluate(street / "street", street / "street")
    with pytest.raises(InputError, match="not a folder"):
        evaluate(street / "nowhere", street / "results")
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
    with pytest.raises(ConfigError, match="unknown benchmark 'kitti'"):
        evaluate(street / "street", street / "results", benchmark="kitti")


def test_a_sequence_is_scored_once(street: Path) -> None:
    sequence = open_sequence(street / "street" / "A")
    with pytest.raises(InputError, match="two results for one sequence, A"):
        evaluate_sequences([(sequence, np.zeros((0, 6))), (sequence, np.zeros((0, 6)))])


def test_json_holds_every_figure_in_full(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.to_json(tmp_path / "scores.json")
    found = json.loads((tmp_path / "scores.json").read_text())
    assert list(found) == ["sequences", "overall"]
    assert list(found["sequences"]) == ["A", "B"]
    assert list(found["overall"]) == METRICS
    assert Scores(**found["sequences"]["B"]) == evaluation.sequences["B"]
    assert Scores(**found["overall"]) == evaluation.overall
    assert isinstance(found["overall"]["IDSW"], int)


def test_csv_holds_a_row_for_each_sequence_and_the_overall_one(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.to_csv(tmp_path / "scores.csv")
    header, *rows = csv.reader(io.StringIO((tmp_path / "scores.csv").read_text()))
    assert header == ["sequence", *METRICS]
    assert [row[0] for row in rows] == ["A", "B", "overall"]
    assert [float(value) for value in rows[2][1:]] == list(asdict(evaluation.overall).values())


def test_switches_hold_frame_ids_and_boxes(evaluation: Evaluation, tmp_path: Path) -> None:
    evaluation.switches_to_csv(tmp_path / "switches.csv")
    header, *rows = (tmp_path / "switches.csv").read_text().splitlines()
    assert header == (
        "sequence,frame,gt_id,previous_track_id,new_track_id,"
        "gt_left,gt_top,gt_width,gt_height,track_left,track_top,track_width,track_height"
    )
    assert rows == ["B,3,1,7,8,10.0,10.0,20.0,40.0,12.5,10.0,20.0,40.0"]


def test_the_table_fits_into_120_columns_without_hiding_a_digit() -> None:
    worst = Scores(*[100.0] * 4, -123.4, *[100.0] * 4, 999, 999, 123456, 234567, 34567, 45678)
    names = {"MOT17-02-FRCNN": "mot17", "MOT17-04-FRCNN": "mot17"}
    table = Evaluation(dict.fromkeys(names, worst), worst, names, ()).table()
    console = Console(width=120, file=io.StringIO())
    console.print(table)
    lines = [line.split() for line in console.file.getvalue().splitlines() if line.strip()]
    assert lines[0] == ["sequence", *METRICS]
    assert lines[-1] == ["scored", "by", "the", "rules", "of", "MOT17"]
    for line, name in zip((lines[2], lines[3], lines[4]), (*names, "overall"), strict=True):
        assert line == [name, *[f"{v:.1f}" if isinstance(v, float) else str(v) for v in asdict(worst).values()]]


def test_existing_files_are_replaced_only_on_demand(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "scores.json"
    path.write_text("mine")
    for write in (evaluation.to_json, evaluation.to_csv, evaluation.switches_to_csv):
        with pytest.raises(OutputError, match="exists; --overwrite replaces it"):
            write(path)
        assert path.read_text() == "mine"
    before = set(tmp_path.iterdir())
    evaluation.to_json(path, overwrite=True)
    assert json.loads(path.read_text())["overall"]["FN"] == 0
    assert set(tmp_path.iterdir()) == before


def test_an_output_that_cannot_be_written_is_an_error(evaluation: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        evaluation.to_json(tmp_path / "nowhere" / "scores.json")
    with pytest.raises(OutputError, match="is a folder"):
        evaluation.to_json(tmp_path, overwrite=True)
    with pytest.raises(OutputError, match="cannot write"):
        evaluation.to_json(tmp_path / ("x" * 300))
