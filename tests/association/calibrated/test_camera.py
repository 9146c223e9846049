import numpy as np

from siamlink.association.calibrated.camera import fit_camera
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def detections_of(shift: float, turn: float, frames: int = 40) -> Detections:
    """Detections of twelve objects at rest, from a camera that moves and turns."""
    rng = np.random.default_rng(0)
    world = rng.uniform(200, 1500, 12) + 1j * rng.uniform(200, 900, 12)
    rows = []
    for frame in range(frames):
        centre = world * np.exp(1j * turn * frame) + shift * frame
        centre = centre + rng.normal(0, 0.3, 12) + 1j * rng.normal(0, 0.3, 12)
        rows += [[frame + 1, z.real - 20, z.imag - 30, z.real + 20, z.imag + 30] for z in centre]
    table = np.array(rows)
    return Detections(table[:, 0].astype(int), table[:, 1:], np.ones(len(table)), np.zeros(len(table), int))


def test_objects_at_rest_are_at_rest_in_stabilised_coordinates() -> None:
    scene = make_scene(detections_of(6.0, 0.002))
    place = fit_camera(scene, "similarity").stabilised(scene).place.reshape(40, 12, 4)
    assert np.abs(place[-1, :, :2] - place[0, :, :2]).max() < 6
    assert np.abs(scene.place.reshape(40, 12, 4)[-1, :, :2] - scene.place.reshape(40, 12, 4)[0, :, :2]).max() > 200


def test_stabilised_boxes_are_converted_back_to_the_picture() -> None:
    scene = make_scene(detections_of(6.0, 0.002))
    camera = fit_camera(scene, "similarity")
    back = camera.to_picture(scene.step.astype(float), camera.stabilised(scene).place)
    np.testing.assert_allclose(back, scene.place, atol=1e-6)
