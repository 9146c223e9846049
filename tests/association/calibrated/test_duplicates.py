import numpy as np
import pytest

from siamlink.association.calibrated.candidate_links import link_model
from siamlink.association.calibrated.duplicates import OverlappingBoxes, apply
from siamlink.association.calibrated.estimate import first_estimate
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.detectors.detections import Detections


def detected_twice(shared: int, other: tuple[float, float] = (0, 0)) -> tuple[Scene, np.ndarray]:
    """One object in 20 frames, its first track up to frame 10, its second one from `shared` frames before that on.

    The boxes of the second track are moved by `other`. Returns the scene and the links along both tracks.
    """
    table = [[frame, 0, 4.0 * frame, 0, 4.0 * frame + 40, 80] for frame in range(1, 11)]
    dx, dy = other
    table += [[frame, 1, 4.0 * frame + dx, dy, 4.0 * frame + 40 + dx, 80 + dy] for frame in range(11 - shared, 21)]
    rows = np.array(sorted(table))
    scene = make_scene(Detections(rows[:, 0].astype(int), rows[:, 2:], np.ones(len(rows)), np.zeros(len(rows), int)))
    successor = np.full(len(rows), -1)
    for track in (0, 1):
        own = np.flatnonzero(rows[:, 1] == track)
        successor[own[:-1]] = own[1:]
    return scene, successor


def handovers(scene: Scene, successor: np.ndarray) -> list:
    estimate = first_estimate(scene)
    return OverlappingBoxes(scene).handovers(successor, lambda: link_model(scene, estimate, 5))


@pytest.mark.parametrize("shared", [1, 3])
def test_a_track_goes_on_in_the_one_that_began_beside_it(shared: int) -> None:
    scene, successor = detected_twice(shared)
    found = handovers(scene, successor)
    assert len(found) == 1
    links, ratio, dropped = apply(found, successor, np.where(successor >= 0, 5.0, 0.0))
    assert len(dropped) == shared
    assert ratio[dropped].max() == 0
    row, frames = 0, [scene.frame[0]]
    while links[row] >= 0:
        row = links[row]
        frames.append(scene.frame[row])
    assert frames == list(range(1, 21))


def test_tracks_side_by_side_stay_two() -> None:
    assert not handovers(*detected_twice(3, other=(35, 0)))
    assert not handovers(*detected_twice(10))
    assert not handovers(*detected_twice(0))
