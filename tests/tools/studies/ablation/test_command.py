"""The commands `siamlink ablate ...`, on two synthetic streets, and the tables that they write."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.association.training.link_training import TrainingParameters
from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.studies.ablation import comparison as ablation_comparison
from siamlink.tools.studies.ablation import folds as ablation_folds
from siamlink.tools.studies.ablation import networks as ablation_networks
from siamlink.tools.studies.ablation import patches as ablation_patches
from siamlink.tools.studies.ablation import rows as ablation_run
from siamlink.tools.studies.ablation.study import Row, Study, measure
from siamlink.tools.studies.ablation.tables import by_sequence, fill_block, overall

Run = Callable[..., Any]
TINY = ("-o", "out", "--sequences", "west", "--crops", "crops", "--steps", "2")
TRACKING = ["HOTA", "MOTA", "IDF1", "IDSW"]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few trees, few crops."""
    few = TrainingParameters(link_rounds=8, detection_rounds=8, pairs_per_example=3000)
    for module in (ablation_folds, ablation_run):
        monkeypatch.setattr(module, "TrainingParameters", lambda: few)
    monkeypatch.setattr(ablation_networks, "VALIDATION_PAIRS", 8)
    monkeypatch.setattr(ablation_networks, "METRIC_CROPS", 40)
    for name, count in {"GAP_PAIRS": 20, "TRACKLET_PAIRS": 10}.items():
        monkeypatch.setattr(ablation_patches, name, count)
    for name, count in {"TIMED_PATCHES": 8, "TIMED_PAIRS": 16}.items():
        monkeypatch.setattr(ablation_comparison, name, count)


def results(kind: str) -> Any:
    return json.loads(Path("out/ablation.json").read_text())[kind]


