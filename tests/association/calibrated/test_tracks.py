"""Scenes with known tracks: objects on straight lines, detected with little or no noise."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from siamlink.association.calibrated import calibrated_links
from siamlink.detectors.detections import Detections


@dataclass(frozen=True)
class Mover:
    """An object on a straight line: centre, velocity in pixels a frame, size, class, first and last frame."""

    x: float
    y: float
    vx: float
    vy: float
    width: float
    height: float
    label: int = 0
    first: int = 1
    last: int = 10_000


def film(
    movers: list[Mover], frames: int, step: int = 1, noise: float = 0.5, scores: tuple[float, float] = (0.6, 0.95)
) -> tuple[Detections, NDArray[np.int64]]:
    """Detections in every `step`-th frame, with Gaussian `noise` in pixels, and their identities (N,)."""
    rng = np.random.default_rng(0)
    rows, identity = [], []
    for frame in range(1, frames + 1, step):
        for number, mover in enumerate(movers):
            if mover.first <= frame <= mover.last:
                x, y = mover.x + mover.vx * (frame - 1), mover.y + mover.vy * (frame - 1)
                half = np.array([mover.width, mover.height]) / 2
                box = np.concatenate([[x, y] - half, [x, y] + half]) + rng.normal(0, noise, 4)
                rows.append([frame, *box, rng.uniform(*scores), mover.label])
                identity.append(number)
    table = np.array(rows)
    detections = Detections(
        frame=table[:, 0].astype(int), box=table[:, 1:5], score=table[:, 5], label=table[:, 6].astype(int)
    )
    return detections, np.array(identity)


def pure(track_id: NDArray[np.int64], identity: NDArray[np.int64]) -> bool:
    """Whether every detection is in a track, and tracks and objects are one to one."""
    pairs = {*zip(track_id.tolist(), identity.tolist(), strict=True)}
    return bool((track_id > 0).all()) and len(pairs) == len({*track_id.tolist()}) == len({*identity.tolist()})


ROAD = [Mover(80 + 30 * n, 150 + 150 * n, 12 if n % 2 else -12 + 24, 0, 120, 45) for n in range(5)]
WALKERS = [Mover(200 + 500 * n, 400 + 90 * n, (3, -3, 1)[n], 0, 45, 110) for n in range(3)]
SCENES = {
    "five cars on an empty road": (ROAD, 90, 1),
    "two frames a second": ([Mover(200 + 300 * n, 300 + 200 * n, 45, 0, 45, 110) for n in range(3)], 30, 1),
    "a detector on every fifth frame": (WALKERS, 150, 5),
    "two that meet": ([Mover(60, 300, 2, 0, 40, 110), Mover(300, 310, -2, 0, 40, 110)], 120, 1),
    "a child and a ball among adults": (
        [
            *(Mover(200 + 350 * n, 500, 1 + n / 2, 0, 42, 110) for n in range(4)),
            Mover(300, 540, 1.5, 0, 18, 40),
            Mover(100, 560, 4, 0, 12, 12),
        ],
        90,
        1,
    ),
    "ants": ([Mover(20 + 13 * n, 20 + 11 * n, 0.5, (n % 3 - 1) / 4, 4, 3) for n in range(12)], 80, 1),
    "a rider on a bicycle": (
        [Mover(100, 300, 6, 0, 50, 110, 0), Mover(100, 325, 6, 0, 64, 96, 1), Mover(500, 300, -2, 0, 45, 110, 0)],
        90,
        1,
    ),
    "very fast and alone": ([Mover(50, 300, 60, 0, 30, 30)], 30, 1),
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("constant", [False, True])
def test_a_clear_scene_is_tracked_without_errors(name: str, constant: bool) -> None:
    movers, frames, step = SCENES[name]
    detections, identity = film(
        movers, frames, step, scores=(1, 1) if constant else (0.6, 0.95), noise=0.1 if name == "ants" else 0.5
    )
    result = calibrated_links(detections, 30.0, (1920, 1080))
    assert pure(result.track_id, identity)


def test_frames_between_the_steps_of_a_detector_are_interpolated() -> None:
    detections, identity = film(WALKERS, 146, 5)
    result = calibrated_links(detections, 25.0, (1920, 1080))
    assert len(result.frame) == 3 * 146
    assert pure(result.track_id, identity)


def test_a_gap_without_occlusion_is_bridged() -> None:
    detections, identity = film([Mover(100, 300, 4, 0, 40, 100), Mover(100, 700, 3, 0, 40, 100)], 80)
    rows = ~((identity == 0) & (detections.frame > 30) & (detections.frame < 36))
    result = calibrated_links(detections[rows], 30.0, (1920, 1080))
    assert pure(result.track_id, identity[rows])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_detections_are_no_error(count: int) -> None:
    detections, _ = film([Mover(100, 100, 2, 0, 20, 40)], 2)
    result = calibrated_links(detections[:count], 30.0, (640, 480))
    assert len(result.track_id) == count


def test_one_frame_makes_no_links() -> None:
    detections, _ = film(WALKERS, 1)
    result = calibrated_links(detections, 30.0)
    assert len({*result.track_id.tolist()} - {0}) == np.count_nonzero(result.track_id)


def test_the_same_input_gives_the_same_bytes() -> None:
    detections, _ = film(ROAD, 60)
    first, second = (calibrated_links(detections, 30.0, (1920, 1080)) for _ in range(2))
    assert first.box.tobytes() == second.box.tobytes()


@pytest.mark.parametrize("scale", [0.1, 7.0])
def test_links_do_not_depend_on_the_unit_of_length(scale: float) -> None:
    detections, _ = film(SCENES["two that meet"][0], 120)
    larger = Detections(detections.frame, detections.box * scale, detections.score, detections.label)
    first = calibrated_links(detections, 30.0, (640, 480))
    second = calibrated_links(larger, 30.0, (640 * scale, 480 * scale))
    assert (first.track_id == second.track_id).all()


def test_exact_boxes_stay_where_they_are() -> None:
    detections, _ = film(WALKERS, 60, noise=0.0)
    result = calibrated_links(detections, 30.0, (1920, 1080))
    detected = result.row >= 0
    assert np.abs(result.box[detected] - detections.box[result.row[detected]]).max() < 1.0


def test_an_object_that_was_detected_twice_for_some_frames_has_one_track_and_one_box_a_frame() -> None:
    """The second half of a walker is detected with another width; in three frames, both boxes of it are there."""
    halves = [Mover(200, 400, 3, 0, 45, 110, last=51), Mover(209, 400, 3, 0, 63, 110, first=49)]
    detections, identity = film([*halves, *WALKERS[1:]], 100)
    result = calibrated_links(detections, 25.0, (1920, 1080))
    number = result.track_id[identity <= 1]
    assert len({*number[number > 0].tolist()}) == 1
    assert (np.bincount(result.frame) == 3).sum() == 100
