"""The scores of an evaluation as a table, JSON and CSV."""

import csv
import io
import json
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from rich.console import Console

from siamlink.detectors.base.errors import OutputError
from siamlink.tools.evaluation import Evaluation, Scores

METRICS = [field.name for field in fields(Scores)]


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
    console.print(table.rich())
    lines = [line.split() for line in console.file.getvalue().splitlines() if line.strip()]
    assert lines[0] == ["sequence", *METRICS]
    assert " ".join(lines[-1]) == "scored by the rules of MOT17; HOTA to IDR in percent, MT to Frag are counts"
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
