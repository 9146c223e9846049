"""One table in CSV, JSON lines and Parquet, with supervision's names first."""

import csv
import json
from dataclasses import replace

import pytest

from siamlink.tools.exporting import parquet
from siamlink.tools.exporting.options import ExportOptions
from siamlink.tools.exporting.tables import write_csv, write_jsonl

NAMES = ["x_min", "y_min", "x_max", "y_max", "class_id", "confidence", "tracker_id"]
MORE = ["frame", "time", "class_name", "interpolated", "link_probability", "found"]
THIRD = dict(
    zip(
        [*NAMES, *MORE],
        [18.25, 20, 48.25, 80, 2, 0.7, 7, 3, 0.4, 'lorry & "bus" <big>', True, 0.75, False],
        strict=True,
    )
)


def test_csv(tmp_path, video):
    write_csv(tmp_path / "a.csv", [video], ExportOptions())
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [*NAMES, *MORE]
    assert rows[2]["class_name"] == THIRD["class_name"]
    assert [float(rows[2][name]) for name in NAMES] == [THIRD[name] for name in NAMES]
    assert (rows[2]["interpolated"], rows[2]["time"], rows[4]["link_probability"]) == ("true", "0.4000", "")


def test_json_lines(tmp_path, video):
    write_jsonl(tmp_path / "a.jsonl", [video], ExportOptions())
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert rows[2] == THIRD
    assert rows[4]["link_probability"] is None
    write_jsonl(tmp_path / "none.jsonl", [replace(video, tracks=video.tracks[:0])], ExportOptions())
    assert (tmp_path / "none.jsonl").read_text() == ""


@pytest.mark.filterwarnings("ignore")
def test_parquet_has_the_run_in_its_metadata(tmp_path, video):
    pq = pytest.importorskip("pyarrow.parquet")
    parquet.write(tmp_path / "a.parquet", [video], ExportOptions())
    table = pq.read_table(tmp_path / "a.parquet")
    assert table.schema.names == [*NAMES, *MORE]
    assert table.to_pylist()[2] == pytest.approx(THIRD, abs=1e-6)
    assert table["link_probability"].null_count == 2
    types = {name: str(table.schema.field(name).type) for name in ("frame", "class_id", "time", "interpolated")}
    assert types == {"frame": "int32", "class_id": "int16", "time": "double", "interpolated": "bool"}
    facts = json.loads(table.schema.metadata[b"siamlink"])
    assert facts["run"] == {"matching": "learned"}
    assert (facts["frame_rate"], facts["frames"], facts["size"]) == (5.0, 10, [640, 480])
    parquet.write(tmp_path / "none.parquet", [replace(video, tracks=video.tracks[:0])], ExportOptions())
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0
