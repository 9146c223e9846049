import numpy as np

from siamlink.association.calibrated.camera import fit_camera, still_camera
from siamlink.association.calibrated.camera_choice import best_camera
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def seen_from(shift: float, turn: float, frames: int = 40) -> Detections:
    """Twelve things that stand still, seen by a camera that moves and turns."""
    rng = np.random.default_rng(0)
    world = rng.uniform(200, 1500, 12) + 1j * rng.uniform(200, 900, 12)
    rows = []
    for frame in range(frames):
        centre = world * np.exp(1j * turn * frame) + shift * frame
        centre = centre + rng.normal(0, 0.3, 12) + 1j * rng.normal(0, 0.3, 12)
        rows += [[frame + 1, z.real - 20, z.imag - 30, z.real + 20, z.imag + 30] for z in centre]
    table = np.array(rows)
    return Detections(table[:, 0].astype(int), table[:, 1:], np.ones(len(table)), np.zeros(len(table), int))


def test_what_stands_still_stands_still_without_the_camera() -> None:
    scene = make_scene(seen_from(6.0, 0.002))
    place = fit_camera(scene, "similarity").stabilised(scene).place.reshape(40, 12, 4)
    assert np.abs(place[-1, :, :2] - place[0, :, :2]).max() < 6
    assert np.abs(scene.place.reshape(40, 12, 4)[-1, :, :2] - scene.place.reshape(40, 12, 4)[0, :, :2]).max() > 200


def test_boxes_go_there_and_back() -> None:
    scene = make_scene(seen_from(6.0, 0.002))
    camera = fit_camera(scene, "similarity")
    back = camera.to_picture(scene.step.astype(float), camera.stabilised(scene).place)
    np.testing.assert_allclose(back, scene.place, atol=1e-6)


def test_a_camera_that_stands_still_is_left_alone() -> None:
    scene = make_scene(seen_from(0.0, 0.0))
    assert (best_camera(scene).scale == still_camera(scene).scale).all()
    assert not best_camera(scene).shift.any()
