"""Training of the second level."""

import pytest

from siamlink.association.training.link_training import TrainingParameters
from siamlink.detectors.base.errors import InputError
from siamlink.tools.training import second_level
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.second_level import train_second_level
from siamlink.tracker.parameters import TrackerParameters

FEW = TrainingParameters(link_rounds=5, detection_rounds=5)


def test_two_names_of_one_video_are_too_few(videos: list[AnnotatedVideo]) -> None:
    with pytest.raises(InputError, match="a second level needs two videos to learn from"):
        train_second_level(videos[:2], None, TrackerParameters(), FEW)


@pytest.mark.slow
def test_tracklets_are_made_by_a_first_level_of_other_videos(
    videos: list[AnnotatedVideo], monkeypatch: pytest.MonkeyPatch
) -> None:
    first_levels: list[list[str]] = []
    train_on = second_level.train_on

    def record(chosen: list[AnnotatedVideo], parameters: TrainingParameters) -> object:
        first_levels.append([video.sequence.name for video in chosen])
        return train_on(chosen, parameters)

    monkeypatch.setattr(second_level, "train_on", record)
    matcher = train_second_level(videos, None, TrackerParameters(), FEW)
    assert sorted(map(sorted, first_levels)) == [["east", "east-again"], ["west"]]
    assert matcher.link.num_boosted_rounds() > 0
    assert matcher.object.num_boosted_rounds() > 0
