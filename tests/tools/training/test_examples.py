"""Training examples, and the folds of cross-validation."""

import shutil
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.mot.sequence import find_sequences
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.examples import excluding, folds, read_videos
from siamlink.tracker.parameters import TrackerParameters


def names(videos: list[AnnotatedVideo]) -> list[str]:
    return [video.sequence.name for video in videos]


def test_a_video_is_excluded_under_all_its_names(videos: list[AnnotatedVideo]) -> None:
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
    shutil.copytree(streets / "west", here / "west")
    shutil.copy(here / "west" / "det" / "det.txt", here / "west" / "det" / "other.txt")
    steps: list[tuple[str, int, int | None]] = []
    (video,) = read_videos(find_sequences(here / "west"), TrackerParameters(), lambda *step: steps.append(step))
    assert len(video.examples) == 2
    assert steps == [("read", 1, 1)]
