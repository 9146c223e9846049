"""Second boxes of one object are found; objects that pass each other stay."""

import numpy as np

from siamlink.association.calibrated import calibrated_links
from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.rounds import STRONG_ROUND, calibrate
from siamlink.association.calibrated.scene import make_scene
from siamlink.association.calibrated.second_boxes import second_boxes
from siamlink.detectors.base.arrays import BoolArray
from siamlink.detectors.detections import Detections

WIDTH, HEIGHT, STEPS = 40.0, 100.0, 120


def boxes(frame: np.ndarray, x: np.ndarray, y: float, score: np.ndarray) -> Detections:
    random = np.random.default_rng(len(frame))
    left, top = x + random.normal(size=len(x)), y + random.normal(size=len(x))
    corners = np.column_stack([left, top, left + WIDTH, top + HEIGHT])
    return Detections(frame, corners, score, np.zeros(len(x), int))


def people(*more: Detections) -> Detections:
    """Three people who walk to the right, one above the other, and more detections."""
    frame, random = np.arange(1, STEPS + 1), np.random.default_rng(0)
    parts = [boxes(frame, frame * 4.0, 50 + 200 * n, random.uniform(0.7, 1.0, STEPS)) for n in range(3)]
    every = Detections.concatenate([*parts, *more])
    return every[np.argsort(every.frame, kind="stable")]


def second(detections: Detections) -> BoolArray:
    scene, models = make_scene(detections), shipped_models()
    estimate = calibrate(scene, None, rounds=STRONG_ROUND)
    classifier = ObjectClassifier(scene, 25, models.alone, models.in_track)
    return second_boxes(
        scene, estimate.successor, classifier.alone(classifier.features(estimate.successor, estimate.ratio))
    )


def doubled() -> Detections:
    """Second boxes of the first person, of low scores, for a few frames at a time."""
    frame = np.flatnonzero(np.arange(STEPS) % 10 < 5) + 1
    return boxes(frame, frame * 4.0 + 6, 60, np.random.default_rng(1).uniform(0.05, 0.3, len(frame)))


def test_short_weak_tracks_within_another_box_are_second_boxes() -> None:
    detections = people(doubled())
    found = second(detections)
    weak = detections.score < 0.5
    assert found[weak].mean() > 0.9
    assert not found[~weak].any()


def test_the_result_counts_all_detections_and_the_second_boxes_are_in_no_track() -> None:
    detections = people(doubled())
    result = calibrated_links(detections, 25)
    assert len(result.track_id) == len(result.probability) == len(detections)
    assert not result.track_id[second(detections)].any()
    assert len(set(result.track_id[result.track_id > 0])) == 3
    detected = result.row >= 0
    np.testing.assert_array_equal(detections.frame[result.row[detected]], result.frame[detected])
    np.testing.assert_array_equal(result.track_id[result.row[detected]], result.track[detected])


def test_objects_that_pass_each_other_stay() -> None:
    frame = np.arange(1, STEPS + 1)
    other = boxes(frame, 480 - frame * 4.0, 60, np.random.default_rng(2).uniform(0.7, 1.0, STEPS))
    assert not second(people(other)).any()


def test_nothing_overlaps_in_most_sequences() -> None:
    assert not second(people()).any()


def test_boxes_of_another_class_are_no_second_boxes() -> None:
    other = doubled()
    other = Detections(other.frame, other.box, other.score, np.ones(len(other), int))
    assert not second(people(other)).any()


def test_nearly_the_same_box_of_another_class_is_a_second_box() -> None:
    found = people()
    again = Detections(found.frame, found.box + np.float32(0.5), found.score * 0.9, np.ones(len(found), int))
    both = Detections.concatenate([found, again])
    order = np.argsort(both.frame, kind="stable")
    flagged = second(both[order])
    np.testing.assert_array_equal(flagged, both.label[order] == 1)
