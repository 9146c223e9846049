"""What appearance is learned from: patches of known people, from annotated videos and from folders of person crops."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.optical_flow import FlowEstimator, FlowParameters
from siamlink.association.appearance.patches import Patches, extract_patches
from siamlink.association.training.ground_truth import IGNORED, NOBODY, Truth, identify, is_same_video, read_truth
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.boxes import Boxes
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, is_sequence, open_sequence
from siamlink.detectors.sources.frame_source import Image
from siamlink.detectors.sources.open import open_sequence_frames

CROP_SUFFIXES = (".jpg", ".jpeg", ".png")
IntArray = NDArray[np.int64]
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class IdentityCrops:
    """Patches of the people of one video or one folder of crops.

    Attributes:
        name: of the sequence or the folder.
        patches: N patches; their flow is zero in a folder of crops.
        identity: (N,) the person, from 0 in each gallery, or `NOBODY` for false detections.
        seconds: (N,) when in the video; NaN for crops, of which nothing is known but the person.
        centre: (N, 2) centre of the box in box heights; NaN for crops.
        score: (N,) of the detection, 1 for annotated boxes and crops.
        taught: (N, T) a teacher's descriptors of the patches; None without a teacher.
    """

    name: str
    patches: Patches
    identity: IntArray
    seconds: NDArray[np.float64]
    centre: NDArray[np.float64]
    score: NDArray[np.float64]
    taught: NDArray[np.float32] | None = None

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
            None if self.taught is None else self.taught[rows],
        )

    @property
    def is_video(self) -> bool:
        """Whether the patches have a time and a place."""
        return bool(np.isfinite(self.seconds).all())

    @property
    def people(self) -> int:
        """How many there are."""
        return int(self.identity.max(initial=-1)) + 1


def find_identity_crops(folder: Path) -> tuple[list[Sequence], list[Path]]:
    """The annotated sequences with frames, and the folders of crops, at or below `folder`.

    Raises:
        InputError: there is neither.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; expected MOT sequences with frames, or person crops")
    sequences, crops = _walk(folder)
    if not sequences and not crops:
        raise InputError(f"{folder} holds no annotated sequence with frames and no person crops named ID_....jpg")
    return sequences, crops


def _walk(folder: Path) -> tuple[list[Sequence], list[Path]]:
    if is_sequence(folder):
        sequence = open_sequence(folder)
        return ([sequence] if sequence.frames and sequence.truth_file.is_file() else []), []
    if _crop_files(folder):
        return [], [folder]
    sequences: list[Sequence] = []
    crops: list[Path] = []
    for child in sorted(path for path in folder.iterdir() if path.is_dir()):
        inside = _walk(child)
        sequences += inside[0]
        crops += inside[1]
    return sequences, crops


def one_of_each_video(sequences: list[Sequence]) -> list[Sequence]:
    """Of several annotations of one video the largest: the others would give its people second names."""
    truths = [(sequence, read_truth(sequence)) for sequence in sequences]
    kept: list[tuple[Sequence, Truth]] = []
    for sequence, truth in sorted(truths, key=lambda pair: -len(pair[1].boxes)):
        if not any(is_same_video(truth, other) for _, other in kept):
            kept.append((sequence, truth))
    names = {sequence.name for sequence, _ in kept}
    return [sequence for sequence in sequences if sequence.name in names]


def _crop_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in CROP_SUFFIXES and "_" in path.name)


def read_crops(folder: Path, progress: Progress, teacher: Appearances | None = None) -> IdentityCrops:
    """Read a folder of person crops; what stands before the first `_` of a file's name is the person.

    Raises:
        InputError: a file is no image, or all show one person.
        ModelError: the teacher failed.
    """
    import cv2

    files = _crop_files(folder)
    people = sorted({path.name.partition("_")[0] for path in files})
    if len(people) < 2:
        raise InputError(f"{folder} shows one person only ({people[0]}); nothing can be learned from it")
    number = {name: index for index, name in enumerate(people)}
    parts, taught = [], []
    for done, path in enumerate(files, 1):
        image = cv2.imread(str(path))
        if image is None:
            raise InputError(f"{path} is no image")
        box = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)
        parts.append(extract_patches(np.asarray(image, np.uint8), box))
        taught += _teach(teacher, np.asarray(image, np.uint8), box)
        progress(f"read {folder.name}", done, len(files))
    identity = np.array([number[path.name.partition("_")[0]] for path in files], np.int64)
    unknown = np.full(len(files), np.nan)
    return IdentityCrops(
        folder.name,
        Patches.concatenate(parts),
        identity,
        unknown,
        np.stack([unknown] * 2, 1),
        np.ones(len(files)),
        np.concatenate(taught) if taught else None,
    )


