"""Scores of long tracks against those of short ones."""

import numpy as np
import pytest

from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.association.calibrated.score_evidence import ScoreEvidence
from siamlink.detectors.detections import Detections


def scene_and_tracks(constant: bool) -> tuple[Scene, np.ndarray]:
    """A track of 30 detections of high scores, and 30 single false alarms of low ones."""
    frame = np.repeat(np.arange(1, 31), 2)
    is_object = np.arange(60) % 2 == 0
    score = np.where(is_object, 0.9, 0.2) + np.random.default_rng(0).uniform(0, 0.05, 60)
    detections = Detections(frame, [[0, 0, 10, 10]] * 60, np.ones(60) if constant else score, np.zeros(60, int))
    return make_scene(detections), np.where(is_object, 0, 1 + np.arange(60) // 2)


def test_scores_of_long_tracks_speak_for_objects() -> None:
    learned = ScoreEvidence.of(*scene_and_tracks(constant=False))
    evidence, rank = learned.of_scores(np.array([0.22, 0.93, 2.0]))
    assert evidence[0] < 0 < evidence[1] == evidence[2]
    assert (rank[0], rank[2]) == (0, 1)
    assert learned.separation == pytest.approx(1)


def test_constant_scores_are_no_evidence() -> None:
    scene, number = scene_and_tracks(constant=True)
    learned = ScoreEvidence.of(scene, number)
    evidence, rank = learned.of_scores(scene.score)
    assert not evidence.any()
    assert (rank == 0.5).all()
    assert learned.separation == 0.5
