"""Patches with identities to train appearance on, from annotated videos and from folders of crops."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.optical_flow import FlowEstimator, FlowParameters
from siamlink.association.appearance.patches import Patches, extract_patches
from siamlink.association.pairs.cover import covered_share
from siamlink.association.training.ground_truth import (
    NO_OBJECT,
    NOT_COUNTED,
    GroundTruth,
    identify,
    is_same_video,
    read_ground_truth,
)
from siamlink.detectors.base.arrays import Box, Boxes, Image, IntArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, is_sequence, open_sequence
from siamlink.detectors.sources.open import open_sequence_frames

UNKNOWN_CAMERA = -1
CROP_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class IdentityCrops:
    """Patches with identities from one video or one folder of crops.

    Attributes:
        name: of the sequence or the folder.
        patches: N patches; without optical flow in a folder of crops.
        identity: (N,) numbered from 0 in each crop set; `NO_OBJECT` for false detections.
        seconds: (N,) time in the video; NaN in a folder of crops.
        centre: (N, 2) centre of the box in box heights; NaN in a folder of crops.
        score: (N,) of the detection; 1 for annotated boxes and in a folder of crops.
        camera: (N,) its number in the names of crops; `UNKNOWN_CAMERA` where it is not known.
        teacher_descriptors: (N, T) descriptors of the patches by a teacher; None without a teacher.
    """

    name: str
    patches: Patches
    identity: IntArray
    seconds: NDArray[np.float64]
    centre: NDArray[np.float64]
    score: NDArray[np.float64]
    camera: IntArray
    teacher_descriptors: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.identity)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "IdentityCrops":
        return IdentityCrops(
            self.name,
            self.patches[rows],
            self.identity[rows],
            self.seconds[rows],
            self.centre[rows],
            self.score[rows],
            self.camera[rows],
            None if self.teacher_descriptors is None else self.teacher_descriptors[rows],
        )

    @property
    def is_video(self) -> bool:
        """Whether the patches have a time and a place."""
        return bool(np.isfinite(self.seconds).all())

    @property
    def identity_count(self) -> int:
        """Number of identities."""
        return int(self.identity.max(initial=-1)) + 1


def find_identity_crops(folder: Path) -> tuple[list[Sequence], list[Path]]:
    """The annotated sequences with frames, and the folders of crops, at or below `folder`.

    Raises:
        InputError: there is neither.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; expected MOT sequences with frames, or crops of objects")
    sequences, crops = _walk(folder)
    if not sequences and not crops:
        raise InputError(f"{folder} holds no annotated sequence with frames and no crops named IDENTITY_....jpg")
    return sequences, crops


def _walk(folder: Path) -> tuple[list[Sequence], list[Path]]:
    if is_sequence(folder):
        sequence = open_sequence(folder)
        return ([sequence] if sequence.frames and sequence.truth_file.is_file() else []), []
    if crop_files(folder):
        return [], [folder]
    sequences: list[Sequence] = []
    crops: list[Path] = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir()):
        inside = _walk(child)
        sequences += inside[0]
        crops += inside[1]
    return sequences, crops


def one_of_each_video(sequences: list[Sequence]) -> list[Sequence]:
    """Of several annotations of one video, only the largest: the others would give its objects other identities."""
    truths = [(sequence, read_ground_truth(sequence)) for sequence in sequences]
    chosen: list[tuple[Sequence, GroundTruth]] = []
    for sequence, truth in sorted(truths, key=lambda pair: -len(pair[1].boxes)):
        if not any(is_same_video(truth, other) for _, other in chosen):
            chosen.append((sequence, truth))
    names = {sequence.name for sequence, _ in chosen}
    return [sequence for sequence in sequences if sequence.name in names]


def crop_files(folder: Path) -> list[Path]:
    """The images in a folder that are named as crops, in the order of their names."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in CROP_SUFFIXES and "_" in path.name)


def numbered_identities(files: list[Path]) -> IntArray:
    """(N,) the identity of each crop: the part of its name before the first `_`, numbered in the order of these."""
    names = [path.name.partition("_")[0] for path in files]
    number = {name: index for index, name in enumerate(sorted(set(names)))}
    return np.array([number[name] for name in names], np.int64)


def camera_of(path: Path) -> int:
    """The camera in the name of a crop, `IDENTITY_CAMERA_....jpg` with a camera such as 2, c2 or c2s1.

    `UNKNOWN_CAMERA` where the second part of the name is something else, or a number of more than 18 digits.
    """
    found = re.match(r"c?(\d{1,18})(?!\d)", path.stem.split("_")[1])
    return int(found[1]) if found else UNKNOWN_CAMERA


def read_crop(path: Path) -> tuple[Image, Box]:
    """The image of a crop, and the box (1, 4) that is all of it.

    Raises:
        InputError: the file is not an image.
    """
    import cv2

    image = cv2.imread(str(path))
    if image is None:
        raise InputError(f"{path} is not an image")
    return np.asarray(image, np.uint8), np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)


def read_crops(folder: Path, progress: Progress, teacher: Appearances | None = None) -> IdentityCrops:
    """Read a folder of crops; the part of a file's name before the first `_` is the identity.

    Raises:
        InputError: a file is not an image, or there is only one identity.
        ModelError: the teacher failed.
    """
    files = crop_files(folder)
    identity = numbered_identities(files)
    if identity.max() < 1:
        name = files[0].name.partition("_")[0]
        raise InputError(f"{folder} shows only one identity ({name}); nothing can be learned from it")
    parts, teacher_descriptors = [], []
    for done, path in enumerate(files, 1):
        image, box = read_crop(path)
        parts.append(extract_patches(image, box))
        teacher_descriptors += _describe(teacher, image, box)
        progress(f"read {folder.name}", done, len(files))
    unknown = np.full(len(files), np.nan)
    return IdentityCrops(
        folder.name,
        Patches.concatenate(parts),
        identity,
        unknown,
        np.stack([unknown] * 2, 1),
        np.ones(len(files)),
        np.array([camera_of(path) for path in files], np.int64),
        np.concatenate(teacher_descriptors) if teacher_descriptors else None,
    )


def _describe(teacher: Appearances | None, image: Image, box: Boxes) -> list[NDArray[np.float32]]:
    """A list of the teacher's descriptors (N, T) of the boxes (N, 4) of an image; empty without teacher or boxes."""
    return [teacher.join(teacher.describe(image, box.astype(np.float32)))] if teacher and len(box) else []


