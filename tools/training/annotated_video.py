"""Annotated sequences as training examples, and which of them show the same video."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from siamlink.association.matcher import Matcher
from siamlink.association.tracklets.linking import DescribeDetections
from siamlink.association.training.ground_truth import GroundTruth, is_same_video
from siamlink.association.training.link_training import LinkExample, TrainingParameters, train_matcher
from siamlink.detectors.mot.sequence import Sequence

Item = TypeVar("Item")


@dataclass(frozen=True)
class AnnotatedVideo:
    """A sequence with its ground truth and an example for each of its detection files, by the files' names."""

    sequence: Sequence
    truth: GroundTruth
    examples: tuple[LinkExample, ...]

    @property
    def public(self) -> LinkExample:
        """The example of `det/det.txt`."""
        return self.examples[detection_files(self.sequence).index(self.sequence.detection_file)]


def detection_files(sequence: Sequence) -> list[Path]:
    """All detection files of a sequence, by name."""
    return sequence.detection_files


def without(videos: list[AnnotatedVideo], tested: AnnotatedVideo) -> list[AnnotatedVideo]:
    """The sequences that show another video than `tested`, whatever their names."""
    return [video for video in videos if video is not tested and not is_same_video(video.truth, tested.truth)]


def by_video(videos: list[AnnotatedVideo]) -> list[list[AnnotatedVideo]]:
    """The sequences grouped by video, the largest group first."""
    return sorted(
        group_by_video(videos, lambda video: video.truth),
        key=lambda group: -sum(len(example.detections) for each in group for example in each.examples),
    )


def group_by_video(items: Iterable[Item], truth: Callable[[Item], GroundTruth]) -> list[list[Item]]:
    """Items grouped by the video that their ground truth is of, in the order of the first of each group."""
    groups: list[list[Item]] = []
    for item in items:
        home = next((group for group in groups if is_same_video(truth(group[0]), truth(item))), None)
        if home is None:
            groups.append([item])
        else:
            home.append(item)
    return groups


def train_on(videos: Iterable[AnnotatedVideo], parameters: TrainingParameters) -> Matcher:
    """Train a matcher without appearance on all examples of the videos."""
    return train_matcher([example for video in videos for example in video.examples], parameters)


def recall(example: LinkExample) -> DescribeDetections | None:
    """Gives the stored descriptors, so that frames are not read again; None without descriptors."""
    descriptor = example.descriptor
    return None if descriptor is None else lambda _, rows: descriptor[rows]
