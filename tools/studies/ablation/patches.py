"""Patches of all public detections of a sequence, and the pairs on which an ablation compares networks."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.patches import PATCH_SIZE, Patches, extract_patches
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.base.arrays import IntArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence
from siamlink.detectors.sources.open import open_sequence_frames
from siamlink.tools.console.files import make_folder, output_errors, publish, staging
from siamlink.tools.studies.matching.labelled_pairs import spread_crops
from siamlink.tools.studies.matching.samples import MatchParameters, draw_samples

FOLDER = "patches"
GAP_PAIRS, TRACKLET_PAIRS, CROPS = 500, 2000, 4
"""Largest numbers: pairs of one identity, and of two, per range of gaps; pairs of tracklets; crops of a tracklet."""
FIRST_GAP = 4
"""Frames; for smaller gaps, geometry is enough."""
NO_PAIRS = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False)
class SequencePatches:
    """The N public detections of a sequence.

    Attributes:
        detections: N of them.
        image: (N, 121, 53, 3) their patches; they have no flow.
    """

    detections: Detections
    image: NDArray[np.uint8]

    def patches(self, rows: IntArray | slice) -> Patches:
        """The patches of some rows, without flow."""
        image = self.image[rows]
        return Patches(image, np.broadcast_to(np.float16(0), (*image.shape[:3], 2)))

    def rows(self, some: Detections) -> IntArray:
        """(M,) the rows of M of these detections."""
        whole, part = (np.column_stack([each.frame, each.box]) for each in (self.detections, some))
        _, first, place = np.unique(np.vstack([whole, part]), axis=0, return_index=True, return_inverse=True)
        return first[place.ravel()[len(whole) :]].astype(np.int64)

    @cached_property
    def sharpness(self) -> NDArray[np.float64]:
        """(N,) the variance of the Laplacian of the brightness of each patch."""
        return np.array([cv2.Laplacian(each[..., 0], cv2.CV_32F).var() for each in self.image], np.float64)


@dataclass(frozen=True)
class PairSample:
    """Pairs of a sequence: of detections at several gaps, and of tracklets by their best crops.

    Attributes:
        name: of the sequence.
        pairs: P pairs of detections at gaps of `FIRST_GAP` frames and more.
        same: (P,) whether both are one identity.
        crops: K pairs of crops of tracklets.
        owner: (K,) the pair of tracklets that each one belongs to.
        same_tracklet: (T,) whether both tracklets are of one identity.
    """

    name: str
    pairs: Pairs
    same: NDArray[np.bool_]
    crops: Pairs
    owner: IntArray
    same_tracklet: NDArray[np.bool_]


def cut_patches(sequence: Sequence, folder: Path, progress: Progress) -> SequencePatches:
    """Cut the patches of all public detections of a sequence, or read them from the folder of the ablation.

    Raises:
        InputError: the frames end before the detections do.
    """
    detections = sequence.read_detections()
    path = folder / FOLDER / f"{sequence.name}.npy"
    if (stored := _stored(path, len(detections))) is not None:
        return SequencePatches(detections, stored)
    image = _cut_out(sequence, detections, progress)
    make_folder(path.parent)
    with staging(path.parent) as staged, output_errors(path):
        np.save(staged / path.name, image)
        publish(staged, path.parent)
    return SequencePatches(detections, image)


def _stored(path: Path, count: int) -> NDArray[np.uint8] | None:
    """The patches in a file; None if they are not `count`."""
    try:
        image: NDArray[np.uint8] = np.load(path)
    except (OSError, ValueError, EOFError):
        return None
    return image if image.shape == (count, *PATCH_SIZE, 3) else None


def _cut_out(sequence: Sequence, detections: Detections, progress: Progress) -> NDArray[np.uint8]:
    source = open_sequence_frames(sequence)
    last_frame = int(detections.frame.max(initial=0))
    parts = [Patches.empty().image]
    for number, _, image in source or ():
        parts.append(extract_patches(image, detections.in_frame(number).box).image)
        progress(f"cut patches of {sequence.name}", number, last_frame)
        if number == last_frame:
            break
    cut = np.concatenate(parts)
    if len(cut) < len(detections):
        raise InputError(f"{sequence.folder}: the frames end before the detections do, in frame {last_frame}")
    return cut


def sample_pairs(sequence: Sequence, patches: SequencePatches) -> PairSample:
    """Draw the pairs of a sequence; they are the same for all networks."""
    samples = draw_samples(sequence, "det/det.txt", MatchParameters(gap_pairs=GAP_PAIRS, trials=1))
    place = patches.rows(samples.detections)
    gaps = [each for each in samples.gaps if each.first_gap >= FIRST_GAP]
    chosen = np.random.default_rng(0).permutation(len(samples.pairs))[:TRACKLET_PAIRS]
    crops = [
        place[spread_crops(samples.detections, rows, CROPS, patches.sharpness[place])]
        for rows in samples.tracklets.rows
    ]
    tracklets, owner = _crop_pairs(crops, samples.pairs[chosen])
    return PairSample(
        sequence.name,
        _joined([Pairs(place[each.pairs.earlier], place[each.pairs.later]) for each in gaps]),
        np.concatenate([NO_PAIRS.earlier.astype(bool), *(each.same for each in gaps)]),
        tracklets,
        owner,
        samples.same[chosen],
    )


def _crop_pairs(crops: list[IntArray], pairs: Pairs) -> tuple[Pairs, IntArray]:
    """All pairs of a crop of the one and a crop of the other tracklet of each pair, and (K,) the pair."""
    parts = [
        Pairs(np.repeat(crops[one], len(crops[other])), np.tile(crops[other], len(crops[one])))
        for one, other in zip(pairs.earlier, pairs.later, strict=True)
    ]
    return _joined(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def _joined(parts: list[Pairs]) -> Pairs:
    whole = [NO_PAIRS, *parts]
    return Pairs(np.concatenate([each.earlier for each in whole]), np.concatenate([each.later for each in whole]))
