from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from siamlink.association.appearance.appearance import AppearanceGate, ComparedPairs
from siamlink.association.appearance.loading import load_appearance
from siamlink.association.matcher import Matcher, detection_features
from siamlink.association.pairs.candidates import GateParameters
from siamlink.association.pairs.features import GAP_FEATURES, PAIR_FEATURES, PAPER_FEATURES
from siamlink.association.training.ground_truth import NO_OBJECT, NOT_COUNTED, GroundTruth, is_next, is_same
from siamlink.association.training.link_training import (
    TrainingParameters,
    add_appearance,
    make_link_example,
    train_matcher,
)
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import crossing

FEW = TrainingParameters(link_rounds=4, appearance_rounds=4, detection_rounds=4, learning_rate=0.3, min_leaf_weight=1)


def answers(matcher, example) -> np.ndarray:
    return matcher.context_probability(example.features)


def test_an_example_has_the_ground_truth_of_links():
    scene = crossing(frame_count=40)
    truth = GroundTruth(scene.truth(), scene.truth().track_id.astype(np.int64))
    example = make_link_example(scene.truth(), truth, scene.frame_rate, GateParameters())
    assert example.identity.tolist() == truth.identity.tolist()
    assert len(example.features) == len(example.pairs) > 100
    assert example.scene.median_height == pytest.approx(np.median(scene.truth().height))
    assert is_next(example.pairs, example.identity).sum() == len(truth.identity) - 2


def test_the_same_seed_gives_the_same_model_and_another_seed_another(examples, tmp_path):
    for name, parameters in (("one", FEW), ("same", FEW), ("other", FEW.model_copy(update={"seed": 1}))):
        train_matcher(examples[:1], parameters).save(tmp_path / name)
    for file in ("context.json", "detection.json"):
        one, same, other = ((tmp_path / name / file).read_bytes() for name in ("one", "same", "other"))
        assert one == same
        assert one != other


def test_the_settings_take_effect(examples):
    matcher = train_matcher(examples[:1], TrainingParameters(link_rounds=3, link_depth=1, detection_rounds=2))
    assert matcher.context.num_boosted_rounds() == 3
    assert matcher.detection.num_boosted_rounds() == 2
    splits = matcher.context.trees_to_dataframe()
    assert (splits.groupby("Tree").size() <= 3).all()


def test_pairs_are_drawn_from_a_large_example(examples):
    all_pairs = train_matcher(examples[:1], FEW)
    drawn = train_matcher(examples[:1], FEW.model_copy(update={"pairs_per_example": 500}))
    again = train_matcher(examples[:1], FEW.model_copy(update={"pairs_per_example": 500}))
    assert len(examples[0].pairs) > 500
    assert not np.array_equal(answers(drawn, examples[0]), answers(all_pairs, examples[0]))
    np.testing.assert_array_equal(answers(drawn, examples[0]), answers(again, examples[0]))


def test_pairs_that_are_not_counted_have_no_effect(examples):
    """Turning the identities of ignored detections into noise must not change the model."""
    example = examples[0]
    ignored = replace(example, identity=np.where(example.detections.frame > 75, NOT_COUNTED, example.identity))
    both = (ignored.identity[example.pairs.earlier] != NOT_COUNTED) & (
        ignored.identity[example.pairs.later] != NOT_COUNTED
    )
    cut = replace(ignored, pairs=example.pairs[both], features=example.features[both])
    np.testing.assert_array_equal(
        answers(train_matcher([ignored], FEW), example), answers(train_matcher([cut], FEW), example)
    )


def test_objects_and_false_detections_are_separated_though_others_are_not_counted(examples):
    example = examples[0]
    shown = example.detections.frame % 3 > 0
    matcher = train_matcher([replace(example, identity=np.where(shown, example.identity, NOT_COUNTED))], FEW)
    features = detection_features(example.detections, example.scene, example.pairs, answers(matcher, example))
    person = matcher.detection_probability(features)
    real = example.identity >= 0
    assert person[real].mean() > person[~real].mean() + 0.2


