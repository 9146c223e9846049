import numpy as np

from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.object_features import NAMES, OWN
from siamlink.association.calibrated.object_model import ObjectClassifier
from siamlink.association.calibrated.scene import make_scene
from siamlink.detectors.detections import Detections


def street_and_false_alarms() -> tuple[Detections, np.ndarray]:
    """Three objects in forty frames, and a false alarm of a low score in each; the next detection of each."""
    random, count = np.random.default_rng(0), 4
    frame = np.repeat(np.arange(1, 41), count)
    which = np.tile(np.arange(count), 40)
    false = which == 3
    x = np.where(false, random.uniform(0, 1500, len(frame)), 100 + 4.0 * frame)
    y = np.where(false, random.uniform(0, 900, len(frame)), 100 + 250.0 * which)
    score = np.where(false, random.uniform(0.1, 0.3, len(frame)), random.uniform(0.7, 0.9, len(frame)))
    successor = np.where(~false & (frame < 40), np.arange(len(frame)) + count, -1)
    return Detections(frame, np.column_stack([x, y, x + 40, y + 100]), score, 0 * frame), successor


def test_objects_are_told_from_false_alarms_and_the_own_model_does_not_see_the_track() -> None:
    detections, successor = street_and_false_alarms()
    models, scene = shipped_models(), make_scene(detections, (1600, 1000))
    classifier = ObjectClassifier(scene, 25, models.alone, models.in_track)
    features = classifier.features(successor, np.where(successor >= 0, 10.0, 0.0))
    false = np.arange(len(detections)) % 4 == 3
    for probability in (classifier.alone(features), classifier.in_track(features)):
        assert probability[~false].min() > 0.5 > probability[false].max()
    changed = features.copy()
    others = [NAMES.index(name) for name in NAMES if name not in OWN]
    changed[:, others] = 0
    assert classifier.alone(changed).tolist() == classifier.alone(features).tolist()
