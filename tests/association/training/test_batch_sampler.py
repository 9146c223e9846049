from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.training.batch_sampler import BatchSampler, SamplingParameters, negative_pairs, positive_pairs
from siamlink.association.training.ground_truth import NOBODY
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.detectors.base.errors import InputError

Paint = Callable[..., IdentityCrops]
PARAMETERS = SamplingParameters(people=6, patches=3, false_detections=2)


def test_half_of_the_people_come_from_one_moment_of_a_video(gallery: Paint) -> None:
    crops, video = gallery(), gallery(people=5, each=20, seed=1, video=True, nobody=10)
    batch = BatchSampler([crops, video], PARAMETERS).draw(np.random.default_rng(0))
    in_video = batch.source == 1
    assert len(np.unique(batch.identity[~in_video])) == 3
    people = batch.identity[in_video & (batch.identity != NOBODY)]
    assert len(np.unique(people)) == 3
    assert people.min() >= crops.people, "people of different galleries have different numbers"
    assert np.ptp(batch.seconds[in_video]) <= PARAMETERS.longest_gap_seconds
    assert np.isnan(batch.seconds[~in_video]).all()
    assert (batch.identity == NOBODY).sum() <= 2
    assert all(count == 3 for count in np.unique(batch.identity[batch.identity != NOBODY], return_counts=True)[1])


@pytest.mark.parametrize("video", [True, False])
def test_one_kind_of_gallery_gives_all_the_people(video: bool, gallery: Paint) -> None:
    batch = BatchSampler([gallery(people=9, video=video)], PARAMETERS).draw(np.random.default_rng(0))
    assert len(np.unique(batch.identity)) == 6


def test_the_patches_are_those_of_the_people(gallery: Paint) -> None:
    crops = gallery()
    batch = BatchSampler([crops], PARAMETERS).draw(np.random.default_rng(0))
    mean = {person: crops.patches.image[crops.identity == person].mean(axis=(0, 1, 2)) for person in range(6)}
    for image, person in zip(batch.patches.image, batch.identity, strict=True):
        assert np.abs(image.mean(axis=(0, 1)) - mean[person]).max() < 3


def test_the_same_generator_draws_the_same_batch(gallery: Paint) -> None:
    sampler = BatchSampler([gallery(), gallery(video=True)], PARAMETERS)
    one, two, other = (sampler.draw(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(one.patches.image, two.patches.image)
    assert np.array_equal(one.identity, two.identity)
    assert not np.array_equal(one.patches.image, other.patches.image)


def test_pairs_of_a_batch(gallery: Paint) -> None:
    sampler = BatchSampler([gallery(), gallery(video=True, nobody=12)], PARAMETERS)
    batch = sampler.draw(np.random.default_rng(0))
    first, second = positive_pairs(batch)
    assert len(first) == 6 * 3
    assert (batch.identity[first] == batch.identity[second]).all()
    assert (batch.identity[first] != NOBODY).all()
    later, earlier = batch.seconds[second], batch.seconds[first]
    assert not (later < earlier).any()
    first, second = negative_pairs(batch)
    assert len(first)
    assert (batch.source[first] == batch.source[second]).all()
    same = batch.identity[first] == batch.identity[second]
    assert not same.any()
    assert (batch.identity[first] == NOBODY).any() or (batch.identity[second] == NOBODY).any()


def test_one_person_is_nothing_to_learn_from(gallery: Paint) -> None:
    with pytest.raises(InputError, match="at least two people"):
        BatchSampler([gallery(people=1)], PARAMETERS)
