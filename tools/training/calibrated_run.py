"""Training of the models of the calibrated association on annotated sequences and simulated detectors.

The models see detections and links in tracks that were made with the models themselves. So they are trained in three
passes, each on examples made with the models of the pass before, which learned from other videos only:

1. models of objects, from the rounds that need no model;
2. the model of links, from rounds with the models of pass 1;
3. models of objects again, with the examples of pass 1 and those of finished tracks, with the models of pass 1 and 2,
   and the model of objects online, from online linking.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from siamlink.association.boosting.booster import WeightedExamples
from siamlink.association.calibrated.models import ALONE_FILE, IN_TRACK_FILE, LINKS_FILE, ONLINE_FILE, Models
from siamlink.association.training.calibrated_training import (
    CalibratedTrainingParameters,
    LabelledScene,
    early_object_examples,
    late_object_examples,
    link_examples,
    make_labelled_scene,
    online_object_examples,
    train_alone,
    train_in_track,
    train_links,
    train_online,
)
from siamlink.association.training.ground_truth import GroundTruth, identify, is_same_video, read_ground_truth
from siamlink.detectors.base.arrays import BoolArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.mot.sequence import Sequence
from siamlink.tools.console.files import staging
from siamlink.tools.runners.work import Report
from siamlink.tools.training.annotated_video import AnnotatedVideo, detection_files
from siamlink.tools.training.simulated_detections import simulate

FEWEST_DETECTIONS = 30
"""Sets of fewer detections tell too little of their video to calibrate anything."""
COMPARED_FRAMES = 20
"""Frames that are compared to recognise the same video under another name."""
Boosters = dict[str, Any]
"""Trained models by the names of their files."""
MakeExamples = Callable[[LabelledScene, Models], WeightedExamples]


@dataclass(frozen=True)
class LabelledVideo:
    """The sets of detections of one sequence, and the number of the group of videos that it belongs to."""

    scenes: list[LabelledScene]
    fold: int


def read_annotated(sequences: Iterable[Sequence], frames: int) -> list[AnnotatedVideo]:
    """Read the ground truth of every sequence that has some, in its first frames; objects of every class count.

    Raises:
        InputError: no sequence has ground truth, or one has no frame rate.
    """
    videos = []
    for sequence in sequences:
        if not sequence.truth_file.is_file():
            continue
        if sequence.frame_rate is None:
            raise InputError(f"{sequence.folder}: no frame rate; add seqinfo.ini with frameRate")
        truth = read_ground_truth(sequence, every_class=True)
        videos.append(AnnotatedVideo(sequence, _in_frames(truth, truth.boxes.frame <= frames), ()))
    if not videos:
        raise InputError("nothing to learn from: no sequence has gt/gt.txt")
    return videos


def train_calibrated(
    videos: list[AnnotatedVideo], parameters: CalibratedTrainingParameters, folder: Path, progress: Progress
) -> Boosters:
    """Train the four models on annotated sequences, of which `read_annotated` has read the ground truth.

    Args:
        videos: the sequences.
        parameters: of the training.
        folder: for models that are needed meanwhile.
        progress: of the training.

    Raises:
        InputError: there is nothing to learn from.
    """
    labelled = label(videos, parameters, progress)
    if len({video.fold for video in labelled}) < 2:
        raise InputError("nothing to learn from: at least two videos that show objects are needed")
    early = [
        [early_object_examples(scene, parameters) for scene in video.scenes]
        for video in _bar(labelled, "objects before they are tracked", progress)
    ]
    models = _FoldModels(labelled, folder, parameters)
    models.add(early, _train_objects)
    links = models.examples(lambda scene, known: link_examples(scene, known, parameters), "links", progress)
    models.add(links, _train_links)
    late = models.examples(
        lambda scene, known: late_object_examples(scene, known, parameters), "objects in tracks", progress
    )
    online = models.examples(
        lambda scene, known: online_object_examples(scene, known, parameters), "objects online", progress
    )
    progress("train", 0, None)
    objects = _train_objects([part for video in [*early, *late] for part in video], parameters)
    return (
        objects
        | _train_links([part for video in links for part in video], parameters)
        | {ONLINE_FILE: train_online([part for video in online for part in video], parameters)}
    )


def save_models(boosters: Boosters, folder: Path) -> None:
    """Write models as JSON of XGBoost."""
    for name, booster in boosters.items():
        (folder / name).write_bytes(booster.save_raw("json"))


@dataclass(frozen=True)
class CalibratedWork:
    """Trains models on several groups of videos, as tasks of a runner.

    Attributes:
        groups: the tasks are their indices.
        parameters: of the training.
        folder: for the models of each group, in a folder of its own.
    """

    groups: list[list[AnnotatedVideo]]
    parameters: CalibratedTrainingParameters
    folder: Path
    unit = "trainings"

    def name_of(self, task: int) -> str:
        """See `Work`."""
        return f"training {task + 1} of {len(self.groups)}"

    def prepare(self) -> Callable[[int, Report], Path]:
        """See `Work`."""
        return self._train

    def _train(self, task: int, report: Report) -> Path:
        """The folder of the models of a group."""
        folder = self.folder / str(task)
        with staging(self.folder) as scratch:
            boosters = train_calibrated(self.groups[task], self.parameters, scratch, report.progress)
        folder.mkdir(exist_ok=True)
        save_models(boosters, folder)
        return folder


def _train_objects(examples: list[WeightedExamples], parameters: CalibratedTrainingParameters) -> Boosters:
    return {ALONE_FILE: train_alone(examples, parameters), IN_TRACK_FILE: train_in_track(examples, parameters)}


def _train_links(examples: list[WeightedExamples], parameters: CalibratedTrainingParameters) -> Boosters:
    return {LINKS_FILE: train_links(examples, parameters)}


class _FoldModels:
    """Models for each fold of videos that learned from the other folds.

    Args:
        videos: all videos.
        folder: for the files of the models.
        parameters: of the training.
    """

    def __init__(self, videos: list[LabelledVideo], folder: Path, parameters: CalibratedTrainingParameters) -> None:
        self._videos, self._parameters = videos, parameters
        self._folders = {fold: folder / str(fold) for fold in sorted({video.fold for video in videos})}
        for each in self._folders.values():
            each.mkdir(exist_ok=True)

    def add(
        self,
        examples: list[list[WeightedExamples]],
        train: Callable[[list[WeightedExamples], CalibratedTrainingParameters], Boosters],
    ) -> None:
        """Train further models of each fold, on the examples of each video."""
        for fold, folder in self._folders.items():
            parts = [
                part for video, own in zip(self._videos, examples, strict=True) if video.fold != fold for part in own
            ]
            save_models(train(parts, self._parameters), folder)

    def examples(self, make: MakeExamples, stage: str, progress: Progress) -> list[list[WeightedExamples]]:
        """The examples of each video, made with the models of its fold."""
        models = {fold: Models.load(folder) for fold, folder in self._folders.items()}
        return [
            [make(scene, models[video.fold]) for scene in video.scenes] for video in _bar(self._videos, stage, progress)
        ]


def _bar(videos: list[LabelledVideo], stage: str, progress: Progress) -> Iterable[LabelledVideo]:
    """The videos; reports how many are done."""
    for done, video in enumerate(videos):
        progress(stage, done, len(videos))
        yield video
    progress(stage, len(videos), len(videos))


def label(
    videos: list[AnnotatedVideo], parameters: CalibratedTrainingParameters, progress: Progress
) -> list[LabelledVideo]:
    """The videos that have detections to learn from; those that show the same are in one fold."""
    labelled: list[LabelledVideo] = []
    groups: list[GroundTruth] = []
    for done, video in enumerate(videos, 1):
        scenes = [*_simulated(video, parameters), *_real(video, parameters)]
        if scenes:
            few = _thinned(video.truth, parameters.frames)
            group = next((n for n, other in enumerate(groups) if is_same_video(other, few)), len(groups))
            if group == len(groups):
                groups.append(few)
            labelled.append(LabelledVideo(scenes, group % parameters.folds))
        progress("read and simulate", done, len(videos))
    return labelled


def _simulated(video: AnnotatedVideo, parameters: CalibratedTrainingParameters) -> list[LabelledScene]:
    """Scenes of simulated detectors; their faults depend on the seed and on the name of the sequence only."""
    sequence = video.sequence
    assert sequence.frame_rate is not None
    scenes = []
    for number in range(parameters.simulations):
        random = np.random.default_rng([parameters.seed, number, *sequence.name.encode()])
        made = simulate(video.truth, sequence.size, sequence.frame_rate, random)
        identity = identify(made.detections, made.truth)
        scenes.append(make_labelled_scene(made.detections, identity, made.frame_rate, sequence.size))
    return [scene for scene in scenes if _teaches(scene)]


def _real(video: AnnotatedVideo, parameters: CalibratedTrainingParameters) -> list[LabelledScene]:
    """Scenes of the files in `det/`, which together count by the square root of their number."""
    sequence = video.sequence
    assert sequence.frame_rate is not None
    scenes = []
    for path in detection_files(sequence):
        detections = sequence.read_detections(path)
        detections = detections[detections.frame <= parameters.frames]
        identity = identify(detections, video.truth)
        scenes.append(make_labelled_scene(detections, identity, sequence.frame_rate, sequence.size))
    scenes = [scene for scene in scenes if _teaches(scene)]
    return [replace(scene, importance=parameters.real_weight / len(scenes) ** 0.5) for scene in scenes]


def _teaches(labelled: LabelledScene) -> bool:
    return len(labelled) >= FEWEST_DETECTIONS and int((labelled.identity >= 0).sum()) >= FEWEST_DETECTIONS // 2


def _in_frames(truth: GroundTruth, rows: BoolArray) -> GroundTruth:
    return GroundTruth(truth.boxes[rows], truth.identity[rows])


def _thinned(truth: GroundTruth, frames: int) -> GroundTruth:
    """The ground truth in a few of the first `frames` frames, the same ones for all videos."""
    return _in_frames(truth, (truth.boxes.frame - 1) % max(frames // COMPARED_FRAMES, 1) == 0)