def document(*names: str) -> Path:
    text = "".join(f"# {name}\n\n<!-- {name} -->\nNot yet.\n<!-- /{name} -->\n\n" for name in names)
    Path("tables.md").write_text(text)
    return Path("tables.md")


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_context_and_appearance_alone_and_together(siamlink: Run, painted_streets: Path) -> None:
    command = ("study", "ablate", "features", painted_streets, "-o", "out", "--appearance", "model.py:Grey")
    done = siamlink(*command, "--docs", document("features", "solvers"))
    assert (done.code, done.err) == (0, "")
    rows = results("features")["rows"]
    assert list(rows) == ["context only", "blind network", "CNN only", "CNN with context"]
    gaps = ["1", "2-3", "4-7", "8-15", "16-31", "32-63", "4+"]
    assert list(rows["CNN only"]["measures"]) == [*(f"AP {gap}" for gap in gaps), *(f"FPR95 {gap}" for gap in gaps)]
    for row in (row for name, row in rows.items() if name != "blind network"):
        assert list(row["measures"]["AP 4+"]) == ["east", "west", "all"]
        assert row["measures"]["AP 4+"]["all"] > 0.9
    for name in ("context only", "blind network", "CNN with context"):
        assert [*rows[name]["measures"]][-4:] == TRACKING
        assert rows[name]["measures"]["IDF1"]["all"] > 60
    assert "CNN with context" in done.out

    words = " ".join(map(str, command))
    text = Path("tables.md").read_text()
    assert f"    siamlink {words}\n" in text
    assert "| west | CNN with context |" in text
    assert text.endswith("# solvers\n\n<!-- solvers -->\nNot yet.\n<!-- /solvers -->\n\n")
    looked = Path("seen.txt").read_text()
    again = siamlink(*command, "--docs", "tables.md")
    assert (again.out, Path("tables.md").read_text()) == (done.out, text)
    assert Path("seen.txt").read_text() == looked, "finished rows are not made again"


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_solvers_share_rows_with_features(siamlink: Run, painted_streets: Path) -> None:
    done = siamlink("study", "ablate", "solvers", painted_streets, "-o", "out", "--appearance", "model.py:Grey")
    assert (done.code, done.err) == (0, "")
    names = ["lp, none", "hungarian, none", "lp, model.py:Grey", "hungarian, model.py:Grey"]
    assert list(results("solvers")["rows"]) == names
    rows = sorted(path.name for path in Path("out/rows").iterdir())
    assert rows == [
        f"tracks-{solver}-{name}.json" for solver in ("hungarian", "lp") for name in ("model.py_Grey", "none")
    ]
    assert sorted(path.name for path in Path("out/models").iterdir()) == ["without-east", "without-west"]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_networks_are_trained_on_crops_and_measured_on_videos(
    siamlink: Run, painted_streets: Path, crops: Path
) -> None:
    some = ("--loss", "leal-taixe", "--loss", "softmax", "--loss", "mahalanobis")
    done = siamlink("study", "ablate", "losses", painted_streets, *TINY, *some, "--docs", document("losses"))
    assert (done.code, done.err) == (0, "")
    rows = results("losses")["rows"]
    assert list(rows) == ["context only", "blind network", "leal-taixe", "softmax", "mahalanobis"]
    assert rows["blind network"]["measures"]["FPR95"]["all"] == 1
    for name in ("leal-taixe", "softmax", "mahalanobis"):
        assert list(rows[name]["measures"]) == ["AP", "FPR95", "tracklet AP", "tracklet FPR95", *TRACKING]
        assert list(rows[name]["measures"]["IDF1"]) == ["west", "all"]
        assert rows[name]["facts"]["pairs/s"] > 0
        assert (rows[name]["facts"]["loss"], rows[name]["facts"]["steps"]) == (name, 2)
    assert "| west | mahalanobis |" in Path("tables.md").read_text()
    assert sorted(path.name for path in Path("out/networks").iterdir()) == [
        "cost-function-compact-leal-taixe",
        "joint-compact-softmax",
    ]
    at_first = Path("out/rows/joint-compact-softmax.json").stat().st_mtime_ns
    shared = ("--topology", "joint", "--paper-steps", "0")
    assert siamlink("study", "ablate", "topologies", painted_streets, *TINY, *shared).code == 0
    assert Path("out/rows/joint-compact-softmax.json").stat().st_mtime_ns == at_first
    topologies = results("topologies")["rows"]
    assert topologies["joint, compact"] == rows["softmax"]
    assert results("losses")["rows"] == rows
    other = siamlink("study", "ablate", "topologies", painted_streets, *TINY[:-1], "3", *shared)
    assert "joint-compact-softmax.json was made with other settings; name another folder" in other.line


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_losses_are_compared_on_pairs_alone_by_networks_of_another_size(
    siamlink: Run, painted_streets: Path, crops: Path
) -> None:
    some = ("--loss", "bromley", "--size", "ibn", "--patches", "8", "--small-share", "0.5", "--no-tracks")
    done = siamlink("study", "ablate", "losses", painted_streets, *TINY, *some, "--docs", document("losses"))
    assert (done.code, done.err) == (0, "")
    found = results("losses")
    assert list(found["rows"]) == ["bromley"]
    assert list(found["rows"]["bromley"]["measures"]) == ["AP", "FPR95", "tracklet AP", "tracklet FPR95"]
    assert found["command"].endswith(
        "--steps 2 --size ibn --patches 8 --small-share 0.5 --no-tracks --loss bromley --sequences west"
    )
    assert "tracking" not in Path("tables.md").read_text()
    assert sorted(path.name for path in Path("out").iterdir()) == [
        *("ablation.json", "networks", "patches", "rows", "study.json")
    ]
    other = siamlink("study", "ablate", "losses", painted_streets, *TINY, *some[:-1])
    assert "cost-function-ibn-bromley.json was made with other settings; name another folder" in other.line


