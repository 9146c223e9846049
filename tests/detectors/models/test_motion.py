import numpy as np
import pytest

from siamlink.detectors.boxes import iou_pairs
from siamlink.detectors.detections import Detections
from siamlink.detectors.models.motion import MotionDetector


def street(frames, size=(240, 320), person=(20, 60), step=4, *, shadow=False):
    """A textured wall with sensor noise, before which an object of size `person` (width, height) moves right.

    Returns:
        The images and the walker's true boxes; it comes in after ten frames.
    """
    random = np.random.default_rng(5)
    wall = random.integers(90, 200, (*size, 3)).astype(np.float32)
    images, boxes = [], []
    for frame in range(frames):
        image = wall.copy()
        x, y = 10 + step * frame, size[0] // 4
        box = None
        if frame >= 10:
            box = [x, y, x + person[0], y + person[1]]
            if shadow:
                image[y + person[1] - 12 : y + person[1], x + person[0] : x + person[0] + 40] *= 0.75
            image[y : y + person[1], x : x + person[0]] = (30, 20, 60)
        images.append(np.clip(image + random.normal(0, 2, image.shape), 0, 255).astype(np.uint8))
        boxes.append(box)
    return images, boxes


def run(images, **settings):
    detector = MotionDetector(**settings)
    return [detector.detect(image) for image in images]


def test_a_walker_is_detected_from_its_first_frame_and_an_empty_street_has_no_detections():
    images, boxes = street(60)
    found = run(images)
    assert all(len(each) == 0 for each in found[:10])
    assert all(len(each) == 1 for each in found[10:])
    overlap = iou_pairs(Detections.concatenate(found).box, np.array(boxes[10:], np.float32))
    assert overlap.min() > 0.75
    assert all(each.score.min() > 0.8 for each in found[10:])


def test_a_shadow_is_not_part_of_the_walker():
    images, boxes = street(60, shadow=True)
    found = run(images)[20:]
    overlap = iou_pairs(Detections.concatenate(found).box, np.array(boxes[20:], np.float32))
    assert overlap.min() > 0.75


@pytest.mark.slow
def test_boxes_are_in_pixels_of_the_original_image():
    images, boxes = street(30, size=(720, 1280), person=(60, 180), step=12)
    found = run(images)[10:]
    overlap = iou_pairs(Detections.concatenate(found).box, np.array(boxes[10:], np.float32))
    assert overlap.min() > 0.75


@pytest.mark.parametrize("person", [(60, 30), (6, 60), (4, 10)], ids=["wide", "thin", "small"])
def test_objects_of_another_shape_are_ignored(person):
    images, _ = street(32, person=person, step=8)
    assert sum(map(len, run(images))) == 0
    assert sum(map(len, run(images, smallest_height=0, aspect=(0, 99), smallest_fill=0))) >= 20


def test_an_object_that_stands_still_becomes_background():
    images, _ = street(20)
    found = run([*images, *images[-1:] * 40])
    assert len(found[19]) == 1
    assert len(found[-1]) == 0


def test_a_change_of_the_whole_image_gives_no_detections():
    images, _ = street(30)
    images[20] = 255 - images[20]
    assert len(run(images)[20]) == 0
    assert len(run(images, largest_change=1.1, aspect=(0, 9))[20]) > 0


def test_the_first_frames_initialise_the_background():
    images, _ = street(30)
    assert [len(each) for each in run(images[12:], warm_up_frames=3)[:3]] == [0, 0, 0]


def test_the_same_frames_give_the_same_boxes():
    images, _ = street(30)
    for one, other in zip(run(images), run(images), strict=True):
        np.testing.assert_array_equal(one.box, other.box)
