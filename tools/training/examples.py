"""Training examples from annotated sequences, and the folds of leave-one-video-out cross-validation."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, ComparedPairs
from siamlink.association.matcher import Matcher
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.ground_truth import read_ground_truth
from siamlink.association.training.link_training import (
    LinkExample,
    TrainingParameters,
    add_appearance,
    make_link_example,
)
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.stopwatch import Progress, Stopwatch
from siamlink.detectors.boxes import suppress_overlaps
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence
from siamlink.detectors.sources.open import open_sequence_frames
from siamlink.tools.training.annotated_video import AnnotatedVideo, detection_files, recall, without
from siamlink.tools.training.second_level import train_second_level
from siamlink.tracker.linking.appearance import FrameDescriber, compare_pairs, describe_detections
from siamlink.tracker.linking.appearance_source import KnownAppearance
from siamlink.tracker.linking.scored_pairs import Compare
from siamlink.tracker.parameters import TrackerParameters


def read_videos(
    sequences: Iterable[Sequence], parameters: TrackerParameters, progress: Progress
) -> list[AnnotatedVideo]:
    """Read every sequence with ground truth, with every detection file in its `det/`.

    Raises:
        InputError: no sequence has ground truth and detections, or one has no frame rate.
    """
    usable = [sequence for sequence in sequences if sequence.truth_file.is_file() and detection_files(sequence)]
    if not usable:
        raise InputError("nothing to learn from: no sequence has both gt/gt.txt and det/*.txt")
    videos = []
    for done, sequence in enumerate(usable, 1):
        if sequence.frame_rate is None:
            raise InputError(f"{sequence.folder}: no frame rate; add seqinfo.ini with frameRate")
        truth = read_ground_truth(sequence)
        examples = tuple(
            make_link_example(
                suppress_overlaps(sequence.read_detections(path), parameters.overlap_limit),
                truth,
                sequence.frame_rate,
                parameters.gate,
            )
            for path in detection_files(sequence)
        )
        videos.append(AnnotatedVideo(sequence, truth, examples))
        progress("read", done, len(usable))
    return videos


def excluding(videos: list[AnnotatedVideo], names: list[str]) -> list[AnnotatedVideo]:
    """The sequences that show another video than those of these names.

    Raises:
        ConfigError: there is none of a name, or nothing is left to learn from.
    """
    known = {video.sequence.name: video for video in videos}
    remaining = videos
    for name in names:
        if name not in known:
            raise ConfigError(f"--exclude {name}: there are only {', '.join(known)}")
        remaining = without(remaining, known[name])
    if not remaining:
        raise ConfigError(f"--exclude {', '.join(names)} leaves nothing to learn from: give another video as well")
    return remaining


def folds(
    videos: list[AnnotatedVideo], names: list[str] | None = None
) -> list[tuple[AnnotatedVideo, list[AnnotatedVideo]]]:
    """Each tested sequence, all or those of these names, with the sequences to train its model on.

    Raises:
        ConfigError: there is no video of a name.
        InputError: one has no `det/det.txt`, or no other video is there to learn from.
    """
    known = {video.sequence.name: video for video in videos}
    if unknown := [name for name in names or [] if name not in known]:
        raise ConfigError(f"--sequences: no '{unknown[0]}' with gt/ and det/ is there, only {', '.join(known)}")
    pairs = [(known[name], without(videos, known[name])) for name in names or known]
    for tested, others in pairs:
        if not tested.sequence.detection_file.is_file():
            raise InputError(f"{tested.sequence.folder} has no det/det.txt to be tracked from")
        if not others:
            raise InputError(f"no other video than {tested.sequence.name} to learn from; cross-validation needs two")
    return pairs


def describe_videos(
    videos: list[AnnotatedVideo],
    matchers: list[Matcher],
    appearance: Appearances,
    tracking: TrackerParameters,
    progress: Progress,
) -> list[AnnotatedVideo]:
    """Describe all detections of the videos for two levels, or compare the open pairs of matchers for one level."""
    if tracking.level_count == 2:
        return [describe_video(video, appearance, tracking, progress) for video in videos]
    return compare_videos(videos, matchers, appearance, tracking, progress)


def complete(
    matcher: Matcher,
    appearance: Appearances | None,
    videos: list[AnnotatedVideo],
    tracking: TrackerParameters,
    parameters: TrainingParameters,
) -> Matcher:
    """Complete a matcher by context: train its second level, or its appearance model of open pairs."""
    if tracking.level_count == 2:
        tracklets = train_second_level(videos, appearance, tracking, parameters)
        return replace(matcher, appearance=appearance, tracklets=tracklets)
    return add_appearance_on(matcher, appearance, videos, tracking, parameters) if appearance else matcher


def add_appearance_on(
    matcher: Matcher,
    appearance: Appearances,
    videos: list[AnnotatedVideo],
    tracking: TrackerParameters,
    parameters: TrainingParameters,
) -> Matcher:
    """Train the appearance model of a matcher on videos that `compare_videos` has compared."""
    examples = [example for video in videos for example in video.examples]
    return add_appearance(matcher, appearance, tracking.appearance_gate, examples, parameters)


def describe_video(
    video: AnnotatedVideo, appearance: Appearances, parameters: TrackerParameters, progress: Progress
) -> AnnotatedVideo:
    """Describe all detections of a video's examples in one pass over its frames; without frames nothing changes."""
    sequence, frames = video.sequence, open_sequence_frames(video.sequence)
    detections, place = _join([example.detections for example in video.examples])
    if frames is None or not len(detections):
        return video
    rate = sequence.frame_rate or frames.frame_rate
    describer = FrameDescriber(appearance, parameters.flow, rate, Stopwatch())
    rows = np.arange(len(detections))
    descriptor = describe_detections(frames, detections, rows, describer, _progress_of(sequence, progress))
    examples = [replace(each, descriptor=descriptor[at]) for each, at in zip(video.examples, place, strict=True)]
    return replace(video, examples=tuple(examples))


