"""The folds of an ablation: each tested video, with models of context trained on the other videos."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.matcher import CONTEXT_FILE, DETECTION_FILE, Matcher
from siamlink.association.training.link_training import TrainingParameters
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence, find_sequences
from siamlink.detectors.mot.text import read_rows
from siamlink.tools.console.files import make_folder, publish, staging
from siamlink.tools.evaluation import evaluate_sequences
from siamlink.tools.studies.ablation.study import ALL, Measure, Row
from siamlink.tools.training.annotated_video import AnnotatedVideo, train_on
from siamlink.tools.training.examples import add_appearance_on, compare_videos, folds, look_up, read_videos
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import open_input
from siamlink.tracker.runs.options import TrackingOptions
from siamlink.tracker.runs.track import track_input

MODELS, TRACKS = "models", "tracks"
TRACKING = ("HOTA", "MOTA", "IDF1", "IDSW")


@dataclass(frozen=True)
class Fold:
    """A tested video, the training videos, and their model of context.

    Attributes:
        tested: the video.
        others: the training videos, all of another scene.
        matcher: trained on `others`, without appearance.
        left_out: the name of the fold; sequences of one video share it.
    """

    tested: AnnotatedVideo
    others: list[AnnotatedVideo]
    matcher: Matcher
    left_out: str


def testable(sequences: Iterable[Sequence]) -> list[str]:
    """The names of the sequences with ground truth, frames and public detections.

    Raises:
        InputError: there is none.
    """
    names = [
        sequence.name
        for sequence in sequences
        if sequence.frames and sequence.truth_file.is_file() and sequence.detection_file.is_file()
    ]
    if not names:
        raise InputError("nothing to measure on: no sequence has frames, gt/gt.txt and det/det.txt")
    return names


def read_folds(
    data: Path, names: list[str] | None, folder: Path, parameters: TrackerParameters, progress: Progress
) -> list[Fold]:
    """Read all annotated sequences of a folder, and train or load a model of context for each tested video.

    Args:
        data: the folder.
        names: the sequences to test; None: all with frames.
        folder: of the ablation, where the models are stored.
        parameters: of the tracker.
        progress: receives reading and training.

    Raises:
        ConfigError: there is no sequence of a name.
        InputError: there is nothing to test or to learn from.
    """
    sequences = find_sequences(data)
    pairs = folds(read_videos(sequences, parameters, progress), names or testable(sequences))
    every = {video.sequence.name for tested, others in pairs for video in (tested, *others)}
    trained: dict[str, Matcher] = {}
    made = []
    for done, (tested, others) in enumerate(pairs):
        progress("train context", done, len(pairs))
        left_out = "+".join(sorted(every - {video.sequence.name for video in others}))
        if left_out not in trained:
            trained[left_out] = _context(others, folder / MODELS / f"without-{left_out}")
        made.append(Fold(tested, others, trained[left_out], left_out))
    progress("train context", len(pairs), len(pairs))
    return made


def _context(videos: list[AnnotatedVideo], folder: Path) -> Matcher:
    if (folder / CONTEXT_FILE).is_file() and (folder / DETECTION_FILE).is_file():
        return Matcher.load(folder)
    matcher = train_on(videos, TrainingParameters())
    make_folder(folder)
    with staging(folder) as staged:
        matcher.save(staged)
        publish(staged, folder)
    return matcher


def videos_of(made: list[Fold]) -> dict[str, AnnotatedVideo]:
    """All videos of folds, by name."""
    return {video.sequence.name: video for fold in made for video in (fold.tested, *fold.others)}


def compare_all(
    made: list[Fold], appearance: Appearances, parameters: TrackerParameters, progress: Progress
) -> dict[str, AnnotatedVideo]:
    """All videos with their open pairs compared by an appearance, in one pass over their frames."""
    videos, matchers = videos_of(made), [fold.matcher for fold in made]
    return dict(
        zip(videos, compare_videos([*videos.values()], matchers, appearance, parameters, progress), strict=True)
    )


def with_appearance(
    made: list[Fold], compared: dict[str, AnnotatedVideo], appearance: Appearances, parameters: TrackerParameters
) -> Iterator[tuple[AnnotatedVideo, Matcher]]:
    """Each tested video with a matcher trained on the appearance of the other videos."""
    trained: dict[str, Matcher] = {}
    for fold in made:
        if fold.left_out not in trained:
            others = [compared[video.sequence.name] for video in fold.others]
            trained[fold.left_out] = add_appearance_on(
                fold.matcher, appearance, others, parameters, TrainingParameters()
            )
        yield compared[fold.tested.sequence.name], trained[fold.left_out]


def by_context(made: list[Fold]) -> Iterator[tuple[AnnotatedVideo, Matcher]]:
    """Each tested video with its matcher without appearance."""
    return ((fold.tested, fold.matcher) for fold in made)


def track(
    tested: Iterable[tuple[AnnotatedVideo, Matcher]], parameters: TrackerParameters, folder: Path, progress: Progress
) -> Row:
    """Track videos from their public detections, each by its matcher, and score them.

    Args:
        tested: the videos with their matchers.
        parameters: of the tracker.
        folder: for the tracks.
        progress: receives each video.
    """
    make_folder(folder)
    tracked = []
    for done, (video, matcher) in enumerate(tested, 1):
        sequence = video.sequence
        source = open_input(sequence.folder, sequence.detection_file)
        tracks = track_input(
            source, TrackingOptions(parameters.learned(), matcher=matcher, appearance=look_up(video.public))
        ).tracks
        with staging(folder) as staged:
            (staged / f"{sequence.name}.txt").write_text(tracks.to_mot_text(), encoding="ascii")
            publish(staged, folder)
        tracked.append((sequence, read_rows(folder / f"{sequence.name}.txt")))
        progress(f"track {folder.name}", done, None)
    scores = evaluate_sequences(tracked).as_dict()
    return Row(measures={name: _measure(scores, name) for name in TRACKING})


def _measure(scores: dict[str, dict[str, dict[str, float]]], name: str) -> Measure:
    by_sequence: Measure = {sequence: figures[name] for sequence, figures in scores["sequences"].items()}
    return {**by_sequence, ALL: scores["overall"][name]}  # type: ignore[dict-item]
