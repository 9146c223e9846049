"""Whether the camera moved: as far as tracks become more likely in the coordinates of a moving one.

A camera is taken off only where the objective rises by a good part: objects that move together look like a camera, and
where few are seen, its noise is added to theirs.
"""

from siamlink.association.calibrated.camera import Camera, Kind, fit_camera, still_camera
from siamlink.association.calibrated.rounds import trial
from siamlink.association.calibrated.scene import Scene

KINDS: tuple[Kind, ...] = ("translation", "similarity")
FEWEST_STEPS = 4
LEAST_GAIN = 0.15
"""Part of the objective that a moving camera must add."""


def best_camera(scene: Scene) -> Camera:
    """The camera under which the first rounds' tracks are most likely, less what its fitted numbers gain by chance."""
    best = still_camera(scene)
    if scene.steps < FEWEST_STEPS:
        return best
    most = trial(scene, best.log_scale(scene)).objective * (1 + LEAST_GAIN)
    for kind in KINDS:
        camera = fit_camera(scene, kind)
        objective = trial(camera.stabilised(scene), camera.log_scale(scene)).objective - camera.freedom
        if objective > most:
            best, most = camera, objective
    return best