FAULTS = [
    (("features", "missing"), "missing is not a folder"),
    (("features", "sequences", "--sequences", "A,C"), "--sequences: no 'C' with frames, gt/ and det/det.txt: A"),
    (("features", "sequences", "--appearance", "none"), "--appearance 'none': there is nothing to measure"),
    (("solvers", "sequences"), "no other video than A to learn from"),
    (("solvers", "sequences", "--docs", "none.md"), "--docs: cannot read none.md"),
    (("solvers", "sequences", "--docs", "det.txt"), "det.txt has no block '<!-- solvers -->' ... '<!-- /solvers -->'"),
    (("losses", "sequences"), "sequences holds no person crops named ID_....jpg to train on; name a folder with"),
    (("losses", "sequences", "--crops", "crops", "--loss", "hadsel"), "did you mean 'hadsell'?"),
    (("losses", "sequences", "--crops", "crops", "--size", "tiny"), "network.size: input should be"),
    (("losses", "sequences", "--crops", "crops", "--small-share", "0.5"), "the size compact takes whole patches only"),
    (("topologies", "sequences", "--crops", "crops", "--topology", "joined"), "--topology: topology: input should be"),
]


@pytest.mark.parametrize(("arguments", "message"), FAULTS)
def test_what_cannot_be_used_is_one_line(
    siamlink: Run, sequence: Callable[..., Path], crops: Path, arguments: tuple[str, ...], message: str
) -> None:
    sequence("A")
    done = siamlink("study", "ablate", *arguments, "-o", "out")
    assert (done.code, done.out) == (2, "")
    assert message in done.line


def test_a_row_is_made_once_and_a_folder_belongs_to_one_choice_of_data(tmp_path: Path) -> None:
    study = Study(tmp_path / "out", tmp_path, ["A"])
    row = Row({"steps": 3}, {"AP": measure({"A": 0.5, "B": float("nan")})})
    assert row.measures == {"AP": {"A": 0.5, "B": None, "all": 0.5}}
    assert study.finished("mine", {"steps": 3}) is None
    study.row("mine", {"steps": 3}, lambda: row)
    again = Study(tmp_path / "out", tmp_path, ["A"])
    assert again.row("mine", {"steps": 3}, lambda: pytest.fail("made again")) == row
    with pytest.raises(ConfigError, match=r"mine\.json was made with other settings"):
        again.finished("mine", {"steps": 4})
    with pytest.raises(ConfigError, match="holds an ablation on other data or sequences"):
        Study(tmp_path / "out", tmp_path, ["A", "B"])
    (tmp_path / "out/rows/mine.json").write_text("{")
    with pytest.raises(ConfigError, match=r"mine\.json cannot be read; remove it"):
        again.finished("mine", {"steps": 3})


def test_tables_show_what_is_there_and_a_dash_for_the_rest(tmp_path: Path) -> None:
    rows = {
        "one": Row({"steps": 10, "pairs/s": 1234.5}, {"AP": {"A": 0.25, "all": 0.25}, "IDSW": {"A": 3, "all": 3}}),
        "other": Row({}, {"HOTA": {"A": 41.26, "all": None}}),
    }
    table = overall("Title", rows, ("AP", "HOTA", "IDSW"), ("steps", "pairs/s"))
    assert table.rows == (("one", "10", "1,234", "0.250", "-", "3"), ("other", "-", "-", "-", "-", "-"))
    each = by_sequence("Title", rows, ("AP", "HOTA"))
    assert [row[:2] for row in each.rows] == [("A", "one"), ("A", "other"), ("all", "one"), ("all", "other")]
    assert each.markdown().splitlines()[2:5] == [
        "| sequence |  | AP | HOTA |",
        "| --- | --- | ---: | ---: |",
        "| A | one | 0.250 | - |",
    ]
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- mine -->\nold\n<!-- /mine -->\nbelow\n")
    fill_block(page, "mine", "new\n")
    assert page.read_text() == "above\n<!-- mine -->\nnew\n<!-- /mine -->\nbelow\n"


def test_the_command_is_imported_without_what_it_needs_to_run() -> None:
    module = "siamlink.tools.studies.ablation.command"
    code = f"import sys, {module}; print({{'numpy', 'cv2', 'torch', 'xgboost'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
