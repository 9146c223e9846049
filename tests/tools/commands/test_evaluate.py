"""The command `siamlink evaluate`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from siamlink.detectors.base.errors import InputError, OutputError
from siamlink.tools.commands.evaluate import evaluate

LINE = "1,1,10,10,20,40,1,-1,-1,-1\n"
app = typer.Typer()
app.command()(evaluate)


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Sequences A and B, and results of A."""
    for name in ("A", "B"):
        (tmp_path / "street" / name / "gt").mkdir(parents=True)
        (tmp_path / "street" / name / "gt" / "gt.txt").write_text(LINE)
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "A.txt").write_text(LINE)
    return tmp_path


def run(street: Path, *options: str) -> tuple[int, str, str, BaseException | None]:
    result = CliRunner().invoke(app, [str(street / "street"), str(street / "results"), *options])
    return result.exit_code, result.stdout, result.stderr, result.exception


def test_the_table_is_printed_and_missing_results_are_named(street: Path) -> None:
    code, stdout, stderr, _ = run(street)
    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in stdout.splitlines() if line.strip()}
    assert rows["A"] == rows["overall"]
    assert rows["A"][:5] == ["100.0"] * 5
    assert "B" not in rows
    assert stderr.strip() == "warning: not scored, no results: B"


def test_files_are_written_where_they_are_named(street: Path) -> None:
    names = ("--json", "--csv", "--events")
    options = [text for name in names for text in (name, str(street / name[2:]))]
    assert run(street, *options)[0] == 0
    assert json.loads((street / "json").read_text())["overall"]["HOTA"] == pytest.approx(100)
    assert (street / "csv").read_text().splitlines()[-1].startswith("overall,100.0")
    assert len((street / "events").read_text().splitlines()) == 1


def test_an_output_that_exists_stops_the_command_before_any_is_written(street: Path) -> None:
    (street / "csv").write_text("mine")
    options = ("--json", str(street / "json"), "--csv", str(street / "csv"))
    code, stdout, _, error = run(street, *options)
    assert (code, stdout) == (1, "")
    assert isinstance(error, OutputError)
    assert not (street / "json").exists()
    assert run(street, *options, "--overwrite")[0] == 0
    assert (street / "csv").read_text() != "mine"


def test_errors_are_left_to_the_program(street: Path) -> None:
    (street / "results" / "A.txt").unlink()
    assert isinstance(run(street)[3], InputError)


def test_the_command_is_imported_without_what_it_needs_to_run() -> None:
    module = "siamlink.tools.commands.evaluate"
    code = f"import sys, {module}; print({{'numpy', 'scipy', 'trackeval', 'pandas'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.slow
def test_scoring_raises_no_warning_and_prints_only_the_table(street: Path) -> None:
    code = "import typer, siamlink.tools.commands.evaluate as e; typer.run(e.evaluate)"
    arguments = [str(street / "street" / "A"), str(street / "results")]
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    assert found.stderr == ""
    assert found.stdout.split()[0] == "sequence"


def test_py_motmetrics_agrees_on_a_street(streets: Path, tmp_path: Path) -> None:
    from siamlink.tools.synthetic.street import street

    results = tmp_path / "tracks"
    results.mkdir()
    for name, seed, width, height in (("east", 200, 960, 540), ("west", 201, 640, 360)):
        lines = street(90, seed, width, height).truth().to_mot_text().splitlines()
        half = len(lines) // 2
        wrong = [line for row, line in enumerate(lines[:half]) if row % 7]
        wrong += [line.replace(",", ",9", 1) for line in lines[half:]]
        (results / f"{name}.txt").write_text("\n".join(wrong) + "\n")
    result = CliRunner().invoke(app, [str(streets), str(results), "--check"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "py-motmetrics agrees on MOTA, IDF1, IDSW, FP, FN in 2 sequences"


def test_a_difference_is_named_and_the_exit_code_is_1(street: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import siamlink.tools.evaluation.crosscheck as module

    right = module.motmetrics_summary
    monkeypatch.setattr(module, "motmetrics_summary", lambda *given: right(*given) | {"IDSW": 2.0, "FP": 1.0})
    code, stdout, _, _ = run(street, "--check")
    assert code == 1
    assert stdout.splitlines()[-1] == "py-motmetrics differs: A IDSW 0, there 2; A FP 0, there 1"


def test_the_check_skips_a_sequence_without_ground_truth_boxes(street: Path) -> None:
    (street / "street" / "B" / "gt" / "gt.txt").write_text("")
    (street / "results" / "B.txt").write_text("")
    (street / "results" / "A.txt").write_text("")
    code, stdout, _, _ = run(street, "--check")
    assert (code, stdout.splitlines()[-1]) == (0, "py-motmetrics agrees on MOTA, IDF1, IDSW, FP, FN in 2 sequences")