def read_video_identities(
    sequence: Sequence,
    flow: FlowParameters,
    step_seconds: float,
    false_share: float,
    progress: Progress,
    teacher: Appearances | None = None,
) -> IdentityCrops:
    """Cut annotated and detected boxes out of an annotated sequence.

    Annotated boxes that are mostly hidden by others are left out.

    Args:
        sequence: with ground truth and frames.
        flow: how the optical flow is computed.
        step_seconds: time between the frames that boxes are cut from.
        false_share: maximum number of false detections, as a share of the other patches.
        progress: called after each frame.
        teacher: describes the boxes as well.

    Raises:
        InputError: the sequence has no frames or no frame rate, or shows only one identity.
        ModelError: the teacher failed.
    """
    frames = open_sequence_frames(sequence)
    if frames is None or not sequence.frame_rate:
        raise InputError(f"{sequence.folder} has no frames or no frame rate (seqinfo.ini)")
    boxes, identity = _boxes_to_cut(sequence, max(1, round(step_seconds * sequence.frame_rate)), false_share)
    estimator = FlowEstimator(flow, sequence.frame_rate)
    parts, teacher_descriptors = [], []
    for frame in frames:
        inside = boxes.in_frame(frame.number)
        field = estimator.update(frame.image, box=inside.box)
        parts.append(extract_patches(frame.image, inside.box, field))
        teacher_descriptors += _describe(teacher, frame.image, inside.box)
        progress(f"read {sequence.name}", frame.number, frames.frame_count)
    was_read = boxes.frame <= frames.read_count
    boxes, identity = boxes[was_read], identity[was_read]
    identities = np.unique(identity[identity >= 0])
    if len(identities) < 2:
        raise InputError(f"{sequence.folder} shows only one identity; nothing can be learned from it")
    return IdentityCrops(
        sequence.name,
        Patches.concatenate(parts),
        np.where(identity >= 0, np.searchsorted(identities, identity), NO_OBJECT),
        (boxes.frame - 1) / sequence.frame_rate,
        boxes.centre / boxes.height[:, None].astype(np.float64),
        boxes.score.astype(np.float64),
        np.full(len(boxes), UNKNOWN_CAMERA),
        np.concatenate(teacher_descriptors) if teacher_descriptors else None,
    )


def _boxes_to_cut(sequence: Sequence, step: int, false_share: float) -> tuple[Detections, IntArray]:
    """Boxes (N, 4) of every `step`-th frame and their identities (N,)."""
    truth = read_ground_truth(sequence)
    visible = ~_hidden(truth.boxes) & (truth.identity != NOT_COUNTED)
    parts, identities = [truth.boxes[visible]], [truth.identity[visible]]
    for path in sequence.detection_files:
        detections = sequence.read_detections(path)
        parts.append(detections)
        identities.append(identify(detections, truth))
    identity = np.concatenate(identities)
    frame = np.concatenate([part.frame for part in parts])
    identity = identity[np.argsort(frame, kind="stable")]
    boxes = Detections.concatenate(parts)
    in_step = (boxes.frame - 1) % step == 0
    false_detections = np.flatnonzero(in_step & (identity == NO_OBJECT))
    limit = int(false_share * (in_step & (identity >= 0)).sum())
    if len(false_detections) > limit:
        false_detections = false_detections[np.linspace(0, len(false_detections) - 1, limit).astype(int)]
    chosen = in_step & (identity >= 0)
    chosen[false_detections] = True
    return boxes[chosen], identity[chosen]


def _hidden(boxes: Detections, largest_cover: float = 0.4) -> NDArray[np.bool_]:
    """(N,) whether a box in front, which is one with a lower foot, covers more than `largest_cover` of a box."""
    hidden = np.zeros(len(boxes), bool)
    first = 0
    for _, part in boxes.by_frame():
        in_front = part.box[:, None, 3] < part.box[None, :, 3]
        cover = covered_share(part.box[:, None], part.box[None]) * in_front
        hidden[first : first + len(part)] = cover.max(axis=1, initial=0) > largest_cover
        first += len(part)
    return hidden