def compare_videos(
    videos: list[AnnotatedVideo],
    matchers: list[Matcher],
    appearance: Appearances,
    parameters: TrackerParameters,
    progress: Progress,
) -> list[AnnotatedVideo]:
    """Compare all pairs that one of the matchers leaves open, in one pass over the frames of each video.

    Videos without frames are not changed.
    """
    return [_compare_video(video, matchers, appearance, parameters, progress) for video in videos]


def _compare_video(
    video: AnnotatedVideo,
    matchers: list[Matcher],
    appearance: Appearances,
    parameters: TrackerParameters,
    progress: Progress,
) -> AnnotatedVideo:
    sequence = video.sequence
    frames = open_sequence_frames(sequence)
    if frames is None:
        return video
    gate = parameters.appearance_gate
    open_pairs = [
        np.flatnonzero(np.any([gate.leaves_open(each.context_probability(e.features)) for each in matchers], axis=0))
        for e in video.examples
    ]
    detections, place = _join([example.detections for example in video.examples])
    parts = [example.pairs[rows] for example, rows in zip(video.examples, open_pairs, strict=True)]
    pairs = Pairs(
        np.concatenate([at[part.earlier] for at, part in zip(place, parts, strict=True)]),
        np.concatenate([at[part.later] for at, part in zip(place, parts, strict=True)]),
    )
    rate = sequence.frame_rate or frames.frame_rate
    describer = FrameDescriber(appearance, parameters.flow, rate, Stopwatch())
    compared = compare_pairs(frames, detections, pairs, describer, _progress_of(sequence, progress))
    ends = np.cumsum([len(rows) for rows in open_pairs])
    examples = []
    for example, rows, end in zip(video.examples, open_pairs, ends.tolist(), strict=True):
        row = np.full(len(example.pairs), -1, np.int64)
        row[rows] = compared.row[end - len(rows) : end]
        examples.append(replace(example, compared=ComparedPairs(row, compared.values)))
    return replace(video, examples=tuple(examples))


def _progress_of(sequence: Sequence, progress: Progress) -> Progress:
    """Reports the frames of a sequence under its name."""

    def report(_: str, done: int, total: int | None) -> None:
        progress(f"describe {sequence.name}", done, total)

    return report


def _join(parts: list[Detections]) -> tuple[Detections, list[NDArray[np.intp]]]:
    """All detections together, and the rows of each part in them."""
    order = np.argsort(np.concatenate([part.frame for part in parts]), kind="stable")
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    return Detections.concatenate(parts), np.split(place, np.cumsum([len(part) for part in parts])[:-1])


def look_up(example: LinkExample) -> KnownAppearance:
    """Gives the stored comparisons and descriptors, so that frames are not read again."""
    return KnownAppearance(_compare_again(example), recall(example))


def _compare_again(example: LinkExample) -> Compare | None:
    if example.compared is None:
        return None
    compared, count = example.compared, len(example.detections)
    key = example.pairs.earlier * count + example.pairs.later
    order = np.argsort(key)

    def look(_: Detections, pairs: Pairs) -> ComparedPairs:
        return compared[order[np.searchsorted(key, pairs.earlier * count + pairs.later, sorter=order)]]

    return look
