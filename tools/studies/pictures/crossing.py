"""Two people who pass each other: a short clip with frames, detections and ground truth, drawn or from a sequence."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.training.ground_truth import GroundTruth, is_same_video, read_ground_truth
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, find_sequences, open_sequence
from siamlink.detectors.sources.open import open_sequence_frames
from siamlink.tools.synthetic.scene import Scene
from siamlink.tools.synthetic.street import crossing, street

SECONDS = 1.0
"""Length of a clip before and after the frame in which the two are closest."""
LEARNING_SECONDS = 6.0
"""Length of the clips to learn from."""
LEAST_ASIDE = 0.3
"""Distance of the two, in heights, at both ends of a clip."""
MARGIN = 0.5
"""Width around the two people, in heights, of what a clip of a sequence shows."""


@dataclass(frozen=True)
class Clip:
    """Some frames of a video, with detections and ground truth.

    Attributes:
        name: of the video.
        frames: the images by their number.
        frame_rate: frames per second.
        detections: in these frames.
        truth: in these frames.
        people: the identities of the two who cross; none if the clip is only to learn from.
    """

    name: str
    frames: Mapping[int, Image]
    frame_rate: float
    detections: Detections
    truth: GroundTruth
    people: tuple[int, ...] = ()


def drawn_clips() -> tuple[Clip, list[Clip]]:
    """A crossing that siamlink draws itself, and three streets with other people to learn from."""
    scene = replace(crossing(seed=5), width=960, height=540, frame_rate=10.0, frame_count=40)
    shown = replace(_drawn("crossing", scene, range(8, 34)), people=(1, 2))
    streets = [street(frame_count=90, seed=seed, width=800, height=450, frame_rate=15) for seed in (11, 12, 13)]
    return shown, [_drawn(f"street {each.seed}", each, range(1, 91)) for each in streets]


def sequence_clips(folder: Path) -> tuple[Clip, list[Clip]]:
    """The closest crossing of a MOT sequence with frames and ground truth, and clips of the sequences beside it.

    Raises:
        InputError: nobody crosses in the sequence, or no sequence beside it has frames and ground truth.
    """
    sequence = open_sequence(folder)
    truth = read_ground_truth(sequence)
    rate = sequence.frame_rate or 30.0
    people, middle = closest_crossing(truth, round(SECONDS * rate))
    reach = round(SECONDS * rate)
    shown = replace(_clip(sequence, range(middle - reach, middle + reach + 1)), people=people)
    beside = [each for each in find_sequences(folder.parent) if each.frames and each.truth_file.is_file()]
    usable = [each for each in beside if not is_same_video(truth, read_ground_truth(each))]
    if not usable:
        raise InputError(f"no sequence beside {folder} has frames and ground truth to learn from")
    learning = [_clip(each, range(1, round(LEARNING_SECONDS * (each.frame_rate or 30)) + 1)) for each in usable]
    return replace(shown, detections=near_people(shown)), learning


def closest_crossing(truth: GroundTruth, reach: int) -> tuple[tuple[int, int], int]:
    """Two people who change sides and whose boxes overlap most, and the frame in which they do.

    Args:
        truth: of the sequence.
        reach: frames before and after in which both must be annotated.

    Raises:
        InputError: there are no such two.
    """
    best = 0.0, (0, 0), 0
    rows_of = {int(each): np.flatnonzero(truth.identity == each) for each in np.unique(truth.identity) if each >= 0}
    for one, other in combinations(rows_of, 2):
        frame, at_one, at_other = np.intersect1d(
            truth.boxes.frame[rows_of[one]], truth.boxes.frame[rows_of[other]], return_indices=True
        )
        a, b = truth.boxes[rows_of[one][at_one]], truth.boxes[rows_of[other][at_other]]
        aside = (a.centre[:, 0] - b.centre[:, 0]) / a.height
        before, after = (np.full(len(frame), np.nan) for _ in range(2))
        for ends, step in ((before, -reach), (after, reach)):
            there = np.isin(frame + step, frame)
            ends[there] = aside[np.searchsorted(frame, frame[there] + step)]
        crosses = (before * after < 0) & (np.minimum(np.abs(before), np.abs(after)) > LEAST_ASIDE)
        for overlap, middle in zip(iou_pairs(a.box, b.box)[crosses].tolist(), frame[crosses].tolist(), strict=True):
            best = max(best, (overlap, (one, other), middle))
    if not best[0]:
        raise InputError("nobody crosses in this sequence")
    return best[1], best[2]


def _drawn(name: str, scene: Scene, numbers: range) -> Clip:
    boxes = scene.truth()
    truth = GroundTruth(boxes, boxes.track_id.astype(np.int64))
    frames = {number: scene.render(number) for number in numbers}
    return Clip(name, frames, scene.frame_rate, *_within(scene.detections(), truth, numbers))


def _clip(sequence: Sequence, numbers: range) -> Clip:
    source = open_sequence_frames(sequence)
    assert source is not None
    frames = {}
    for frame in source:
        if frame.number in numbers:
            frames[frame.number] = frame.image.copy()
        if frame.number >= numbers[-1]:
            break
    parts = _within(sequence.read_detections(sequence.detection_files[0]), read_ground_truth(sequence), numbers)
    return Clip(sequence.name, frames, sequence.frame_rate or 30.0, *parts)


def _within(detections: Detections, truth: GroundTruth, numbers: range) -> tuple[Detections, GroundTruth]:
    """What lies in these frames."""
    found, there = np.isin(detections.frame, numbers), np.isin(truth.boxes.frame, numbers)
    return detections[found], GroundTruth(truth.boxes[there], truth.identity[there])


def near_people(clip: Clip) -> Detections:
    """The detections of a clip around its two people."""
    box = clip.truth.boxes.box[np.isin(clip.truth.identity, clip.people)]
    margin = MARGIN * float((box[:, 3] - box[:, 1]).max())
    low, high = box[:, :2].min(axis=0) - margin, box[:, 2:].max(axis=0) + margin
    inside: NDArray[np.bool_] = ((clip.detections.centre > low) & (clip.detections.centre < high)).all(axis=1)
    return clip.detections[inside]
