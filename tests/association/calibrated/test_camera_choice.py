import numpy as np
import pytest

from siamlink.association.calibrated.camera_choice import best_camera
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.detectors.detections import Detections


def scene_at_rest(shift: float) -> Scene:
    """Twelve objects at rest in 40 frames, from a camera that moves by `shift` times a random walk."""
    rng = np.random.default_rng(0)
    centre = rng.uniform(200, 1500, (1, 12, 2)) + shift * rng.normal(0, 1, (40, 1, 2)).cumsum(0)
    centre = (centre + rng.normal(0, 0.3, (40, 12, 2))).reshape(-1, 2)
    frame = np.repeat(np.arange(1, 41), 12)
    return make_scene(Detections(frame, np.hstack([centre - 20, centre + 20]), np.ones(480), np.zeros(480, int)))


def test_a_still_camera_is_chosen_for_objects_at_rest() -> None:
    camera = best_camera(scene_at_rest(0.0))
    assert (camera.scale == 1).all()
    assert not camera.shift.any()


@pytest.mark.parametrize("steps", [1, 3])
def test_few_steps_are_not_stabilised(steps: int) -> None:
    detections = Detections(np.arange(1, steps + 1), [[0, 0, 10, 10]] * steps, np.ones(steps), np.zeros(steps, int))
    assert not best_camera(make_scene(detections)).shift.any()


def test_a_shaking_camera_is_found() -> None:
    assert np.abs(best_camera(scene_at_rest(12.0)).shift).max() > 10
