from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.appearance.patches import Patches
from siamlink.association.training.siamese_validation import Validation, identities_apart, split_identities
from siamlink.detectors.base.errors import InputError


class Colours:
    """Compares the mean colours of patches; `sign` -1 turns its answer round."""

    def __init__(self, sign: int = 1) -> None:
        self.sign = sign

    def describe_patches(self, patches: Patches) -> np.ndarray:
        return np.hstack([patches.image[:, half].mean(axis=(1, 2)) for half in (slice(0, 60), slice(60, 121))])

    def compare(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        return -self.sign * np.abs(earlier - later).sum(1, keepdims=True)


def test_scores_of_a_good_network_are_better_than_of_a_bad_one(paint_crops: Callable) -> None:
    validation = Validation([paint_crops(), paint_crops(seed=1, video=True, false_detections=5)], pairs=200)
    assert validation.scores(Colours()) == {"fpr95": 0.0, "ap": 1.0}
    bad = validation.scores(Colours(-1))
    assert bad["fpr95"] > 0.9
    assert bad["ap"] < 0.4


def test_pairs_of_a_video_lie_within_the_range_of_time(paint_crops: Callable) -> None:
    (part,) = Validation([paint_crops(video=True)], seconds=(0.9, 1.6))._parts
    gap = part.crops.seconds[part.second] - part.crops.seconds[part.first]
    assert set(gap) == {1.0, 1.5}
    assert part.same.any()
    assert not part.same.all()


def test_without_two_identities_there_is_nothing_to_validate_on(paint_crops: Callable) -> None:
    with pytest.raises(InputError, match="nothing to validate on"):
        Validation([paint_crops(identities=1)])


def test_identities_are_split_and_none_is_on_both_sides(paint_crops: Callable) -> None:
    whole = paint_crops(identities=10, false_detections=3)
    learned, apart = split_identities(whole, 0.3)
    assert (learned.identity_count, apart.identity_count) == (7, 3)
    shown = [{image.tobytes() for image in part.patches.image} for part in (learned, apart)]
    assert not shown[0] & shown[1]
    assert len(apart) == 3 * 8
    assert len(learned) == 7 * 8 + 3


def test_a_number_of_identities_is_split_off(paint_crops: Callable) -> None:
    whole = paint_crops(identities=12)
    learned, apart = split_identities(whole, count=5)
    assert (learned.identity_count, apart.identity_count) == (7, 5)
    again = split_identities(whole, count=5)[1]
    assert np.array_equal(again.patches.image, apart.patches.image)
    other = split_identities(whole, count=5, seed=1)[1]
    assert not np.array_equal(other.patches.image, apart.patches.image)
    wanted = np.isin(whole.identity, identities_apart(12, 5))
    assert np.array_equal(whole.patches.image[wanted], apart.patches.image)


@pytest.mark.parametrize(("count", "apart"), [(1, 2), (9, 9), (200, 9)])
def test_two_are_split_off_at_least_and_three_quarters_at_most(count: int, apart: int, paint_crops: Callable) -> None:
    assert split_identities(paint_crops(identities=12), count=count)[1].identity_count == apart
