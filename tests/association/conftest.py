"""Painted crops with identities, and tracklets of a synthetic street, for the tests of training and linking."""

from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.appearance.patches import PATCH_SIZE, Patches
from siamlink.association.pairs.scene_statistics import SceneStatistics
from siamlink.association.tracklets.candidates import candidate_tracklet_pairs
from siamlink.association.tracklets.linking import SecondLevelParameters
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.tracklets import TrackletParameters, Tracklets, make_tracklets
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.association.training.tracklet_training import (
    TrackletTrainingParameters,
    make_tracklet_example,
    train_tracklet_matcher,
)
from siamlink.detectors.detections import Detections
from siamlink.tools.synthetic.street import street

QUICK = TrackletTrainingParameters(link_rounds=60, object_rounds=40, learning_rate=0.1, min_leaf_weight=1)


def paint_identities(
    identities: int = 6, each: int = 8, seed: int = 0, video: bool = False, false_detections: int = 0, light: int = 0
) -> IdentityCrops:
    """Identities that differ in the colours of their upper and lower half, in changing light."""
    random = np.random.default_rng(seed)
    colours = random.integers(40, 216, (identities, 2, 3))
    identity = np.repeat(np.arange(identities), each)
    image = np.empty((len(identity), *PATCH_SIZE, 3), np.uint8)
    middle = PATCH_SIZE[0] // 2
    noise = random.integers(-12, 13, image.shape)
    noise += random.integers(-light, light + 1, (len(identity), 1, 1, 1))
    image[:, :middle] = np.clip(colours[identity, 0][:, None, None] + noise[:, :middle], 0, 255)
    image[:, middle:] = np.clip(colours[identity, 1][:, None, None] + noise[:, middle:], 0, 255)
    false_patches = random.integers(0, 256, (false_detections, *PATCH_SIZE, 3)).astype(np.uint8)
    image = np.concatenate([image, false_patches])
    identity = np.concatenate([identity, np.full(false_detections, NO_OBJECT)])
    flow = np.zeros((*image.shape[:3], 2), np.float16)
    seconds = np.full(len(identity), np.nan)
    centre = np.full((len(identity), 2), np.nan)
    if video:
        flow[:] = 0.5
        seconds = np.concatenate([np.tile(np.arange(each) * 0.5, identities), np.arange(false_detections) % each * 0.5])
        centre = np.column_stack([identity + 0.1 * seconds, np.zeros(len(identity))])
    return IdentityCrops(
        "painted", Patches(image, flow), identity, seconds, centre, np.ones(len(identity)), np.arange(len(identity)) % 2
    )


@pytest.fixture(scope="session")
def paint_crops() -> Callable[..., IdentityCrops]:
    return paint_identities


def make_broken_up(seed: int, frames: int = 200) -> tuple[Tracklets, SceneStatistics, np.ndarray]:
    """The objects of a street in tracklets of half a second with pauses between, and the identity of each detection."""
    scene = street(frame_count=frames, seed=seed)
    truth = scene.truth()
    visible = (truth.frame // 15) % 2 == 0
    detections = Detections(
        truth.frame[visible], truth.box[visible], truth.score[visible], truth.label[visible].astype(float)
    )
    identity = truth.track_id[visible].astype(np.int64)
    piece = identity * 1000 + detections.frame // 30
    pieces, first = np.unique(piece, return_index=True)
    number = np.empty(len(pieces), np.int32)
    number[np.argsort(first)] = np.arange(1, len(pieces) + 1)
    ids = number[np.searchsorted(pieces, piece)]
    probability = np.full(len(detections), 0.9)
    tracklets = make_tracklets(detections, ids, probability, scene.frame_rate, TrackletParameters())
    return tracklets, SceneStatistics.of(detections), identity


@pytest.fixture(scope="session")
def broken_up() -> Callable[..., tuple[Tracklets, SceneStatistics, np.ndarray]]:
    return make_broken_up


@pytest.fixture(scope="session")
def quick_training() -> TrackletTrainingParameters:
    """Few trees, for models of the second level that are trained in a test."""
    return QUICK


@pytest.fixture(scope="session")
def second_level() -> TrackletMatcher:
    """Models of the second level, trained with the appearance `grey-1`."""
    examples = []
    for seed in (100, 101):
        tracklets, scene, identity = make_broken_up(seed)
        pairs = candidate_tracklet_pairs(tracklets, SecondLevelParameters().gate)
        examples.append(make_tracklet_example(tracklets, pairs, scene, identity, None))
        noise = make_tracklet_example(tracklets, pairs, scene, np.full(len(identity), NO_OBJECT), None)
        examples.append(noise)
    return train_tracklet_matcher(examples[::2] + examples[1:2], QUICK, "grey-1")
