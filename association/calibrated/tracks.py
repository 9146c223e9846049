"""Tracks of a whole sequence, with costs estimated from its own detections."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.appearance import Describe
from siamlink.association.calibrated.estimate import Estimate
from siamlink.association.calibrated.interpolation import NO_COUNTS, OcclusionCounts, interpolated_steps
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.output import between_required, output_detections, with_prior, young_tracks
from siamlink.association.calibrated.rounds import calibrate
from siamlink.association.calibrated.scene import Scene, make_scene, track_numbers
from siamlink.association.calibrated.smoothing import Gaps, Smoother
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.detections import Detections


@dataclass(frozen=True)
class CalibratedResult:
    """Tracks of N detections, and the M detected and interpolated boxes, sorted by frame and track.

    Attributes:
        track_id: (N,) the track of each detection, counted from 1 in the order of first detections; 0 for none.
        probability: (N,) that the detection is an object.
        frame: (M,) the frame of each box.
        track: (M,) its track.
        row: (M,) the row of the detection, -1 for an interpolated box.
        box: (M, 4) x1 y1 x2 y2 in pixels; detected boxes are smoothed.
        link_probability: (M,) of the link from the detection, or the one before the gap, to the next; NaN for none.
    """

    track_id: IntArray
    probability: FloatArray
    frame: IntArray
    track: IntArray
    row: IntArray
    box: FloatArray
    link_probability: FloatArray


def calibrated_links(
    detections: Detections,
    frame_rate: float,
    image_size: tuple[float, float] | None = None,
    models: Models | None = None,
    processed_frames: IntArray | None = None,
    describe: Describe | None = None,
) -> CalibratedResult:
    """Link the detections of a whole sequence, with costs estimated from its own tracks.

    Args:
        detections: N boxes with classes and scores of any detector, sorted by frame.
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        models: models trained on other videos; by default the shipped ones.
        processed_frames: the frames that the detector processed; by default those with detections.
        describe: describes detections by their appearance, given the rows of some; called once at most.
    """
    scene = make_scene(detections, image_size, processed_frames)
    if not len(scene):
        return no_tracks()
    learned = models or shipped_models()
    classifier = ObjectClassifier(scene, frame_rate, learned.alone, learned.in_track)
    estimate = calibrate(scene, classifier, learned.links, describe=describe)
    return linked_result(scene, estimate, classifier)


def no_tracks() -> CalibratedResult:
    """The result of no detections."""
    none = np.zeros(0, np.int64)
    return CalibratedResult(none, np.zeros(0), none, none, none, np.zeros((0, 4)), np.zeros(0))


def linked_result(
    scene: Scene,
    estimate: Estimate,
    classifier: ObjectClassifier,
    settled: BoolArray | None = None,
    required: BoolArray | None = None,
    past: OcclusionCounts = NO_COUNTS,
    ended: bool = True,
) -> CalibratedResult:
    """The tracks of an estimate that are probably objects.

    Args:
        scene: N detections.
        estimate: their links.
        classifier: estimates which detections are objects.
        settled: (M,) whether each of the first M detections is in a track; of the others, the models decide.
        required: (N,) detections that must be in a track.
        past: of earlier detections.
        ended: whether no detections will follow, so that short tracks stay short.
    """
    features = classifier.features(estimate.successor, estimate.ratio)
    probability, number = with_prior(classifier.in_track(features)), track_numbers(estimate.successor)
    alone = with_prior(classifier.alone(features))
    if not ended:
        young = young_tracks(number, scene.step)
        probability = np.where(young, np.maximum(probability, alone), probability)
    is_output = output_detections(number, scene.step, probability, alone, required, settled)
    is_output &= ~estimate.duplicate if required is None else ~estimate.duplicate | required
    between = None if required is None else between_required(number, scene.step, required)
    if settled is not None:
        is_output[: len(settled)] = settled
    smoother = Smoother(scene, estimate)
    place = smoother.smoothed() if scene.scored else scene.place
    gaps = smoother.between(place)
    interpolated = interpolated_steps(scene, gaps, estimate.successor, is_output, estimate.rates.mean_gap, past)
    if between is not None:
        interpolated |= between[gaps.earlier] & is_output[gaps.earlier] & is_output[gaps.later]
    return _result(scene, estimate, probability, is_output, place, gaps, interpolated)


def _result(
    scene: Scene,
    estimate: Estimate,
    probability: FloatArray,
    is_output: BoolArray,
    place: FloatArray,
    gaps: Gaps,
    interpolated: BoolArray,
) -> CalibratedResult:
    """The boxes of the detections that are output, and those interpolated between them.

    Args:
        scene: N detections.
        estimate: their links.
        probability: (N,) that each is an object, by its track too.
        is_output: (N,) which detections are output.
        place: (N, 4) their smoothed places.
        gaps: G frames between linked detections.
        interpolated: (G,) which of these are interpolated.
    """
    rows, number, earlier = np.flatnonzero(is_output), track_numbers(estimate.successor), gaps.earlier[interpolated]
    frame = np.concatenate([scene.frame[rows], gaps.frame[interpolated]])
    boxes = np.concatenate([place[rows], gaps.place[interpolated]])
    track = np.unique(np.concatenate([number[rows], number[earlier]]), return_inverse=True)[1] + 1
    track_id = np.zeros(len(scene), np.int64)
    track_id[rows] = track[: len(rows)]
    half = np.exp(boxes[:, 2:]) / 2
    box = np.column_stack([boxes[:, :2] - half, boxes[:, :2] + half])
    order = np.lexsort((track, frame))
    row = np.concatenate([rows, np.full(len(earlier), -1)])[order]
    link = np.where(is_output[estimate.successor], estimate.link_probability, np.nan)
    link = np.concatenate([link[rows], link[earlier]])[order]
    return CalibratedResult(track_id, probability, frame[order], track[order], row, box[order], link)
