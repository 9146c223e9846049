"""Training of the calibrated association: examples of its rounds, and three models that are of use."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.boosting.booster import WeightedExamples
from siamlink.association.calibrated import Models, calibrated_links
from siamlink.association.calibrated.learned import HIGHEST, LOWEST, SCALE, SHIFT
from siamlink.association.calibrated.link_features import NAMES as LINK_NAMES
from siamlink.association.calibrated.models import shipped_models
from siamlink.association.calibrated.object_features import NAMES, OWN
from siamlink.association.calibrated.online_tracks import ONLINE_NAMES
from siamlink.association.training.calibrated_training import (
    ONLINE_FRAMES,
    CalibratedTrainingParameters,
    LabelledScene,
    early_object_examples,
    late_object_examples,
    link_examples,
    make_labelled_scene,
    online_object_examples,
    train_alone,
    train_in_track,
    train_links,
    train_online,
)
from siamlink.association.training.ground_truth import NO_OBJECT, NOT_COUNTED, GroundTruth, identify
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street

FEW = CalibratedTrainingParameters(tree_count=20, learning_rate=0.3, min_leaf_weight=1)


def detect(seed: int) -> tuple[Detections, np.ndarray]:
    """Detections on a synthetic street, a fifth of them false, and their identities."""
    scene = street(frame_count=100, seed=seed)
    boxes = scene.truth()
    detections = scene.detections(miss_rate=0.15, false_rate=1.5)
    return detections, identify(detections, GroundTruth(boxes, boxes.track_id.astype(np.int64)))


@pytest.fixture(scope="module")
def labelled() -> LabelledScene:
    return make_labelled_scene(*detect(300), 30.0, (1280, 720))


@pytest.fixture(scope="module")
def trained(labelled: LabelledScene, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three models."""
    folder = tmp_path_factory.mktemp("models")
    early = early_object_examples(labelled, FEW)
    (folder / "alone.json").write_bytes(train_alone([early], FEW).save_raw("json"))
    (folder / "in_track.json").write_bytes(train_in_track([early], FEW).save_raw("json"))
    links = link_examples(labelled, Models.load(folder), FEW)
    (folder / "links.json").write_bytes(train_links([links], FEW).save_raw("json"))
    return folder


def test_online_examples_are_the_detections_of_the_first_frames(labelled: LabelledScene, trained: Path) -> None:
    examples = online_object_examples(labelled, Models.load(trained), FEW)
    first = int((labelled.detections.frame <= ONLINE_FRAMES).sum())
    assert examples.features.shape == (first, len(ONLINE_NAMES))
    np.testing.assert_array_equal(examples.target, labelled.identity[:first] >= 0)
    booster = train_online([examples], FEW)
    assert tuple(booster.feature_names) == ONLINE_NAMES


def test_each_detection_that_is_counted_is_an_example(labelled: LabelledScene) -> None:
    examples = early_object_examples(labelled, FEW)
    assert examples.features.shape == (len(labelled), len(NAMES))
    assert examples.target.tolist() == (labelled.identity >= 0).tolist()
    assert examples.margin is None
    ignored = replace(labelled, identity=np.where(labelled.identity == NO_OBJECT, NOT_COUNTED, labelled.identity))
    assert early_object_examples(ignored, FEW).target.all()
    assert len(early_object_examples(ignored, FEW).target) == (labelled.identity >= 0).sum()


def test_a_scene_counts_by_its_importance_and_the_square_root_of_its_size(labelled: LabelledScene) -> None:
    weight = early_object_examples(replace(labelled, importance=3.0), FEW).weight
    assert weight.sum() == pytest.approx(3 * len(labelled) ** 0.5)


def test_no_scene_has_more_than_the_permitted_rows(labelled: LabelledScene) -> None:
    few = CalibratedTrainingParameters(rows_per_example=100)
    examples = [
        early_object_examples(labelled, few),
        late_object_examples(labelled, shipped_models(), few),
        link_examples(labelled, shipped_models(), few),
    ]
    assert [len(each.target) for each in examples] == [100, 100, 100]


def test_the_right_links_lead_to_the_next_detection(labelled: LabelledScene) -> None:
    links = link_examples(labelled, shipped_models(), FEW)
    ratio = links.features[:, LINK_NAMES.index("ratio")]
    gap = links.features[:, LINK_NAMES.index("gap")]
    objects = len({*labelled.identity[labelled.identity >= 0].tolist()})
    next_ones = (labelled.identity >= 0).sum() - objects
    assert 0.9 * next_ones < links.target.sum() <= next_ones
    assert gap[links.target].mean() < gap[~links.target].mean()
    assert ratio[links.target].mean() > ratio[~links.target].mean()
    assert links.margin == pytest.approx(SCALE * np.clip(ratio, LOWEST, HIGHEST) + SHIFT, abs=1e-5)


def test_the_trained_models_judge_and_link(trained: Path) -> None:
    models = Models.load(trained)
    detections, identity = detect(301)
    found = calibrated_links(detections, 30.0, (1280, 720), models=models)
    assert found.probability[identity >= 0].mean() > 0.8
    assert found.probability[identity == NO_OBJECT].mean() < 0.4
    assert models.links is not None


def test_the_trees_of_links_add_to_the_margin_that_they_began_at(labelled: LabelledScene, trained: Path) -> None:
    models = Models.load(trained)
    assert models.links is not None
    examples = link_examples(labelled, models, FEW)
    assert examples.margin is not None
    odds = examples.margin + models.links.correction(examples.features)
    assert np.mean((odds > 0) == examples.target) > 0.97
    assert np.mean((odds > 0) == examples.target) > np.mean((examples.margin > 0) == examples.target)


def test_the_model_of_a_detection_alone_does_not_see_its_track(labelled: LabelledScene) -> None:
    booster = train_alone([early_object_examples(labelled, FEW)], FEW)
    assert tuple(booster.feature_names) == OWN


def test_the_same_seed_gives_the_same_trees(labelled: LabelledScene) -> None:
    one, again, other = (
        train_in_track([early_object_examples(labelled, parameters)], parameters).save_raw("json")
        for parameters in (FEW, FEW, FEW.model_copy(update={"seed": 1}))
    )
    assert one == again != other


def test_one_kind_of_examples_is_not_enough() -> None:
    only = WeightedExamples(np.zeros((5, len(NAMES)), np.float32), np.ones(5, bool), np.ones(5))
    with pytest.raises(InputError, match="both detections of objects and false detections"):
        train_in_track([only], FEW)
