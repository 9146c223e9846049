"""Models of the other videos for each tested one: the folds of a cross-validation as tasks of a runner."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from siamlink.association.matcher import Matcher
from siamlink.association.training.link_training import TrainingParameters
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.runners.runner import Runner
from siamlink.tools.runners.work import Report, ShowNote
from siamlink.tools.training.annotated_video import AnnotatedVideo, train_on
from siamlink.tools.training.examples import complete, describe_videos
from siamlink.tracker.parameters import TrackerParameters

Answer = TypeVar("Answer")
Answer_co = TypeVar("Answer_co", covariant=True)
Pair = tuple[AnnotatedVideo, list[AnnotatedVideo]]
"""A tested sequence, and the sequences that its model learns from."""


@dataclass(frozen=True)
class Fold:
    """Tested sequences that have the same model.

    Attributes:
        tested: the sequences; their descriptors are known if there is an appearance.
        others: the sequences that the model learns from, likewise.
        matcher: trained on `others`, so far without appearance and second level.
    """

    tested: list[AnnotatedVideo]
    others: list[AnnotatedVideo]
    matcher: Matcher

    def learns_from(self, video: AnnotatedVideo) -> bool:
        """Whether the model learns from a sequence."""
        return any(video is other for other in self.others)


class Use(Protocol[Answer_co]):
    """What is done with a tested sequence and its model, in the process that has trained it; it is pickled."""

    def __call__(self, fold: Fold, tested: AnnotatedVideo, matcher: Matcher) -> Answer_co:
        """The answer for the sequence."""


@dataclass(frozen=True)
class FoldWork(Generic[Answer]):
    """Completes the models of folds, and uses them.

    Attributes:
        folds: the tasks are their indices.
        tracking: the settings that the models are for.
        parameters: of the training.
        use: what is done with each tested sequence.
        folder: that `use` writes to.
    """

    folds: list[Fold]
    tracking: TrackerParameters
    parameters: TrainingParameters
    use: Use[Answer]
    folder: Path
    unit = "train and track"

    def name_of(self, task: int) -> str:
        """See `Work`."""
        return f"the models for {', '.join(video.sequence.name for video in self.folds[task].tested)}"

    def prepare(self) -> Callable[[int, Report], list[Answer]]:
        """See `Work`."""
        appearance = self.tracking.load_appearance()

        def do(task: int, report: Report) -> list[Answer]:
            fold = self.folds[task]
            matcher = complete(fold.matcher, appearance, fold.others, self.tracking, self.parameters)
            return [self.use(fold, tested, matcher) for tested in fold.tested]

        return do


def over_folds(
    pairs: list[Pair],
    tracking: TrackerParameters,
    use: Use[Answer],
    folder: Path,
    runner: Runner,
    progress: Progress,
    note: ShowNote,
) -> list[Answer]:
    """Train a model for each tested sequence, and use it; every frame is decoded once, in this process.

    Sequences that learn from the same others share their model.

    Args:
        pairs: the tested sequences.
        tracking: the settings that the models are for.
        use: what is done with a sequence and its model.
        folder: that `use` writes to.
        runner: where models are trained and used.
        progress: of reading, and of the folds.
        note: takes lines of the runner.

    Returns:
        What `use` answers for each pair.

    Raises:
        SiamlinkError: there is nothing to learn from, or a fold fails.
    """
    parameters = TrainingParameters(context=tracking.context, pair_label=tracking.pair_label)
    work = FoldWork(make_folds(pairs, tracking, parameters, progress), tracking, parameters, use, folder)
    answers = {
        (video.sequence.name, *_names(fold.others)): answer
        for fold, by_video in zip(work.folds, runner.answers(work, range(len(work.folds)), progress, note), strict=True)
        for video, answer in zip(fold.tested, by_video, strict=True)
    }
    return [answers[tested.sequence.name, *_names(others)] for tested, others in pairs]


def make_folds(
    pairs: list[Pair], tracking: TrackerParameters, parameters: TrainingParameters, progress: Progress
) -> list[Fold]:
    """Train the models by context, and describe all sequences if there is an appearance.

    Raises:
        InputError: there is nothing to learn from.
    """
    tested_by: dict[tuple[str, ...], list[str]] = {}
    for tested, others in pairs:
        tested_by.setdefault(_names(others), []).append(tested.sequence.name)
    videos = {video.sequence.name: video for tested, others in pairs for video in (tested, *others)}
    matchers: list[Matcher] = []
    for done, names in enumerate(tested_by):
        progress("train", done, len(tested_by))
        matchers.append(train_on([videos[name] for name in names], parameters))
    appearance = tracking.load_appearance()
    if appearance is not None:
        described = describe_videos([*videos.values()], matchers, appearance, tracking, progress)
        videos = dict(zip(videos, described, strict=True))
    return [
        Fold([videos[name] for name in tested], [videos[name] for name in names], matcher)
        for (names, tested), matcher in zip(tested_by.items(), matchers, strict=True)
    ]


def _names(videos: list[AnnotatedVideo]) -> tuple[str, ...]:
    return tuple(video.sequence.name for video in videos)
