"""Tracks of a sequence whose costs calibrate themselves."""

from dataclasses import dataclass

import numpy as np

from siamlink.association.calibrated.camera import Camera, still_camera
from siamlink.association.calibrated.camera_choice import best_camera
from siamlink.association.calibrated.filling import filled_steps
from siamlink.association.calibrated.keeping import live_detections
from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.motion import Motion
from siamlink.association.calibrated.noise import THOROUGH, Effort
from siamlink.association.calibrated.rounds import Estimate, calibrate
from siamlink.association.calibrated.scene import Scene, make_scene, track_numbers
from siamlink.association.calibrated.smoothing import Smoother
from siamlink.association.calibrated.truth import Judge
from siamlink.detectors.base.arrays import BoolArray, FloatArray, IntArray
from siamlink.detectors.detections import Detections


@dataclass(frozen=True)
class CalibratedResult:
    """Tracks of N detections, and their M boxes with those of filled gaps, sorted by frame and track.

    Attributes:
        track_id: (N,) the track of each detection, counted from 1 in the order of first detections; 0 for none.
        probability: (N,) that the detection is an object.
        frame: (M,) the frame of each box.
        track: (M,) its track.
        row: (M,) the detection that it was, -1 where it was filled.
        box: (M, 4) x1 y1 x2 y2 in pixels; detected ones are smoothed as far as the noise of measurement asks.
        motion: the noise of motion and measurement, in the objects' own sizes; nothing if there was nothing to link.
    """

    track_id: IntArray
    probability: FloatArray
    frame: IntArray
    track: IntArray
    row: IntArray
    box: FloatArray
    motion: Motion | None


def calibrated_links(
    detections: Detections,
    frame_rate: float,
    image_size: tuple[float, float] | None = None,
    processed_frames: IntArray | None = None,
    moving_camera: bool = False,
    effort: Effort = THOROUGH,
    models: Models | None = None,
) -> CalibratedResult:
    """Link the detections of a whole sequence, with costs that its own tracks tell.

    Args:
        detections: N boxes of any detector, classes and scores.
        frame_rate: frames a second.
        image_size: width and height in pixels, if known.
        processed_frames: the frames that the detector looked at, if known; else a regular step is recognised.
        moving_camera: whether to ask if the camera moved. It takes twice the time, and seldom pays: see
            `camera_choice`.
        effort: how much work goes into fitting the noise.
        models: what is learned from other videos; by default what comes with the package.
    """
    scene = make_scene(detections, image_size, processed_frames)
    if not len(scene):
        none = np.zeros(0, np.int64)
        return CalibratedResult(none, np.zeros(0), none, none, none, np.zeros((0, 4)), None)
    learned = models or shipped_models()
    judge = Judge(scene, frame_rate, learned.alone, learned.in_track)
    camera = best_camera(scene) if moving_camera else still_camera(scene)
    stabilised = camera.stabilised(scene)
    estimate = calibrate(stabilised, camera.log_scale(scene), judge, learned.links, effort)
    features = judge.features(estimate.successor, estimate.ratio)
    probability = judge.in_track(features)
    live = live_detections(track_numbers(estimate.successor), scene.step, probability, judge.alone(features))
    return _boxes(stabilised, estimate, camera, live, probability)


def _boxes(
    scene: Scene, estimate: Estimate, camera: Camera, live: BoolArray, probability: FloatArray
) -> CalibratedResult:
    """The boxes of the detections (N,) that are given out, and those that fill gaps between them."""
    number = track_numbers(estimate.successor)
    smoother = Smoother(scene, estimate)
    place = smoother.smoothed() if scene.scored else scene.place
    gaps = smoother.between(place)
    fill = filled_steps(scene, gaps, estimate.successor, live, estimate.presence.usual_gap)
    rows = np.flatnonzero(live)
    frame = np.concatenate([scene.frame[rows], gaps.frame[fill]])
    where = np.concatenate([place[rows], gaps.place[fill]])
    track = np.unique(np.concatenate([number[rows], number[gaps.earlier[fill]]]), return_inverse=True)[1] + 1
    track_id = np.zeros(len(scene), np.int64)
    track_id[rows] = track[: len(rows)]
    where = camera.to_picture((frame - scene.first_frame) / scene.stride, where)
    half = np.exp(where[:, 2:]) / 2
    box = np.column_stack([where[:, :2] - half, where[:, :2] + half])
    order = np.lexsort((track, frame))
    row = np.concatenate([rows, np.full(int(fill.sum()), -1)])[order]
    return CalibratedResult(track_id, probability, frame[order], track[order], row, box[order], estimate.motion)
