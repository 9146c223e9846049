"""The videos that settings are searched on: sequences with ground truth, grouped by the video they show."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.training.ground_truth import read_ground_truth
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.fingerprint import file_digest
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.mot.sequence import Sequence, find_sequences
from siamlink.tools.console.files import make_folder, output_errors
from siamlink.tools.evaluation.classes import Annotated
from siamlink.tools.evaluation.layouts import TruthFile
from siamlink.tools.evaluation.reading import read_truth
from siamlink.tools.training.annotated_video import group_by_video
from siamlink.tools.training.known_appearance import known_appearance
from siamlink.tracker.cache.frame_cache import open_frame_cache
from siamlink.tracker.cache.record_store import RecordDatabase
from siamlink.tracker.linking.appearance import FrameDescriber, describe_detections
from siamlink.tracker.linking.appearance_source import KnownAppearance
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput, open_input


@dataclass(frozen=True)
class TunedSequence:
    """A sequence with its detections and its ground truth.

    Attributes:
        sequence: its folder.
        source: its detections, and its frames if there are any.
        truth: its ground truth.
        descriptor: (N, D) of its detections; None without appearance or frames.
    """

    sequence: Sequence
    source: TrackingInput
    truth: Annotated
    descriptor: NDArray[np.floating] | None = None

    @property
    def name(self) -> str:
        """The name of the sequence."""
        return self.sequence.name

    @property
    def digest(self) -> str:
        """Differs if another ground truth or other detections are in its files."""
        files = self.sequence.truth_file, self.sequence.detection_file
        return " ".join(file_digest(path) for path in files) + f" {self.source.frame_rate}"

    def appearance(self) -> KnownAppearance | None:
        """The descriptors that were made before; None without."""
        if self.descriptor is None or self.source.detections is None:
            return None
        return known_appearance(self.source.detections, self.descriptor)


@dataclass(frozen=True)
class Video:
    """The sequences that show one video, which are never in different folds."""

    sequences: tuple[TunedSequence, ...]

    @property
    def name(self) -> str:
        """The names of its sequences."""
        return ", ".join(each.name for each in self.sequences)


def read_videos(data: Iterable[Path], note: Callable[[str], None], progress: Progress) -> list[Video]:
    """Read every sequence with ground truth and detections.

    Args:
        data: sequences, or folders of sequences.
        note: takes a sentence about what is left out or odd.
        progress: of reading.

    Raises:
        InputError: there are fewer than two videos, or a file cannot be used.
    """
    found = {each.folder: each for folder in data for each in find_sequences(folder)}.values()
    usable = [each for each in found if each.truth_file.is_file() and each.detection_file.is_file()]
    if names := [each.name for each in found if each not in usable]:
        note(f"left out, as gt/gt.txt or det/det.txt is missing: {', '.join(names)}")
    if twice := {each.name for each in usable if sum(each.name == other.name for other in usable) > 1}:
        raise InputError(f"two sequences are named {', '.join(sorted(twice))}; rename one")
    read = []
    for done, sequence in enumerate(usable, 1):
        source = open_input(sequence.folder, sequence.detection_file)
        if sequence.frame_rate is None and source.frames is None:
            raise InputError(f"{sequence.folder}: no frame rate; add seqinfo.ini with frameRate")
        for each in source.notes:
            note(each)
        truth = read_truth(TruthFile(sequence.name, sequence.truth_file, sequence))
        read.append((TunedSequence(sequence, source, truth), read_ground_truth(sequence, every_class=True)))
        progress("read", done, len(usable))
    groups = group_by_video(read, lambda each: each[1])
    videos = sorted((Video(tuple(each for each, _ in group)) for group in groups), key=lambda video: video.name)
    if len(videos) < 2:
        known = f"{videos[0].name} shows one video" if videos else "no sequence has gt/gt.txt and det/det.txt"
        raise InputError(f"settings are chosen on one video and tested on another, which needs two: {known}")
    return videos


def check_appearance(parameters: TrackerParameters) -> None:
    """Check that detections can be described before settings are searched.

    Raises:
        ConfigError: pairs of detections are compared instead.
    """
    if parameters.uses_appearance and parameters.level_count == 1:
        raise ConfigError("with one level, pairs are compared in the video: tune with appearance=none")


def described(videos: list[Video], parameters: TrackerParameters, cache: Path, progress: Progress) -> list[Video]:
    """The videos with descriptors of all detections, in one pass over the frames; as they are without appearance.

    Args:
        videos: all of them.
        parameters: with the appearance.
        cache: a folder in which descriptors are kept, and those of earlier runs are found.
        progress: of the frames.

    Raises:
        ModelError: the appearance cannot be loaded.
        OutputError: the folder cannot be used.
    """
    appearance = parameters.load_appearance()
    if appearance is None:
        return videos
    make_folder(cache)
    with output_errors(cache), RecordDatabase(cache) as database:
        return [
            Video(tuple(_described(each, appearance, parameters, database, progress) for each in video.sequences))
            for video in videos
        ]


def _described(
    sequence: TunedSequence,
    appearance: Appearances,
    parameters: TrackerParameters,
    database: RecordDatabase,
    progress: Progress,
) -> TunedSequence:
    source, detections = sequence.source.from_one(), sequence.source.detections
    if source.frames is None or source.detections is None or not detections:
        return sequence

    def report(_: str, done: int, total: int | None) -> None:
        progress(f"describe {sequence.name}", done, total)

    rate = source.frame_rate
    cache = open_frame_cache(database, source.frames, rate, None, [appearance], parameters.flow)
    describer = FrameDescriber(appearance, parameters.flow, rate, Stopwatch(), cache)
    rows = np.arange(len(detections))
    descriptor = describe_detections(source.frames.from_one(), source.detections, rows, describer, report)
    return replace(sequence, descriptor=descriptor)