def _teach(teacher: Appearances | None, image: Image, box: Boxes) -> list[NDArray[np.float32]]:
    """What a teacher says of the boxes (N, 4) of an image, as a list of that; empty without a teacher or boxes."""
    return [teacher.join(teacher.describe(image, box.astype(np.float32)))] if teacher and len(box) else []


def read_video_identities(
    sequence: Sequence,
    flow: FlowParameters,
    step_seconds: float,
    false_share: float,
    progress: Progress,
    teacher: Appearances | None = None,
) -> IdentityCrops:
    """Cut out the people of an annotated sequence, every `step_seconds`, as annotated and as detected.

    Annotated boxes that other boxes hide are left out. Detections of nobody are kept up to `false_share` of the rest.

    Raises:
        InputError: the sequence has no frame rate, or shows one person only.
        ModelError: the teacher failed.
    """
    frames = open_sequence_frames(sequence)
    if frames is None or not sequence.frame_rate:
        raise InputError(f"{sequence.folder} has no frames or no frame rate (seqinfo.ini)")
    boxes, identity = _boxes_to_cut(sequence, max(1, round(step_seconds * sequence.frame_rate)), false_share)
    estimator = FlowEstimator(flow, sequence.frame_rate)
    parts, taught = [], []
    for frame in frames:
        inside = boxes.in_frame(frame.number)
        field = estimator.update(frame.image, box=inside.box)
        parts.append(extract_patches(frame.image, inside.box, field))
        taught += _teach(teacher, frame.image, inside.box)
        progress(f"read {sequence.name}", frame.number, frames.frame_count)
    kept = boxes.frame <= frames.read_count
    boxes, identity = boxes[kept], identity[kept]
    known = np.unique(identity[identity >= 0])
    if len(known) < 2:
        raise InputError(f"{sequence.folder} shows one person only; nothing can be learned from it")
    return IdentityCrops(
        sequence.name,
        Patches.concatenate(parts),
        np.where(identity >= 0, np.searchsorted(known, identity), NOBODY),
        (boxes.frame - 1) / sequence.frame_rate,
        boxes.centre / boxes.height[:, None].astype(np.float64),
        boxes.score.astype(np.float64),
        np.concatenate(taught) if taught else None,
    )


def _boxes_to_cut(sequence: Sequence, step: int, false_share: float) -> tuple[Detections, IntArray]:
    truth = read_truth(sequence)
    seen = ~_hidden(truth.boxes) & (truth.identity != IGNORED)
    parts, identities = [truth.boxes[seen]], [truth.identity[seen]]
    for path in sorted(sequence.folder.glob("det/*.txt")):
        detections = sequence.read_detections(path)
        parts.append(detections)
        identities.append(identify(detections, truth))
    identity = np.concatenate(identities)
    frame = np.concatenate([part.frame for part in parts])
    identity = identity[np.argsort(frame, kind="stable")]
    boxes = Detections.concatenate(parts)
    due = (boxes.frame - 1) % step == 0
    false_alarms = np.flatnonzero(due & (identity == NOBODY))
    limit = int(false_share * (due & (identity >= 0)).sum())
    if len(false_alarms) > limit:
        false_alarms = false_alarms[np.linspace(0, len(false_alarms) - 1, limit).astype(int)]
    kept = due & (identity >= 0)
    kept[false_alarms] = True
    return boxes[kept], identity[kept]


def _hidden(boxes: Detections, largest_cover: float = 0.4) -> NDArray[np.bool_]:
    """(N,) whether a box that stands further in front (its foot is lower) covers more of a box than that share."""
    hidden = np.zeros(len(boxes), bool)
    first = 0
    for _, part in boxes.by_frame():
        in_front = part.box[:, None, 3] < part.box[None, :, 3]
        hidden[first : first + len(part)] = (_covered(part.box) * in_front).max(axis=1, initial=0) > largest_cover
        first += len(part)
    return hidden


def _covered(box: Boxes) -> NDArray[np.float64]:
    """(N, N) the share of each box that each other one covers."""
    sides = np.minimum(box[:, None, 2:], box[None, :, 2:]) - np.maximum(box[:, None, :2], box[None, :, :2])
    shared = np.clip(sides, 0, None).prod(-1).astype(np.float64)
    share: NDArray[np.float64] = shared / (box[:, 2:] - box[:, :2]).prod(-1)[:, None]
    return share
