"""Small crop_sets of painted people, for the tests of training."""

from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.appearance.patches import PATCH_SIZE, Patches
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.association.training.identity_crops import IdentityCrops


def paint_identities(
    identities: int = 6, each: int = 8, seed: int = 0, video: bool = False, false_detections: int = 0, light: int = 0
) -> IdentityCrops:
    """People who differ in the colours of their upper and lower half, in changing light, as crops or in a video."""
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
    return IdentityCrops("painted", Patches(image, flow), identity, seconds, centre, np.ones(len(identity)))


@pytest.fixture(scope="session")
def paint_crops() -> Callable[..., IdentityCrops]:
    return paint_identities
