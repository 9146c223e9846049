from collections.abc import Callable

import numpy as np
import pytest

from siamlink.association.appearance.patches import Patches
from siamlink.association.training.siamese_validation import Validation, split_identities
from siamlink.detectors.base.errors import InputError


class Colours:
    """Compares the mean colours of patches; `sign` -1 turns its answer round."""

    def __init__(self, sign: int = 1) -> None:
        self.sign = sign

    def describe_patches(self, patches: Patches) -> np.ndarray:
        return np.hstack([patches.image[:, half].mean(axis=(1, 2)) for half in (slice(0, 60), slice(60, 121))])

    def compare(self, earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
        return -self.sign * np.abs(earlier - later).sum(1, keepdims=True)


def test_scores_tell_a_good_network_from_a_bad_one(gallery: Callable) -> None:
    validation = Validation([gallery(), gallery(seed=1, video=True, nobody=5)], pairs=200)
    assert validation.scores(Colours()) == {"fpr95": 0.0, "ap": 1.0}
    bad = validation.scores(Colours(-1))
    assert bad["fpr95"] > 0.9
    assert bad["ap"] < 0.4


def test_pairs_of_a_video_lie_within_the_seconds_asked_for(gallery: Callable) -> None:
    (part,) = Validation([gallery(video=True)], seconds=(0.9, 1.6))._parts
    gap = part.gallery.seconds[part.second] - part.gallery.seconds[part.first]
    assert set(gap) == {1.0, 1.5}
    assert part.same.any()
    assert not part.same.all()


def test_without_two_people_there_is_nothing_to_validate_on(gallery: Callable) -> None:
    with pytest.raises(InputError, match="nothing to validate on"):
        Validation([gallery(people=1)])


def test_people_are_split_and_none_is_on_both_sides(gallery: Callable) -> None:
    whole = gallery(people=10, nobody=3)
    learned, apart = split_identities(whole, 0.3)
    assert (learned.people, apart.people) == (7, 3)
    shown = [{image.tobytes() for image in part.patches.image} for part in (learned, apart)]
    assert not shown[0] & shown[1]
    assert len(apart) == 3 * 8
    assert len(learned) == 7 * 8 + 3
