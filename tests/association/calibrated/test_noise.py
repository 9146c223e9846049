from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from siamlink.association.calibrated.noise import (
    FEWEST,
    Sample,
    continued_noise_factor,
    first_guess,
    fit_motion,
    log_student,
    nearest_pairs,
)
from siamlink.association.calibrated.scene import Scene, make_scene
from siamlink.detectors.detections import Detections


def scene_with_noise(noise: float, frames: int = 300) -> tuple[Scene, np.ndarray]:
    """Two objects on straight lines, measured with Gaussian noise in pixels, and the links along both."""
    rng = np.random.default_rng(0)
    frame = np.repeat(np.arange(1, frames + 1), 2)
    x = 3.0 * frame + np.tile([0, 0], frames) + rng.normal(0, noise, 2 * frames)
    y = np.tile([100.0, 600.0], frames) + rng.normal(0, noise, 2 * frames)
    box = np.column_stack([x - 20, y - 50, x + 20, y + 50])
    scene = make_scene(Detections(frame, box, np.ones(2 * frames), np.zeros(2 * frames, int)))
    successor = np.where(np.arange(2 * frames) < 2 * frames - 2, np.arange(2 * frames) + 2, -1)
    return scene, successor


def test_the_density_is_that_of_scipy() -> None:
    deviation, variance = np.array([0.0, 1.5, -4.0]), np.array([0.5, 2.0, 9.0])
    expected = student.logpdf(deviation, 4.0, scale=np.sqrt(variance))
    np.testing.assert_allclose(log_student(deviation**2 / variance, variance, np.float64(4.0)), expected)


def test_fitted_noise_is_more_likely_and_near_the_true_one() -> None:
    scene, successor = scene_with_noise(4.0)
    factor, guess = np.ones(len(scene)), first_guess(scene)
    motion, _ = fit_motion(scene, guess, factor, successor, 4000)
    for _ in range(4):
        motion, _ = fit_motion(scene, motion, factor, successor, 4000)
    before, after = Sample(scene, factor, successor, 4000).likelihoods([guess, motion]).sum((0, 2))
    assert after > before + 100
    np.testing.assert_allclose(motion.measurement_noise[:2] * [40, 100], 4.0, rtol=0.5)


def test_trials_do_not_influence_each_other() -> None:
    scene, successor = scene_with_noise(4.0, frames=40)
    sample, guess = Sample(scene, np.ones(len(scene)), successor, 4000), first_guess(scene)
    trials = [guess, replace(guess, tail=2.5), replace(guess, drift=guess.drift * 3)]
    together = sample.likelihoods(trials)
    assert len({each.tobytes() for each in together.transpose(1, 0, 2)}) == len(trials)
    for number, trial in enumerate(trials):
        np.testing.assert_allclose(sample.likelihoods([trial])[:, 0], together[:, number], rtol=1e-6)
    factors = sample.likelihoods([guess] * 2, np.array([1.0, 3.0]))
    np.testing.assert_array_equal(factors[:, 0], together[:, 0])


def test_few_links_change_nothing() -> None:
    scene, _ = scene_with_noise(1.0, frames=FEWEST)
    successor, factor = np.full(len(scene), -1), np.ones(len(scene))
    successor[0] = 2
    guess = first_guess(scene)
    motion, factors = fit_motion(scene, guess, factor, successor, 4000)
    assert motion is guess
    assert factors is factor


def test_nearest_pairs_are_mutual() -> None:
    box = [[0, 0, 10, 10], [100, 0, 110, 10], [2, 0, 12, 10], [4, 0, 14, 10]]
    scene = make_scene(Detections([1, 1, 2, 2], box, [1] * 4, [0] * 4))
    i, j = nearest_pairs(scene)
    assert {*zip(i.tolist(), j.tolist(), strict=True)} == {(0, 2)}


def test_noise_factors_go_on_by_group() -> None:
    box = [[0, 0, 10, 10], [100, 0, 110, 10], [104, 0, 114, 10]]
    scene = make_scene(Detections(np.repeat([1, 2], 3), box * 2, np.ones(6), np.zeros(6, int)))
    assert continued_noise_factor(scene, np.array([2.0, 4.0, 6.0])).tolist() == [2, 4, 6, 2, 5, 5]
    assert continued_noise_factor(scene, np.array([2.0])).tolist() == [2, 1, 1, 2, 1, 1]