@pytest.mark.parametrize("kind", ["nothing", "no pairs", "nobody", "one person alone", "all ignored"])
def test_without_pairs_of_both_kinds_there_is_nothing_to_learn(examples, kind):
    example = examples[0]
    none = example.pairs[np.zeros(0, np.int64)]
    given = {
        "nothing": [],
        "no pairs": [replace(example, pairs=none, features=example.features[:0])],
        "nobody": [replace(example, identity=np.full_like(example.identity, NO_OBJECT))],
        "one person alone": [lonely_walk()],
        "all ignored": [replace(example, identity=np.full_like(example.identity, NOT_COUNTED))],
    }
    with pytest.raises(InputError, match="nothing to learn from: the sequences must hold both pairs of consecutive"):
        train_matcher(given[kind], FEW)


def lonely_walk():
    """Two detections of one person: the only pair is a true one."""
    walk = Detections([1, 2], [[0, 0, 10, 20], [1, 0, 11, 20]], [1, 1], [0, 0])
    return make_link_example(walk, GroundTruth(walk, np.array([1, 1])), 10, GateParameters())


def test_without_false_detections_the_detection_model_cannot_be_trained():
    scene = crossing(frame_count=40)
    truth = GroundTruth(scene.truth(), scene.truth().track_id.astype(np.int64))
    example = make_link_example(scene.truth(), truth, scene.frame_rate, GateParameters())
    with pytest.raises(InputError, match="must hold both detections of objects and false detections"):
        train_matcher([example], FEW)


def test_an_empty_sequence_among_others_does_no_harm(examples):
    nothing = GroundTruth(Detections.empty(), np.zeros(0, np.int64))
    empty = make_link_example(Detections.empty(), nothing, 30, GateParameters())
    with_empty = train_matcher([empty, examples[0]], FEW)
    np.testing.assert_array_equal(
        answers(with_empty, examples[0]), answers(train_matcher(examples[:1], FEW), examples[0])
    )


def test_training_parameters_have_ranges():
    with pytest.raises(ValidationError, match="link_depth"):
        TrainingParameters(link_depth=0)


@pytest.fixture(scope="module")
def seen(examples):
    """The examples with looks that tell people apart in a part of the pairs."""
    made = []
    for seed, example in enumerate(examples):
        random, identity, pairs = np.random.default_rng(seed), example.identity, example.pairs
        same = (identity[pairs.earlier] == identity[pairs.later]) & (identity[pairs.earlier] >= 0)
        likeness = np.where(random.random(len(pairs)) < 0.05, ~same, same).astype(np.float32)[:, None]
        shown = random.random(len(pairs)) < 0.9
        row = np.where(shown, np.cumsum(shown) - 1, -1)
        made.append(replace(example, compared=ComparedPairs(row, (likeness[shown],))))
    return made


class Look:
    feature_names = ("likeness",)

    def describe(self, image, box):
        return box

    def compare(self, earlier, later):
        return np.zeros((len(earlier), 1))


WIDE = AppearanceGate(low=0.01, high=0.99)


def with_appearance(matcher, seen, gate=WIDE, parameters=FEW):
    return add_appearance(matcher, load_appearance(Look), gate, seen, parameters)


def test_appearance_helps_where_context_leaves_a_pair_open(matcher, seen):
    """Context alone is kept, pairs that were not seen keep its answer, and the others are judged better."""
    context, gate = matcher, AppearanceGate(low=0.05, high=0.95)
    matcher = with_appearance(context, seen, gate, FEW.model_copy(update={"appearance_rounds": 40}))
    assert (matcher.context, matcher.detection) == (context.context, context.detection)
    assert tuple(matcher.link.feature_names) == (*PAIR_FEATURES, *matcher.appearance.feature_names)
    for example in seen:
        before = matcher.context_probability(example.features)
        asked = np.flatnonzero(gate.leaves_open(before))
        after = matcher.revise(before, example.features, example.pairs, asked, example.compared[asked])
        changed = np.isin(np.arange(len(before)), asked[example.compared[asked].available])
        np.testing.assert_array_equal(after[~changed], before[~changed])
        true = is_next(example.pairs, example.identity)[changed]
        assert 0 < changed.sum() < len(changed)
        assert squared_error(after[changed], true) < 0.8 * squared_error(before[changed], true)


