from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.training.batch_sampler import BatchSampler, SamplingParameters, negative_pairs, positive_pairs
from siamlink.association.training.ground_truth import NO_OBJECT
from siamlink.association.training.identity_crops import IdentityCrops
from siamlink.detectors.base.errors import InputError

Paint = Callable[..., IdentityCrops]
PARAMETERS = SamplingParameters(identities=6, patches=3, false_detections=2)


def test_half_of_the_identities_come_from_one_moment_of_a_video(paint_crops: Paint) -> None:
    crops, video = paint_crops(), paint_crops(identities=5, each=20, seed=1, video=True, false_detections=10)
    batch = BatchSampler([crops, video], PARAMETERS).draw(np.random.default_rng(0))
    in_video = batch.crop_set == 1
    assert len(np.unique(batch.identity[~in_video])) == 3
    people = batch.identity[in_video & (batch.identity != NO_OBJECT)]
    assert len(np.unique(people)) == 3
    assert people.min() >= crops.identity_count, "people of different crop_sets have different numbers"
    assert np.ptp(batch.seconds[in_video]) <= PARAMETERS.longest_gap_seconds
    assert np.isnan(batch.seconds[~in_video]).all()
    assert (batch.identity == NO_OBJECT).sum() <= 2
    assert all(count == 3 for count in np.unique(batch.identity[batch.identity != NO_OBJECT], return_counts=True)[1])


@pytest.mark.parametrize("video", [True, False])
def test_one_kind_of_crop_set_gives_all_identities(video: bool, paint_crops: Paint) -> None:
    batch = BatchSampler([paint_crops(identities=9, video=video)], PARAMETERS).draw(np.random.default_rng(0))
    assert len(np.unique(batch.identity)) == 6


@pytest.mark.parametrize(("folders", "shares"), [(1, [6]), (3, [2, 2, 2]), (4, [1, 1, 2, 2]), (9, [1, 1, 2, 2])])
def test_identities_come_from_as_many_folders_as_wanted(folders: int, shares: list[int], paint_crops: Paint) -> None:
    parameters = PARAMETERS.model_copy(update={"folders": folders})
    sampler = BatchSampler([paint_crops(identities=9, seed=seed) for seed in range(4)], parameters)
    for seed in range(5):
        batch = sampler.draw(np.random.default_rng(seed))
        of = [len(np.unique(batch.identity[batch.crop_set == folder])) for folder in np.unique(batch.crop_set)]
        assert sorted(of) == shares


def test_folders_share_what_the_video_leaves(paint_crops: Paint) -> None:
    parameters = PARAMETERS.model_copy(update={"folders": 3})
    sets = [paint_crops(), paint_crops(seed=1), paint_crops(seed=2), paint_crops(seed=3, video=True)]
    batch = BatchSampler(sets, parameters).draw(np.random.default_rng(0))
    assert [len(np.unique(batch.identity[batch.crop_set == each])) for each in range(4)] == [1, 1, 1, 3]


def test_the_patches_are_those_of_their_identities(paint_crops: Paint) -> None:
    crops = paint_crops()
    batch = BatchSampler([crops], PARAMETERS).draw(np.random.default_rng(0))
    mean = {person: crops.patches.image[crops.identity == person].mean(axis=(0, 1, 2)) for person in range(6)}
    for image, person in zip(batch.patches.image, batch.identity, strict=True):
        assert np.abs(image.mean(axis=(0, 1)) - mean[person]).max() < 3


def test_the_same_generator_draws_the_same_batch(paint_crops: Paint) -> None:
    sampler = BatchSampler([paint_crops(), paint_crops(video=True)], PARAMETERS)
    one, two, other = (sampler.draw(np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(one.patches.image, two.patches.image)
    assert np.array_equal(one.identity, two.identity)
    assert not np.array_equal(one.patches.image, other.patches.image)


def test_pairs_of_a_batch(paint_crops: Paint) -> None:
    sampler = BatchSampler([paint_crops(), paint_crops(video=True, false_detections=12)], PARAMETERS)
    batch = sampler.draw(np.random.default_rng(0))
    first, second = positive_pairs(batch)
    assert len(first) == 6 * 3
    assert (batch.identity[first] == batch.identity[second]).all()
    assert (batch.identity[first] != NO_OBJECT).all()
    later, earlier = batch.seconds[second], batch.seconds[first]
    assert not (later < earlier).any()
    first, second = negative_pairs(batch)
    assert len(first)
    assert (batch.crop_set[first] == batch.crop_set[second]).all()
    same = batch.identity[first] == batch.identity[second]
    assert not same.any()
    assert (batch.identity[first] == NO_OBJECT).any() or (batch.identity[second] == NO_OBJECT).any()


def test_one_identity_is_refused(paint_crops: Paint) -> None:
    with pytest.raises(InputError, match="at least two identities"):
        BatchSampler([paint_crops(identities=1)], PARAMETERS)
