"""Tracks of a whole sequence, with costs estimated from its own detections."""

from dataclasses import dataclass, replace

import numpy as np

from siamlink.association.calibrated.appearance import Describe
from siamlink.association.calibrated.camera import Camera, still_camera
from siamlink.association.calibrated.camera_choice import best_camera
from siamlink.association.calibrated.duplicates import second_boxes
from siamlink.association.calibrated.interpolation import interpolated_steps
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.output import output_detections
from siamlink.association.calibrated.rounds import Estimate, calibrate
from siamlink.association.calibrated.scene import Scene, make_scene, track_numbers
from siamlink.association.calibrated.smoothing import Smoother
from siamlink.detectors.base.arrays import FloatArray, IntArray
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
    """

    track_id: IntArray
    probability: FloatArray
    frame: IntArray
    track: IntArray
    row: IntArray
    box: FloatArray

    def among(self, rows: IntArray, count: int) -> "CalibratedResult":
        """The same tracks of `count` detections, of which these are the `rows` (N,)."""
        track_id, probability = np.zeros(count, np.int64), np.zeros(count)
        track_id[rows], probability[rows] = self.track_id, self.probability
        return replace(
            self, track_id=track_id, probability=probability, row=np.where(self.row >= 0, rows[self.row], -1)
        )


def calibrated_links(
    detections: Detections,
    frame_rate: float,
    image_size: tuple[float, float] | None = None,
    moving_camera: bool = False,
    models: Models | None = None,
    describe: Describe | None = None,
) -> CalibratedResult:
    """Link the detections of a whole sequence, with costs estimated from its own tracks.

    Args:
        detections: N boxes with classes and scores of any detector, sorted by frame.
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        moving_camera: whether to estimate and remove the camera's motion. No setting of the tracker uses this: it
            takes twice the time and seldom improves the tracks. See `camera_choice`.
        models: models trained on other videos; by default the shipped ones.
        describe: describes detections by their appearance, given the rows of some; called once at most.
    """
    scene = make_scene(detections, image_size)
    if not len(scene):
        none = np.zeros(0, np.int64)
        return CalibratedResult(none, np.zeros(0), none, none, none, np.zeros((0, 4)))
    learned = models or shipped_models()
    classifier = ObjectClassifier(scene, frame_rate, learned.alone, learned.in_track)
    second = second_boxes(detections, scene, classifier)
    rows = np.flatnonzero(~second)
    if second.any():
        scene = make_scene(detections[rows], image_size)
        classifier = ObjectClassifier(scene, frame_rate, learned.alone, learned.in_track)
    camera = best_camera(scene) if moving_camera else still_camera(scene)
    stabilised = camera.stabilised(scene)
    some = None if describe is None else lambda chosen: describe(rows[chosen])
    estimate = calibrate(stabilised, camera.log_scale(scene), classifier, learned.links, describe=some)
    features = classifier.features(estimate.successor, estimate.ratio)
    result = _boxes(stabilised, estimate, camera, classifier.in_track(features), classifier.alone(features))
    return result.among(rows, len(detections)) if second.any() else result


def _boxes(
    scene: Scene, estimate: Estimate, camera: Camera, probability: FloatArray, alone: FloatArray
) -> CalibratedResult:
    """The boxes of the detections that are output, and those interpolated between them.

    Args:
        scene: N detections.
        estimate: their links.
        camera: from which the scene is stabilised.
        probability: (N,) that each is an object, by its track too.
        alone: (N,) the same, by itself.
    """
    number = track_numbers(estimate.successor)
    is_output = output_detections(number, scene.step, probability, alone)
    smoother = Smoother(scene, estimate)
    place = smoother.smoothed() if scene.scored else scene.place
    gaps = smoother.between(place)
    interpolated = interpolated_steps(scene, gaps, estimate.successor, is_output, estimate.rates.mean_gap)
    rows = np.flatnonzero(is_output)
    frame = np.concatenate([scene.frame[rows], gaps.frame[interpolated]])
    boxes = np.concatenate([place[rows], gaps.place[interpolated]])
    track = np.unique(np.concatenate([number[rows], number[gaps.earlier[interpolated]]]), return_inverse=True)[1] + 1
    track_id = np.zeros(len(scene), np.int64)
    track_id[rows] = track[: len(rows)]
    boxes = camera.to_picture((frame - scene.first_frame) / scene.stride, boxes)
    half = np.exp(boxes[:, 2:]) / 2
    box = np.column_stack([boxes[:, :2] - half, boxes[:, :2] + half])
    order = np.lexsort((track, frame))
    row = np.concatenate([rows, np.full(int(interpolated.sum()), -1)])[order]
    return CalibratedResult(track_id, probability, frame[order], track[order], row, box[order])
