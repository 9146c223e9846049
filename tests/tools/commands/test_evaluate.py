"""The command `siamlink evaluate`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from siamlink.detectors.base.errors import ConfigError, InputError, OutputError
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


def test_results_are_not_replaced_by_their_scores(street: Path) -> None:
    truth, results = street / "street" / "A" / "gt" / "gt.txt", street / "results" / "A.txt"
    asked = CliRunner().invoke(app, [str(truth), str(results), "--json", str(results), "--overwrite"])
    assert (asked.exit_code, asked.stdout) == (1, "")
    assert str(asked.exception) == f"{results} is the input and is not replaced; write somewhere else"


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


def test_a_warning_is_an_error_where_it_is_asked_for(street: Path) -> None:
    (street / "results" / "X.txt").write_text(LINE)
    code, stdout, stderr, error = run(street, "--strict", "--json", str(street / "json"))
    assert (code, stdout) == (1, "")
    assert isinstance(error, InputError)
    assert str(error) == "2 warnings, and with --strict nothing is scored then"
    assert stderr.splitlines() == [
        "warning: not scored, no results: B",
        "warning: results of unknown sequences: X",
    ]
    assert not (street / "json").exists()
    assert run(street, "--strict", "--sequences", "A", "--json", str(street / "json"))[0] == 1
    (street / "results" / "X.txt").unlink()
    assert run(street, "--strict", "--sequences", "A")[0] == 0


def test_sequences_are_chosen_by_name_or_seqmap(street: Path) -> None:
    (street / "map.txt").write_text("name\nA\n")
    for options in (("--sequences", "A"), ("--sequences", " A ,"), ("--seqmap", str(street / "map.txt"))):
        code, stdout, stderr, _ = run(street, *options)
        assert (code, stderr) == (0, "")
        assert stdout.split().count("A") == 1
    assert isinstance(run(street, "--sequences", "A", "--seqmap", "x")[3], ConfigError)
    assert isinstance(run(street, "--sequences", "Z")[3], ConfigError)


def test_without_ground_truth_there_is_a_dash_and_null(street: Path) -> None:
    (street / "street" / "A" / "gt" / "gt.txt").write_text(LINE.replace(",1,-1", ",0,-1"))
    (street / "results" / "A.txt").write_text("".join(LINE.replace("1,1,", f"{f},1,", 1) for f in (1, 2)))
    code, stdout, stderr, _ = run(street, "--json", str(street / "json"), "--csv", str(street / "csv"))
    assert code == 0
    assert "no row of the ground truth counts" in stderr
    rows = {line.split()[0]: line.split()[1:] for line in stdout.splitlines() if line.strip()}
    assert rows["A"] == rows["overall"] == ["-"] * 9 + ["0", "0", "2", "0", "0", "0"]
    assert json.loads((street / "json").read_text())["overall"]["MOTA"] is None
    assert (street / "csv").read_text().splitlines()[-1] == "overall,,,,,,,,,,0,0,2,0,0,0"


@pytest.fixture
def crossing(tmp_path: Path) -> Path:
    """A sequence of a car and a bus, of classes 0 and 1, that both results take for the other at the end."""
    (tmp_path / "street" / "A" / "gt").mkdir(parents=True)
    (tmp_path / "results").mkdir()
    rows = [(f, n, 100 * n + 5 * f) for n in (0, 1) for f in (1, 2, 3, 4)]
    truth = "".join(f"{f},{n},{x},10,40,40,1,{n},1\n" for f, n, x in rows)
    tracks = "".join(f"{f},{n + 7 + 10 * (f > 2)},{x},10,40,40,0.9,{n if f < 4 else 1 - n},-1,-1\n" for f, n, x in rows)
    (tmp_path / "street" / "A" / "gt" / "gt.txt").write_text(truth)
    (tmp_path / "results" / "A.txt").write_text(tracks)
    (tmp_path / "names.txt").write_text("car\nbus\n")
    return tmp_path


def test_classes_have_rows_of_their_own(crossing: Path) -> None:
    files = [text for name in ("json", "csv", "events") for text in (f"--{name}", str(crossing / name))]
    code, stdout, stderr, _ = run(crossing, "--class-names", str(crossing / "names.txt"), *files, "--check")
    assert (code, stderr) == (0, "")
    rows = [line.split() for line in stdout.splitlines() if line.startswith(("A", "overall"))]
    assert [row[:2] for row in rows] == [
        [name, each] for name, parts in (("A", ("car", "bus", "all")), ("overall", ("car", "bus", "all", "mean")))
        for each in parts
    ]  # fmt: skip
    assert [row[6] for row in rows] == ["25.0"] * 7
    assert stdout.splitlines()[-1] == "py-motmetrics agrees on MOTA, IDF1, IDSW, FP, FN in 1 sequence"
    found = json.loads((crossing / "json").read_text())
    assert list(found["classes"]) == ["car", "bus"]
    assert found["classes"]["car"]["overall"]["FN"] == found["classes"]["car"]["sequences"]["A"]["FN"] == 1
    assert (found["overall"]["FN"], found["class_mean"]["FN"]) == (2, 2)
    assert (crossing / "csv").read_text().splitlines()[0].startswith("sequence,class,HOTA")
    assert [line.rsplit(",", 1)[1] for line in (crossing / "events").read_text().splitlines()] == [
        "class",
        "car",
        "bus",
    ]


def test_a_class_alone_and_all_as_one(crossing: Path) -> None:
    code, stdout, _, _ = run(crossing, "--class-names", str(crossing / "names.txt"), "--classes", "BUS")
    assert code == 0
    assert [line.split()[5] for line in stdout.splitlines() if line.startswith("A")] == ["25.0"]
    code, stdout, _, _ = run(crossing, "--classes", "any")
    assert [line.split()[5] for line in stdout.splitlines() if line.startswith("A")] == ["75.0"]
    assert isinstance(run(crossing, "--classes", "dog")[3], ConfigError)


def test_how_the_results_are_to_be_read_can_be_said(street: Path) -> None:
    (street / "results" / "A.txt").write_text("0,1,10,10,30,50,1,-1,-1,-1\n")
    assert "counted from 1" in str(run(street)[3])
    code, stdout, _, _ = run(street, "--box-format", "xyxy", "--frames-from", "0")
    assert (code, stdout.splitlines()[2].split()[1]) == (0, "100.0")