def test_the_models_of_the_paper_use_its_six_contextual_features_and_the_network(examples, seen):
    six = FEW.model_copy(update={"context": "paper"})
    matcher = with_appearance(train_matcher(examples, six), seen, parameters=six)
    assert tuple(matcher.context.feature_names) == PAPER_FEATURES
    assert tuple(matcher.link.feature_names) == (*PAPER_FEATURES, "Look.likeness")
    example = seen[0]
    before = matcher.context_probability(example.features)
    changed = example.features.copy()
    changed[:, [name not in PAPER_FEATURES for name in PAIR_FEATURES]] += 1
    np.testing.assert_array_equal(matcher.context_probability(changed), before)
    known = np.flatnonzero(example.compared.available)
    said = matcher.link_probability(example.features[known], example.compared[known], example.pairs[known])
    six_of = example.features[known][:, [PAIR_FEATURES.index(name) for name in PAPER_FEATURES]]
    (likeness,) = example.compared.values
    np.testing.assert_array_equal(said, matcher.link.inplace_predict(np.hstack([six_of, likeness])))


def test_the_gap_can_be_added_to_the_features_of_the_paper(examples):
    matcher = train_matcher(examples, FEW.model_copy(update={"context": "paper-gap"}))
    assert tuple(matcher.context.feature_names) == (*PAPER_FEATURES, *GAP_FEATURES)
    assert matcher.gaps is None


def test_with_the_label_same_the_models_do_not_know_what_lies_between_and_gaps_are_counted(examples, tmp_path):
    parameters = FEW.model_copy(update={"context": "paper-gap", "link_rounds": 40})
    follows = train_matcher(examples, parameters)
    same = train_matcher(examples, parameters.model_copy(update={"pair_label": "same"}))
    for example in examples:
        skipped = is_same(example.pairs, example.identity) & ~is_next(example.pairs, example.identity)
        assert same.context_probability(example.features)[skipped].mean() > 0.7
        assert follows.context_probability(example.features)[skipped].mean() < 0.3
    share = [
        (example.pairs.gap(example.detections.frame)[is_next(example.pairs, example.identity)] == 1).mean()
        for example in examples
    ]
    assert same.gaps.probability[0] == pytest.approx(np.mean(share), rel=0.05)
    same.save(tmp_path)
    assert Matcher.load(tmp_path).gaps.probability.tolist() == same.gaps.probability.tolist()


def squared_error(probability, true) -> float:
    return float(((probability - true) ** 2).mean())


def test_the_link_model_learns_only_from_open_pairs_that_were_compared(examples, seen):
    matcher = train_matcher(examples, FEW)
    expected = with_appearance(matcher, seen).link.save_raw("json")
    spoiled = []
    for example in seen:
        closed = ~WIDE.leaves_open(matcher.context_probability(example.features)) & example.compared.available
        (values,) = example.compared.values
        values = values.copy()
        values[example.compared.row[closed]] = 7
        spoiled.append(replace(example, compared=ComparedPairs(example.compared.row, (values,))))
    unseen = replace(examples[0], compared=None)
    assert with_appearance(matcher, [*spoiled, unseen]).link.save_raw("json") == expected


@pytest.mark.parametrize("kind", ["nothing seen", "nothing open", "nobody"])
def test_without_open_pairs_of_both_kinds_the_link_model_cannot_be_trained(examples, seen, kind):
    matcher = train_matcher(examples, FEW)
    given = {
        "nothing seen": (examples, WIDE),
        "nothing open": (seen, AppearanceGate(low=0.5, high=0.5)),
        "nobody": ([replace(each, identity=np.full_like(each.identity, NO_OBJECT)) for each in seen], WIDE),
    }
    with pytest.raises(InputError, match="nothing to learn from: the sequences must hold both open pairs"):
        with_appearance(matcher, *given[kind])
