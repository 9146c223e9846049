"""The models of learned matching that videos are tracked with while settings are searched."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import make_folder, output_errors, publish, staging
from siamlink.tools.runners.runner import Runner
from siamlink.tools.runners.work import ShowNote
from siamlink.tools.training.annotated_video import AnnotatedVideo
from siamlink.tools.training.examples import folds
from siamlink.tools.training.examples import read_videos as read_examples
from siamlink.tools.training.fold_work import Fold, over_folds
from siamlink.tools.training.shipped_models import is_known_to_shipped_models
from siamlink.tools.tuning.choices import Models
from siamlink.tools.tuning.videos import Video
from siamlink.tracker.parameters import TrackerParameters


def choose_models(
    wanted: Models | None, parameters: TrackerParameters, videos: Iterable[Video], note: Callable[[str], None]
) -> Models:
    """The models to use: those wanted; else the shipped ones, unless they were trained on one of the videos.

    Args:
        wanted: by the user; None: not said.
        parameters: the configuration.
        videos: that settings are searched on.
        note: takes a sentence about the choice.

    Raises:
        ConfigError: the configuration names models and others are wanted, or calibrated matching.
    """
    names = [each.name for video in videos for each in video.sequences if is_known_to_shipped_models(each.name)]
    if wanted is Models.CROSSVALIDATED or (wanted is None and names and not parameters.model):
        if parameters.model:
            raise ConfigError("--models crossvalidated trains models of its own: give it, or a setting model, not both")
        if wanted is None and parameters.matching == "calibrated":
            note(f"the shipped models were trained on {', '.join(names)} too: scores are better than on new videos")
            return Models.SHIPPED
        if wanted is None:
            note(
                f"the shipped models were trained on {', '.join(names)}: each video is tracked with models trained on "
                "the others; --models shipped changes that"
            )
        parameters.learned()
        return Models.CROSSVALIDATED
    if parameters.model:
        note(f"the models in {parameters.model} must not have been trained on these videos")
    elif names:
        note(f"the shipped models were trained on {', '.join(names)}: their scores are better than on new videos")
    return Models.SHIPPED


def crossvalidated_models(
    videos: list[Video],
    parameters: TrackerParameters,
    folder: Path,
    runner: Runner,
    progress: Progress,
    note: ShowNote,
) -> tuple[Path, ...]:
    """For each video a folder of models trained on the other videos; those that are there are used again.

    Args:
        videos: all of them.
        parameters: the configuration.
        folder: for the models of these videos and this configuration.
        runner: where they are trained.
        progress: of the training.
        note: takes lines of the runner.

    Raises:
        InputError: there are too few videos to train on.
        OutputError: the models cannot be written.
    """
    paths = tuple(folder / video.sequences[0].name for video in videos)
    if all(path.is_dir() for path in paths):
        return paths
    examples = read_examples([each.sequence for video in videos for each in video.sequences], parameters, progress)
    missing = [path.name for path in paths if not path.is_dir()]
    make_folder(folder)
    over_folds(folds(examples, missing), parameters, SaveModel(folder), folder, runner, progress, note)
    return paths


@dataclass(frozen=True)
class SaveModel:
    """Writes the model of a tested sequence to a folder."""

    folder: Path

    def __call__(self, fold: Fold, tested: AnnotatedVideo, matcher: Matcher) -> None:
        """Write it."""
        with staging(self.folder) as staged, output_errors(self.folder):
            matcher.save(staged / tested.sequence.name)
            publish(staged, self.folder)
