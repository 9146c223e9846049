"""Models of the other videos for each tested one."""

from pathlib import Path

import pytest

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import InputError
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.examples import folds
from siamlink.tools.training.fold_work import Fold, over_folds
from siamlink.tracker.parameters import TrackerParameters

ONE_LEVEL = TrackerParameters(levels=1)  # type: ignore[arg-type]


def run(pairs: list[tuple[AnnotatedVideo, list[AnnotatedVideo]]], use: object, folder: Path) -> list[object]:
    notes: list[str] = []
    return over_folds(pairs, ONE_LEVEL, use, folder, LocalRunner(), lambda *_: None, notes.append)  # type: ignore[arg-type]


def test_sequences_of_one_video_share_the_matcher_of_the_others(videos: list[AnnotatedVideo], tmp_path: Path) -> None:
    def keep(fold: Fold, tested: AnnotatedVideo, matcher: Matcher) -> tuple[str, bool, Matcher]:
        return tested.sequence.name, fold.learns_from(tested), matcher

    pairs = folds(videos)
    answers = run([pairs[2], pairs[0], (videos[0], videos), pairs[1], (videos[0], videos[:2])], keep, tmp_path)
    names, known, matchers = zip(*answers, strict=True)  # type: ignore[call-overload]
    assert names == ("west", "east", "east", "east-again", "east")
    assert known == (False, False, True, False, True)
    assert matchers[1] is matchers[3]
    assert matchers[0] is matchers[4], "west is tested by the model that learned from east and east-again"
    assert len({id(each) for each in matchers}) == 3
    assert all(matcher.tracklets is None and matcher.link is None for matcher in matchers)


def test_a_fold_that_fails_ends_all(videos: list[AnnotatedVideo], tmp_path: Path) -> None:
    def refuse(*_: object) -> None:
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        run(folds(videos), refuse, tmp_path)
