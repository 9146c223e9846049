import cv2
import numpy as np
import pytest

from siamlink.detectors.boxes import iou_matrix
from siamlink.detectors.models.hog import HogDetector

FACTOR = 0.35
"""With images shrunk by this factor, the people of TUD-Campus are 40-105 pixels high."""


@pytest.fixture(scope="module")
def streets(data):
    """Three frames of TUD-Campus and the boxes of their people."""
    folder = data / "TUD-Campus"
    truth = np.loadtxt(folder / "gt" / "gt.txt", delimiter=",")
    truth[:, 4:6] += truth[:, 2:4]
    return [
        (cv2.imread(str(folder / "img1" / f"{frame:06d}.jpg")), truth[truth[:, 0] == frame][:, 2:6])
        for frame in (20, 40, 60)
    ]


def best_overlaps(detector, streets, factor=1.0):
    """The best overlap of each person with a detection, on images shrunk by `factor`."""
    best = []
    for image, truth in streets:
        shrunk = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        best.append(iou_matrix(detector.detect(shrunk).box, truth * factor).max(axis=0, initial=0))
    return np.concatenate(best)


def test_people_are_detected_with_boxes_that_fit(streets):
    best = best_overlaps(HogDetector(), streets)
    assert (best >= 0.5).mean() >= 0.5
    assert best[best >= 0.5].mean() >= 0.65


def test_the_image_is_enlarged_until_small_people_fill_the_window(streets):
    enlarged, plain = (best_overlaps(HogDetector(size), streets, FACTOR) >= 0.5 for size in (50, 96))
    assert enlarged.sum() >= 6
    assert enlarged.sum() >= 3 * plain.sum()


def test_a_large_image_is_not_enlarged_beyond_the_limit(streets):
    bounded, plain = (
        best_overlaps(detector, streets, FACTOR)
        for detector in (HogDetector(50, largest_image=224 * 168), HogDetector(96))
    )
    np.testing.assert_array_equal(bounded, plain)


def test_detections_are_persons_of_frame_one_above_the_threshold(streets):
    found = HogDetector(score_threshold=1.0).detect(streets[1][0])
    assert len(found)
    assert (found.frame == 1).all()
    assert (found.label == 0).all()
    assert found.score.min() >= 1.0


def test_no_two_boxes_overlap_by_more_than_the_limit(streets):
    found = HogDetector(iou_limit=0.3).detect(streets[1][0])
    overlap = iou_matrix(found.box, found.box) - np.eye(len(found))
    assert len(found) > 1
    assert overlap.max() <= 0.3


SHAPES = [(1, 1), (10, 400), (30, 30), (49, 300), (300, 16), (51, 18), (128, 64), (2160, 3840)]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_empty_wall_of_any_size_has_no_detections(shape):
    assert len(HogDetector().detect(np.full((*shape, 3), 120, np.uint8))) == 0
