import numpy as np

from siamlink.association.calibrated.output import output_detections


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
