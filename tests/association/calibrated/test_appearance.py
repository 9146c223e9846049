"""Appearance in the costs of links: what the tracklets of a video teach, and what follows for links."""

import numpy as np
import pytest

from siamlink.association.appearance.separation import LARGEST
from siamlink.association.calibrated import calibrated_links
from siamlink.association.calibrated.appearance import (
    SPACING,
    SURE,
    Appearance,
    Means,
    learn_appearance,
    rows_to_describe,
    safe_tracklets,
)
from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.detectors.detections import Detections

OBJECTS, STEPS, SIZE = 6, 80, 16


def walkers() -> tuple[Scene, np.ndarray, np.ndarray]:
    """Objects side by side for all steps: the scene, the object of each detection, and its true successor."""
    frame = np.repeat(np.arange(1, STEPS + 1), OBJECTS)
    who = np.tile(np.arange(OBJECTS), STEPS)
    left = who * 100.0 + frame
    box = np.column_stack([left, np.full(len(who), 50), left + 40, np.full(len(who), 150)])
    scene = make_scene(Detections(frame, box, np.linspace(0.5, 1, len(who)), np.zeros(len(who), int)))
    successor = np.arange(len(who)) + OBJECTS
    return scene, who, np.where(successor < len(who), successor, -1)


def descriptors(who: np.ndarray, separation: float) -> np.ndarray:
    random = np.random.default_rng(0)
    return separation * random.normal(size=(OBJECTS, SIZE))[who] + random.normal(size=(len(who), SIZE))


def learned(separation: float) -> tuple[Appearance, np.ndarray, np.ndarray]:
    scene, who, successor = walkers()
    value = descriptors(who, separation)
    appearance = learn_appearance(
        scene, successor, np.full(len(who), 20.0), np.ones(len(who), bool), lambda rows: value[rows]
    )
    assert appearance is not None
    return appearance, who, successor


def cut(successor: np.ndarray, step: int) -> np.ndarray:
    """The links without those from a step."""
    cut = successor.copy()
    cut[step * OBJECTS : (step + 1) * OBJECTS] = -1
    return cut


def test_links_of_one_object_gain_and_those_of_two_lose() -> None:
    appearance, who, successor = learned(2.0)
    at = np.arange(40 * OBJECTS, 41 * OBJECTS)
    earlier, later = np.repeat(at, OBJECTS), np.tile(at + OBJECTS, OBJECTS)
    ratio = appearance.ratio(cut(successor, 40), earlier, later)
    same = who[earlier] == who[later]
    assert ratio[same].min() > 2
    assert ratio[~same].max() < 0
    assert np.median(ratio[~same]) < -2
    assert np.abs(ratio).max() <= LARGEST


def test_where_descriptors_do_not_separate_they_count_little() -> None:
    appearance, _, successor = learned(0.0)
    at = np.arange(40 * OBJECTS, 41 * OBJECTS)
    assert np.abs(appearance.ratio(cut(successor, 40), at, at[::-1] + OBJECTS)).max() < 1
    links = Links(at, at + OBJECTS, np.full(OBJECTS, 20.0), np.zeros(OBJECTS), np.zeros((OBJECTS, 4)))
    assert appearance.added(links.ratio, cut(successor, 40), links).min() > 15


def test_high_ratios_by_place_are_damped_where_appearance_separates() -> None:
    appearance, _, successor = learned(2.0)
    at = np.arange(40 * OBJECTS, 41 * OBJECTS)
    links = Links(at, at + OBJECTS, np.full(OBJECTS, 21.0), np.zeros(OBJECTS), np.zeros((OBJECTS, 4)))
    added = appearance.added(links.ratio, cut(successor, 40), links)
    np.testing.assert_allclose(added - appearance.ratio(cut(successor, 40), at, at + OBJECTS), SURE + 0.2 * 15)


def test_a_track_without_descriptors_on_one_side_has_no_ratio() -> None:
    scene, who, successor = walkers()
    rows = np.flatnonzero(scene.step < 40)
    appearance = Appearance(scene, rows, descriptors(who, 2.0)[rows], who[rows])
    last = len(who) - OBJECTS
    assert appearance.ratio(cut(successor, STEPS - 2), np.array([last - OBJECTS]), np.array([last])) == 0


@pytest.mark.parametrize("seen", [np.nan, None])
def test_without_descriptors_there_is_no_appearance(seen: float | None) -> None:
    scene, who, successor = walkers()
    columns = 0 if seen is None else 4
    ratio, active = np.full(len(who), 20.0), np.ones(len(who), bool)
    assert learn_appearance(scene, successor, ratio, active, lambda rows: np.full((len(rows), columns), seen)) is None


def test_safe_tracklets_end_at_gaps_and_at_doubtful_links() -> None:
    frame = np.array([1, 2, 3, 5, 6])
    box = np.column_stack([frame, frame, frame + 10, frame + 10]).astype(float)
    scene = make_scene(Detections(frame, box, np.ones(5), np.zeros(5, int)))
    number = safe_tracklets(scene, np.array([1, 2, 3, 4, -1]), np.array([20.0, 1.0, 20.0, 20.0, 0.0]))
    assert number.tolist() == [0, 0, 1, 2, 2]


def test_a_few_of_each_track_are_described_the_uncovered_ones() -> None:
    scene, who, successor = walkers()
    active = who > 0
    rows = rows_to_describe(scene, successor, active)
    assert set(who[rows]) == set(range(1, OBJECTS))
    assert len(rows) == STEPS // SPACING * (OBJECTS - 1)
    assert (np.diff(rows) > 0).all()


def test_means_over_ranges() -> None:
    means = Means(np.array([[1.0], [3.0], [8.0]]))
    assert means.over(np.array([0, 1]), np.array([2, 3])).tolist() == [[2.0], [5.5]]


def test_appearance_decides_where_two_objects_meet_and_turn_back() -> None:
    scene, who, _ = walkers()
    frame = scene.frame.astype(float)
    centre = np.where(who < 2, 500 + (2 * who - 1) * (8 + 1.5 * np.abs(frame - 40)), scene.place[:, 0])
    top = np.where(who < 2, 500.0, 50.0)
    noise = 4 * np.random.default_rng(4).normal(size=(len(who), 2))
    corner = np.column_stack([centre - 20, top]) + noise
    there = np.flatnonzero((who > 1) | (np.abs(frame - 40) > 12))
    box = np.hstack([corner, corner + [40, 100]])[there]
    detections = Detections(scene.frame[there], box, scene.score[there], np.zeros(len(there), int))
    value, first = descriptors(who, 2.0)[there], who[there] == 0

    def ends(track_id: np.ndarray) -> tuple[int, int]:
        return int(track_id[first][0]), int(track_id[first][-1])

    crossed = ends(calibrated_links(detections, 25).track_id)
    back = ends(calibrated_links(detections, 25, describe=lambda rows: value[rows]).track_id)
    assert crossed[0] != crossed[1]
    assert back[0] == back[1] > 0
