"""The choice between a still and a moving camera, by the likelihood of the tracks.

Camera motion is removed only where this increases the objective clearly: objects that move together look like a moving
camera, and with few detections the errors of the fit are added to the motion of the objects.
"""

from siamlink.association.calibrated.camera import Camera, Kind, fit_camera, still_camera
from siamlink.association.calibrated.rounds import trial_estimate
from siamlink.association.calibrated.scene import Scene

KINDS: tuple[Kind, ...] = ("translation", "similarity")
FEWEST_STEPS = 4
LEAST_GAIN = 0.15
"""Smallest relative gain of the objective for which a moving camera is chosen."""


def best_camera(scene: Scene) -> Camera:
    """The camera with the largest objective after the first rounds, minus its number of fitted parameters."""
    best = still_camera(scene)
    if scene.steps < FEWEST_STEPS:
        return best
    most = trial_estimate(scene, best.log_scale(scene)).objective * (1 + LEAST_GAIN)
    for kind in KINDS:
        camera = fit_camera(scene, kind)
        objective = trial_estimate(camera.stabilised(scene), camera.log_scale(scene)).objective - camera.freedom
        if objective > most:
            best, most = camera, objective
    return best
