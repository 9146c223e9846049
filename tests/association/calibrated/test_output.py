import numpy as np

from siamlink.association.calibrated.output import (
    YOUNG,
    between_required,
    output_detections,
    with_prior,
    young_tracks,
)


def test_tracks_of_probable_objects_are_in_the_results_without_their_weak_ends() -> None:
    number = np.array([0, 0, 0, 0, 1, 1])
    step = np.array([0, 1, 2, 3, 0, 1])
    probability = np.array([0.1, 0.9, 0.1, 0.9, 0.6, 0.3])
    rows = output_detections(number, step, probability, np.zeros(6))
    assert rows.tolist() == [False, True, True, True, False, False]


def test_a_weak_end_stays_if_its_own_features_are_those_of_an_object() -> None:
    number, step = np.zeros(3, int), np.arange(3)
    rows = output_detections(number, step, np.array([0.1, 0.9, 0.9]), np.array([0.5, 0.9, 0.9]))
    assert rows.all()


def test_required_detections_and_what_lies_between_them_are_in_the_results() -> None:
    number, step, required = np.zeros(5, int), np.arange(5), np.array([False, True, False, True, False])
    weak = np.full(5, 0.1)
    assert output_detections(number, step, weak, weak, required).tolist() == [False, True, True, True, False]
    assert not output_detections(number, step, weak, weak, np.zeros(5, bool)).any()
    assert between_required(number, step, required).tolist() == [False, True, True, False, False]


def test_short_tracks_that_reach_the_present_are_young() -> None:
    number = np.array([0, 1, 1, *[2] * (YOUNG + 1)])
    step = np.array([0, 30, 31, *range(31 - YOUNG, 32)])
    assert young_tracks(number, step).tolist() == [False, True, True, *[False] * (YOUNG + 1)]


def test_a_track_that_is_in_the_results_stays_in_them() -> None:
    number, step = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 1, 2])
    weak = np.full(5, 0.4)
    assert not output_detections(number, step, weak, weak).any()
    settled = np.array([True, False])
    assert output_detections(number, step, weak, weak, settled=settled).tolist() == [True, True, True, False, False]


def test_of_few_detections_the_prior_decides_and_of_many_it_does_not() -> None:
    np.testing.assert_allclose(with_prior(np.full(30, 0.3)), 0.5)
    np.testing.assert_allclose(with_prior(np.full(3000, 0.3)), 0.3, atol=0.005)
