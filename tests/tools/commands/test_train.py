"""The command `siamlink train matcher`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.association.matcher import Matcher

Run = Callable[..., Any]


@pytest.mark.slow
def test_a_trained_model_is_written_and_used(siamlink: Run, streets: Path) -> None:
    one_level = ("--set", "levels=1")
    result = siamlink("train", "matcher", streets, "--exclude", "east", "-o", "model", *one_level)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "trained on west; model in model"
    shown = {line.split()[0]: line.split()[1:] for line in lines if line.startswith(("east", "mean"))}
    assert list(shown) == ["east", "east-again", "mean"]
    assert shown["east"] == shown["east-again"] == shown["mean"]
    assert all(float(figure) > 40 for figure in shown["east"])
    assert lines[-2:] == [
        "  siamlink track VIDEO -o RESULTS --set levels=1 --set model=model    # track with the new models",
        f"  siamlink tune {streets} -o TUNING --set levels=1 --models crossvalidated    "
        "# search the settings that suit them",
    ]
    assert sorted(path.name for path in Path("model").iterdir()) == ["context.json", "detection.json"]
    Matcher.load(Path("model"))
    assert siamlink("track", streets / "west", "-o", "out", "--set", "model=model", *one_level).code == 0
    assert siamlink("track", streets / "west", "-o", "shipped", *one_level).code == 0
    assert Path("out/west.txt").read_text() != Path("shipped/west.txt").read_text()


def test_without_another_video_the_models_are_not_tested(siamlink: Run, streets: Path) -> None:
    result = siamlink("train", "matcher", streets / "west", "-o", "model", "--set", "levels=1")
    assert "not tested on other videos: there are too few videos with det/det.txt" in result.out
    untested = siamlink("train", "matcher", streets / "west", "-o", "model2", "--set", "levels=1", "--no-test")
    assert "tested" not in untested.out
    assert Path("model2/context.json").read_bytes() == Path("model/context.json").read_bytes()


def test_an_earlier_model_is_kept_unless_overwritten(siamlink: Run, streets: Path) -> None:
    Path("model").mkdir()
    Path("model/detection.json").write_text("earlier")
    result = siamlink("train", "matcher", streets / "west", "-o", "model", "--set", "levels=1")
    assert (result.code, result.line) == (2, "siamlink: model/detection.json exists; --overwrite replaces it")
    assert Path("model/detection.json").read_text() == "earlier"
    assert siamlink("train", "matcher", streets / "west", "-o", "model", "--set", "levels=1", "--overwrite").code == 0
    Matcher.load(Path("model"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing",), "missing is not a folder; expected a MOT sequence or a folder of sequences"),
        (("sequences/SEQ",), "nothing to learn from: "),
        (("sequences/SEQ", "--exclude", "SEQ"), "--exclude SEQ leaves nothing to learn from"),
        (("sequences/SEQ", "--exclude", "QES"), "--exclude QES: there are only SEQ"),
        (("sequences/SEQ", "--set", "gate.max_gap=1"), "unknown key 'gate.max_gap'"),
        (("sequences/SEQ", "-o", "det.txt"), "cannot write det.txt: it is a file; name a folder for the results"),
        (("sequences/BAD",), "gt/gt.txt, line 2, column 5: width -14 is not above 0"),
        (("sequences/NONE",), "nothing to learn from: no sequence has both gt/gt.txt and det/*.txt"),
        (("sequences/RATE",), "no frame rate; add seqinfo.ini with frameRate"),
    ],
)
def test_data_that_cannot_be_learned_from_is_one_line(
    siamlink: Run, sequence: Callable[..., Path], arguments: tuple[str, ...], message: str
) -> None:
    sequence("SEQ", None)
    truth = sequence("BAD", None) / "gt" / "gt.txt"
    truth.write_text(truth.read_text().replace(",14,", ",-14,").replace(",-14,", ",14,", 1))
    (sequence("NONE", None) / "gt" / "gt.txt").unlink()
    (sequence("RATE", None) / "seqinfo.ini").unlink()
    result = siamlink("train", "matcher", "-o", "model", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.line
    assert not [*Path().glob("model/*")]


@pytest.mark.slow
def test_with_an_appearance_the_frames_are_used(siamlink: Run, painted_streets: Path) -> None:
    setting = ("--set", "appearance=model.py:Grey", "--set", "levels=1")
    result = siamlink("train", "matcher", painted_streets, "-o", "model", "--no-test", *setting)
    assert (result.code, result.err) == (0, "")
    assert sorted(path.name for path in Path("model").iterdir()) == ["context.json", "detection.json", "link.json"]
    plain = siamlink("train", "matcher", painted_streets, "-o", "plain", "--no-test", "--set", "levels=1")
    assert plain.code == 0
    for name in ("context.json", "detection.json"):
        assert Path("plain", name).read_bytes() == Path("model", name).read_bytes()
    tracked = siamlink("track", painted_streets / "east", "-o", "out", "--no-video", "--set", "model=model", *setting)
    assert (tracked.code, tracked.err) == (0, "")
    use = json.loads(Path("out/east.json").read_text())["appearance"]
    assert use["name"] == "model.py:Grey"
    assert use["described"] == use["requested"] > 0
    line = siamlink("track", painted_streets / "east", "-o", "new", "--set", "model=plain", *setting).line
    assert "no model at plain/link.json, so the appearance 'model.py:Grey' cannot be used" in line


@pytest.mark.slow
def test_frames_that_end_early_are_noted(siamlink: Run, painted_streets: Path, here: Path) -> None:
    setting = ("--set", "appearance=model.py:Grey", "--set", "levels=1")
    assert siamlink("train", "matcher", painted_streets, "-o", "model", "--no-test", *setting).code == 0
    short = shutil.copytree(painted_streets / "west", here / "west")
    for number in range(20, 41):
        (short / "img1" / f"{number:06d}.png").unlink()
    result = siamlink("track", short, "-o", "out", "--no-video", "--set", "model=model", *setting)
    assert result.line.startswith("west: ends after 19 of 40 frames; appearance was used up to there")


@pytest.mark.slow
def test_an_appearance_without_frames_teaches_nothing(siamlink: Run, streets: Path, here: Path) -> None:
    (here / "model.py").write_text("class Flat:\n    def describe(self, image, box): return box\n")
    result = siamlink(
        "train", "matcher", streets, "-o", "model", *("--set", "appearance=model.py:Flat", "--set", "levels=1")
    )
    assert (result.code, result.out) == (2, "")
    assert result.line.endswith("in frames with images")
    assert not [*Path().glob("model/*")]


@pytest.mark.slow
def test_a_second_level_is_trained_and_used(siamlink: Run, painted_streets: Path) -> None:
    setting = ("--set", "appearance=model.py:Grey")
    result = siamlink("train", "matcher", painted_streets, "-o", "model", "--no-test", *setting)
    assert (result.code, result.err) == (0, "")
    files = ["context.json", "detection.json", "tracklet_link.json", "tracklet_object.json"]
    assert sorted(path.name for path in Path("model").iterdir()) == files
    model = ("--no-video", "--set", "model=model")
    tracked = siamlink("track", painted_streets / "east", "-o", "out", *model, *setting)
    assert (tracked.code, tracked.err) == (0, "")
    use = json.loads(Path("out/east.json").read_text())["appearance"]
    assert (use["name"], use["missing"]) == ("model.py:Grey", None)
    assert use["described"] == use["requested"] > 0
    line = siamlink("track", painted_streets / "east", "-o", "new", *model).line
    assert "tracklet_link.json was trained with the appearance 'Grey', not with 'siamese'" in line
    blind = siamlink("track", painted_streets / "east", "-o", "blind", *model, "--set", "appearance=none")
    assert blind.code == 0
    assert json.loads(Path("blind/east.json").read_text())["appearance"] is None


def test_a_second_level_needs_two_videos(siamlink: Run, streets: Path) -> None:
    result = siamlink("train", "matcher", streets / "west", "-o", "model")
    line = "siamlink: a second level needs two videos to learn from: give another video, or --set levels=1"
    assert (result.code, result.line) == (2, line)
