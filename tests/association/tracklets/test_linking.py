"""The second level as a whole: models of tracklets, their files, and tracks made of tracklets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.appearance.appearance import Appearances, LoadedAppearance
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.pairs.video_info import VideoInfo
from siamlink.association.solvers.solvers import solve_hungarian, solve_lp
from siamlink.association.tracklets.candidates import candidate_tracklet_pairs
from siamlink.association.tracklets.linking import (
    SecondLevelParameters,
    TrackletCostParameters,
    describe_tracklets,
    link_tracklets,
    tracklet_problem,
)
from siamlink.association.tracklets.matcher import LINK_FILE, OBJECT_FILE, TrackletMatcher
from siamlink.association.tracklets.tracklets import TrackletParameters, Tracklets, make_tracklets
from siamlink.association.training.ground_truth import NO_OBJECT, NOT_COUNTED
from siamlink.association.training.tracklet_training import (
    TrackletTrainingParameters,
    is_next_tracklet,
    make_tracklet_example,
    tracklet_identity,
    train_tracklet_matcher,
)
from siamlink.detectors.base.errors import InputError, ModelError
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street

PARAMETERS = SecondLevelParameters()
FOOTAGE = VideoInfo(30, last_frame=10_000)
"""It goes on for long after everything."""
QUICK = TrackletTrainingParameters(link_rounds=60, person_rounds=40, learning_rate=0.1, smallest_leaf=1)


def broken_up(seed: int, frames: int = 200) -> tuple[Tracklets, SceneStatistics, np.ndarray]:
    """The people of a street in pieces of half a second with pauses between; with who each detection is."""
    scene = street(frame_count=frames, seed=seed)
    truth = scene.truth()
    kept = (truth.frame // 15) % 2 == 0
    detections = Detections(truth.frame[kept], truth.box[kept], truth.score[kept], truth.label[kept].astype(float))
    identity = truth.track_id[kept].astype(np.int64)
    piece = identity * 1000 + detections.frame // 30
    names, first = np.unique(piece, return_index=True)
    number = np.empty(len(names), np.int32)
    number[np.argsort(first)] = np.arange(1, len(names) + 1)
    ids = number[np.searchsorted(names, piece)]
    probability = np.full(len(detections), 0.9)
    tracklets = make_tracklets(detections, ids, probability, scene.frame_rate, TrackletParameters())
    return tracklets, SceneStatistics.of(detections), identity


@pytest.fixture(scope="module")
def second_level() -> TrackletMatcher:
    examples = []
    for seed in (100, 101):
        tracklets, scene, identity = broken_up(seed)
        pairs = candidate_tracklet_pairs(tracklets, PARAMETERS.gate)
        examples.append(make_tracklet_example(tracklets, pairs, scene, identity, None))
        noise = make_tracklet_example(tracklets, pairs, scene, np.full(len(identity), NO_OBJECT), None)
        examples.append(noise)
    return train_tracklet_matcher(examples[::2] + examples[1:2], QUICK, "grey-1")


def purity(ids: np.ndarray, identity: np.ndarray) -> float:
    """The share of detections in tracks that belong to the person of most of their track."""
    used = ids > 0
    most = sum(np.bincount(identity[ids == track]).max() for track in np.unique(ids[used]))
    return most / used.sum()


@pytest.mark.parametrize("solve", [solve_lp, solve_hungarian])
def test_pieces_of_people_are_joined(solve: Callable, second_level: TrackletMatcher) -> None:
    tracklets, scene, identity = broken_up(300)
    ids = link_tracklets(tracklets, scene, FOOTAGE, second_level, PARAMETERS, solve)
    assert ids.dtype == np.int32
    assert len(np.unique(ids)) < 0.6 * len(tracklets)
    assert purity(ids, identity) > 0.9
    for track in np.unique(ids[ids > 0]):
        frames = tracklets.detections.frame[ids == track]
        assert len(np.unique(frames)) == len(frames), "tracklets of one track never overlap in time"


def test_nothing_to_link_is_no_track(second_level: TrackletMatcher) -> None:
    nothing = Detections.empty()
    tracklets = make_tracklets(nothing, np.zeros(0, np.int32), np.zeros(0), 25.0, TrackletParameters())
    ids = link_tracklets(tracklets, SceneStatistics.of(nothing), FOOTAGE, second_level, PARAMETERS, solve_lp)
    assert ids.shape == (0,)


def test_only_tracklets_with_candidates_are_looked_at() -> None:
    tracklets, _, _ = broken_up(300)
    asked = []

    def describe(detections: Detections, rows: np.ndarray) -> np.ndarray:
        asked.append(rows)
        return np.tile([1.0, 0.0], (len(rows), 1))

    pairs = Pairs(np.array([0, 0]), np.array([3, 5]))
    seen = describe_tracklets(tracklets, pairs, TrackletParameters(best_crops=4), describe)
    (rows,) = asked
    assert set(tracklets.owner[rows]) == {0, 3, 5}
    assert np.bincount(tracklets.owner[rows]).max() <= 4
    assert np.isfinite(seen.descriptor[[0, 3, 5]]).all()
    assert np.isnan(np.delete(seen.descriptor, [0, 3, 5], axis=0)).all()
    none = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert describe_tracklets(tracklets, none, TrackletParameters(), describe) is tracklets


def test_costs_are_log_likelihoods() -> None:
    tracklets, _, _ = broken_up(300)
    costs = TrackletCostParameters(bias=0.25, smallest_link_probability=0.2)
    pairs = Pairs(np.array([0, 0, 1]), np.array([3, 5, 6]))
    person = np.full(len(tracklets), 0.8)
    problem = tracklet_problem(tracklets, pairs, np.array([0.5, 0.1, 0.9]), person, FOOTAGE.last_frame, costs)
    assert problem.link == pytest.approx(-np.log([0.5, 0.9]))
    assert problem.pairs.later.tolist() == [3, 6]
    pieces = np.clip(tracklets.count / (tracklets.frame_rate * costs.independent_seconds), 0.5, 6)
    assert problem.detection == pytest.approx(pieces * np.log(0.2 / 0.8) + 0.25)
    assert (problem.entry == costs.entry).all()
    assert (problem.exit == costs.exit).all(), "all of them ended long before"


def test_who_was_seen_up_to_the_last_frame_has_not_left() -> None:
    tracklets, _, _ = broken_up(300)
    costs, nothing = (
        TrackletCostParameters(exit=3, patience_seconds=2),
        Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64)),
    )
    last = int(tracklets.last.frame.max())
    chances = np.zeros(0), np.full(len(tracklets), 0.8)
    exit_cost = tracklet_problem(tracklets, nothing, *chances, last, costs).exit
    seconds = (last - tracklets.last.frame) / tracklets.frame_rate
    assert exit_cost == pytest.approx(np.clip(1.5 * seconds, 0, 3))
    assert exit_cost.min() == 0 < exit_cost.max()


def test_a_tracklet_is_who_most_of_it_is() -> None:
    tracklets, _, identity = broken_up(300)
    assert (tracklet_identity(tracklets, identity) == identity[tracklets.first.row]).all()
    mixed = identity.copy()
    mixed[tracklets.owner == 0] = NO_OBJECT
    mixed[tracklets.owner == 1] = NOT_COUNTED
    who = tracklet_identity(tracklets, mixed)
    assert who[:2].tolist() == [NO_OBJECT, NOT_COUNTED]


def test_the_next_tracklet_is_the_first_that_follows() -> None:
    tracklets, _, identity = broken_up(300)
    pairs = candidate_tracklet_pairs(tracklets, PARAMETERS.gate)
    who = tracklet_identity(tracklets, identity)
    label = is_next_tracklet(tracklets, pairs, who)
    assert label.any()
    for earlier in np.unique(pairs.earlier[label]):
        row = np.flatnonzero(label & (pairs.earlier == earlier))
        assert len(row) == 1
        later = pairs.later[row[0]]
        assert who[earlier] == who[later]
        between = (who == who[earlier]) & (tracklets.first.frame > tracklets.last.frame[earlier])
        assert tracklets.first.frame[later] == tracklets.first.frame[between].min()


def test_models_are_saved_loaded_and_belong_to_an_appearance(second_level: TrackletMatcher, tmp_path: Path) -> None:
    second_level.save(tmp_path)
    described = type("DescriptorsPerModel", (), {"describe": lambda self, image, box: box})

    def named(label: str) -> Appearances:
        return Appearances([LoadedAppearance("mine", label, described)])

    loaded = TrackletMatcher.load(tmp_path, named("grey-1"))
    features = np.random.default_rng(0).normal(size=(5, len(loaded.link.feature_names))).astype(np.float32)
    assert np.array_equal(loaded.link_probability(features), second_level.link_probability(features))
    TrackletMatcher.load(tmp_path, None)
    with pytest.raises(ModelError, match=r"was trained with the appearance 'grey-1', not with 'mine': train one with"):
        TrackletMatcher.load(tmp_path, named("grey-2"))
    (tmp_path / OBJECT_FILE).write_bytes((tmp_path / LINK_FILE).read_bytes())
    with pytest.raises(ModelError, match=f"{OBJECT_FILE} was made for other features"):
        TrackletMatcher.load(tmp_path, None)
    (tmp_path / LINK_FILE).unlink()
    with pytest.raises(ModelError, match=f"no model at .*{LINK_FILE}"):
        TrackletMatcher.load(tmp_path, None)


def test_a_model_that_learned_from_looks_can_do_without_them() -> None:
    """Looks that give the answer away do not make the model deaf to motion where nobody looks."""
    seen, blind = [], []
    for seed in (100, 101):
        tracklets, scene, identity = broken_up(seed)
        who = np.eye(identity.max() + 2)[tracklet_identity(tracklets, identity)]
        pairs = candidate_tracklet_pairs(tracklets, PARAMETERS.gate)
        for kept, looks in ((seen, replace(tracklets, descriptor=who)), (blind, tracklets)):
            kept.append(make_tracklet_example(looks, pairs, scene, identity, None))
            kept.append(make_tracklet_example(looks, pairs[:0], scene, np.full(len(identity), NO_OBJECT), None))
    model, motion = train_tracklet_matcher(seen, QUICK, "who"), train_tracklet_matcher(blind, QUICK)
    asked, shown = blind[0], seen[0]
    said, wanted = (each.link_probability(asked.pair_features) for each in (model, motion))
    assert squared_error(said, asked.is_next) < 1.2 * squared_error(wanted, asked.is_next)
    assert squared_error(model.link_probability(shown.pair_features), shown.is_next) < 0.01


def squared_error(said: np.ndarray, true: np.ndarray) -> float:
    return float(((said - true) ** 2).mean())


def test_one_kind_of_tracklet_teaches_nothing() -> None:
    tracklets, scene, identity = broken_up(300)
    pairs = candidate_tracklet_pairs(tracklets, PARAMETERS.gate)
    example = make_tracklet_example(tracklets, pairs, scene, np.full(len(identity), NO_OBJECT), None)
    with pytest.raises(InputError, match="nothing to learn from"):
        train_tracklet_matcher([example], QUICK)
