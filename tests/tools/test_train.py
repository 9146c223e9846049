"""The command `siamlink train matcher`, and the choice of videos behind it and behind cross-validation."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.errors import ConfigError, InputError
from siamlink.detectors.sequence import find_sequences
from siamlink.tools.training import AnnotatedVideo, excluding, folds, read_videos, without
from siamlink.tracker.parameters import TrackerParameters

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def videos(streets: Path) -> list[AnnotatedVideo]:
    return read_videos(find_sequences(streets), TrackerParameters(), lambda *_: None)


def names(videos: list[AnnotatedVideo]) -> list[str]:
    return [video.sequence.name for video in videos]


def test_a_trained_model_is_written_and_used(siamlink: Run, streets: Path) -> None:
    result = siamlink("train", "matcher", streets / "east", streets / "west", "-o", "model")
    assert (result.code, result.err) == (0, "")
    assert result.out == "trained on east, west; model in model\n"
    assert sorted(path.name for path in Path("model").iterdir()) == ["detection.json", "link.json"]
    Matcher.load(Path("model"))
    assert siamlink("track", streets / "west", "-o", "out", "--set", "model=model").code == 0
    assert siamlink("track", streets / "west", "-o", "shipped").code == 0
    assert Path("out/west.txt").read_text() != Path("shipped/west.txt").read_text()


def test_an_earlier_model_is_kept_unless_overwritten(siamlink: Run, streets: Path) -> None:
    Path("model").mkdir()
    Path("model/detection.json").write_text("earlier")
    result = siamlink("train", "matcher", streets / "west", "-o", "model")
    assert (result.code, result.line) == (2, "siamlink: model/detection.json exists; --overwrite replaces it")
    assert Path("model/detection.json").read_text() == "earlier"
    assert siamlink("train", "matcher", streets / "west", "-o", "model", "--overwrite").code == 0
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
def test_what_cannot_be_learned_from_is_one_line(
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


def test_one_video_under_two_names_is_left_out_together(videos: list[AnnotatedVideo]) -> None:
    east, again, west = videos
    assert names(without(videos, east)) == ["west"]
    assert names(without(videos, again)) == ["west"]
    assert names(without(videos, west)) == ["east", "east-again"]
    assert names(excluding(videos, ["east-again"])) == ["west"]
    assert names(excluding(videos, [])) == names(videos)
    with pytest.raises(ConfigError, match="leaves nothing"):
        excluding(videos, ["east", "west"])


def test_folds_train_on_other_videos_only(videos: list[AnnotatedVideo]) -> None:
    pairs = {tested.sequence.name: names(others) for tested, others in folds(videos)}
    assert pairs == {"east": ["west"], "east-again": ["west"], "west": ["east", "east-again"]}
    ((tested, others),) = folds(videos, ["west"])
    assert (tested, names(others)) == (videos[2], ["east", "east-again"])
    with pytest.raises(ConfigError, match="no 'north' with gt/ and det/"):
        folds(videos, ["north"])
    with pytest.raises(InputError, match="no other video than east to learn from"):
        folds(videos[:2])


def test_every_detection_file_is_an_example(streets: Path, here: Path) -> None:
    import shutil

    shutil.copytree(streets / "west", here / "west")
    shutil.copy(here / "west" / "det" / "det.txt", here / "west" / "det" / "other.txt")
    seen = []
    (video,) = read_videos(find_sequences(here / "west"), TrackerParameters(), lambda *step: seen.append(step))
    assert len(video.examples) == 2
    assert seen == [("read", 1, 1)]
