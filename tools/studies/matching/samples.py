"""Pairs and trials of annotated sequences for appearance models, and the descriptors of their detections."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.appearance.descriptors import DescriptorsPerModel
from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.appearance.loading import load_appearance
from siamlink.association.appearance.optical_flow import FlowParameters
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.training.ground_truth import identify, read_ground_truth
from siamlink.association.training.verification_metrics import one_shot_trials
from siamlink.detectors.base.arrays import Boxes, Image, IntArray
from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import ConfigError, InputError, ModelError
from siamlink.detectors.base.parameters import Parameters
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, find_sequences
from siamlink.detectors.sources.open import open_sequence_frames
from siamlink.tools.studies.matching.labelled_pairs import (
    GapPairs,
    LabelledTracklets,
    PairParameters,
    cut_tracklets,
    pairs_by_gap,
    tracklet_pairs,
)
from siamlink.tracker.linking.appearance import flow_for


class MatchParameters(Parameters):
    """Which pairs and trials are drawn of a sequence."""

    pairs: PairParameters = Field(PairParameters(), description="which pairs of detections and tracklets")
    gap_pairs: int = Field(
        1000,
        ge=1,
        le=1_000_000,
        description="maximum number of pairs of one identity, and of two, for each range of gaps",
    )
    crops: int = Field(4, ge=1, le=1000, description="number of best detections that describe a tracklet")
    ways: int = Field(
        20, ge=2, le=1000, description="number of identities in a one-shot trial; all where there are fewer"
    )
    trials: int = Field(2000, ge=1, le=1_000_000, description="number of one-shot trials per sequence")
    seed: int = Field(0, ge=0, description="seed of all random choices")
    flow: FlowParameters = Field(FlowParameters(), description="optical flow, for appearance models that need it")


@dataclass(frozen=True)
class Samples:
    """The pairs and trials of one sequence.

    Attributes:
        sequence: the sequence; it has frames and a frame rate.
        detections: N detections of known identity.
        gaps: pairs of them by range of gaps, where there are any.
        tracklets: T tracklets of them, each in some pair.
        pairs: P pairs of the tracklets.
        same: (P,) whether both are one identity.
        query: (K,) the query detection of each one-shot trial.
        examples: (K, W) the detections to choose from, the one of the same identity first.
    """

    sequence: Sequence
    detections: Detections
    gaps: tuple[GapPairs, ...]
    tracklets: LabelledTracklets
    pairs: Pairs
    same: NDArray[np.bool_]
    query: IntArray
    examples: IntArray

    @cached_property
    def rows(self) -> IntArray:
        """(A,) the detections that are in any pair or trial, ascending."""
        by_gap = [side for each in self.gaps for side in (each.pairs.earlier, each.pairs.later)]
        return np.unique(np.concatenate([*by_gap, *self.tracklets.rows, self.query, self.examples.ravel()]))


@dataclass(frozen=True)
class Descriptions:
    """Descriptors of the detections of one sequence; rows in no pair or trial are 0.

    Attributes:
        sharpness: (N,) variance of the Laplacian of the grey image.
        described: descriptors (N, D) by each appearance.
    """

    sharpness: NDArray[np.float64]
    described: DescriptorsPerModel


def load_appearances(specs: Iterable[str]) -> Appearances:
    """The appearance models of these names, each once.

    Raises:
        ConfigError: one is `none`.
        ModelError: there is no such appearance, or it is broken.
    """
    parts: dict[str, LoadedAppearance] = {}
    for spec in specs:
        loaded = load_appearance(spec)
        if loaded is None:
            raise ConfigError(f"--appearance '{spec}': there is nothing to measure")
        parts |= {part.name: part for part in loaded.parts}
    return Appearances(list(parts.values()))


def check_finite(part: LoadedAppearance, values: NDArray[np.floating]) -> None:
    """Check what an appearance gives.

    Raises:
        ModelError: a value is not finite.
    """
    if not np.isfinite(values).all():
        raise ModelError(f"appearance '{part.name}' gives values that are not finite")


def find_annotated(folders: Iterable[Path], detection_file: str) -> tuple[list[Sequence], list[str]]:
    """The sequences in or directly below the folders that can be measured on, and a line for each of the others.

    Raises:
        InputError: there is none, one has no frame rate, or two have one name.
    """
    sequences = {sequence.folder: sequence for folder in folders for sequence in find_sequences(folder)}
    usable: dict[str, Sequence] = {}
    notes = []
    for sequence in sequences.values():
        needed = {"gt/gt.txt": sequence.truth_file, detection_file: sequence.folder / detection_file}
        missing = [name for name, path in needed.items() if not path.is_file()]
        missing += [] if sequence.frames else ["frames"]
        if missing:
            notes.append(f"{sequence.name} is skipped: it has no {' and no '.join(missing)}")
        elif not sequence.frame_rate:
            raise InputError(f"{sequence.folder}: no frame rate; add seqinfo.ini with frameRate")
        elif sequence.name in usable:
            raise InputError(f"{usable[sequence.name].folder} and {sequence.folder} have one name; rename one")
        else:
            usable[sequence.name] = sequence
    if not usable:
        raise InputError(f"nothing to measure on: no sequence has frames, gt/gt.txt and {detection_file}")
    return list(usable.values()), notes


def draw_samples(sequence: Sequence, detection_file: str, parameters: MatchParameters) -> Samples:
    """Draw the pairs and trials of a sequence; they are the same for all appearances.

    Raises:
        InputError: a file is malformed.
    """
    assert sequence.frame_rate is not None
    detections = sequence.read_detections(sequence.folder / detection_file)
    identity = identify(detections, read_ground_truth(sequence))
    detections, identity = detections[identity >= 0], identity[identity >= 0]
    rate, random = sequence.frame_rate, np.random.default_rng(parameters.seed)
    by_gap = pairs_by_gap(detections, identity, rate, parameters.pairs, parameters.gap_pairs, random)
    gaps = tuple(each for each in by_gap if len(each.pairs))
    tracklets = cut_tracklets(detections, identity, rate, parameters.pairs)
    pairs, same = tracklet_pairs(detections, tracklets, rate, parameters.pairs)
    used, place = np.unique(np.concatenate([pairs.earlier, pairs.later]), return_inverse=True)
    tracklets = LabelledTracklets(tracklets.identity[used], tuple(tracklets.rows[index] for index in used))
    pairs = Pairs(place[: len(pairs)], place[len(pairs) :])
    ways = max(2, min(parameters.ways, len(np.unique(identity))))
    trials = one_shot_trials(identity, ways, parameters.trials, random)
    return Samples(sequence, detections, gaps, tracklets, pairs, same, *trials)


def describe_samples(
    samples: Samples, appearances: Appearances, flow: FlowParameters, progress: Progress
) -> Descriptions:
    """Describe the detections of all pairs and trials in one pass over the frames.

    Raises:
        InputError: the frames end before the detections do.
        ModelError: an appearance failed.
    """
    sequence, needed, box = samples.sequence, samples.rows, samples.detections.box
    described: DescriptorsPerModel = tuple(np.zeros((len(box), 0)) for _ in appearances.parts)
    sharpness = np.zeros(len(box))
    source = open_sequence_frames(sequence)
    if source is None or not len(needed):
        return Descriptions(sharpness, described)
    frame = samples.detections.frame[needed]
    last_frame = int(frame[-1])
    estimator = flow_for(appearances, flow, source.frame_rate)
    for number, _, image in source:
        rows = needed[slice(*np.searchsorted(frame, [number, number + 1]))]
        field = estimator.update(image, box=box[rows]) if estimator else None
        if len(rows):
            described = _store(described, rows, appearances.describe(image, box[rows], field))
            sharpness[rows] = [_sharpness(image, each) for each in box[rows]]
        progress(f"describe {sequence.name}", number, last_frame)
        if number == last_frame:
            return Descriptions(sharpness, described)
    reason = source.broken or f"ends after {counted(source.read_count, 'frame')}"
    raise InputError(f"{sequence.folder}: the video {reason}, but there are detections in frame {last_frame}")


def _store(described: DescriptorsPerModel, rows: IntArray, values: DescriptorsPerModel) -> DescriptorsPerModel:
    """Put descriptors of some rows into those of all, which are allocated with the first ones."""
    if not any(each.shape[1] for each in described):
        described = tuple(
            np.zeros((len(each), new.shape[1]), new.dtype) for each, new in zip(described, values, strict=True)
        )
    for each, new in zip(described, values, strict=True):
        if each.shape[1] != new.shape[1]:
            raise ModelError(
                f"an appearance gives descriptors of {each.shape[1]} numbers in one frame, of {new.shape[1]} in another"
            )
        each[rows] = new
    return described


def _sharpness(image: Image, box: Boxes) -> float:
    """The variance of the Laplacian inside a box (4,); 0 outside of the image."""
    x1, y1, x2, y2 = (int(side) for side in np.clip(np.round(box), 0, 2 * [image.shape[1], image.shape[0]]))
    inside = image[y1:y2, x1:x2]
    return float(cv2.Laplacian(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var()) if inside.size else 0.0
