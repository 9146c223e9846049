"""What speaks against links that are chosen, compared with all other choices in small problems."""

from itertools import permutations

import numpy as np
import pytest

from siamlink.association.calibrated.likelihood import Links
from siamlink.association.calibrated.rivals import best_rivals


def links_of(*rows: tuple[int, int, float]) -> Links:
    earlier, later, ratio = zip(*rows, strict=True) if rows else ((), (), ())
    count = len(rows)
    return Links(
        np.array(earlier, np.int64),
        np.array(later, np.int64),
        np.array(ratio, float),
        np.zeros(count),
        np.zeros((count, 4)),
    )


def test_a_link_alone_has_no_rival():
    links = links_of((0, 1, 5.0))
    assert best_rivals(links, np.array([1, -1]), np.array([5.0, 0])).tolist() == [0, 0]
    assert best_rivals(links_of(), np.array([-1, -1]), np.zeros(2)).tolist() == [0, 0]


def test_links_from_and_to_its_ends_are_rivals_less_what_they_break():
    links = links_of((0, 2, 9.0), (0, 3, 4.0), (1, 2, 6.0), (1, 3, 5.0))
    rivals = best_rivals(links, np.array([2, 3, -1, -1]), np.array([9.0, 5.0, 0, 0]))
    assert rivals.tolist() == [4 + 6 - 5, 4 + 6 - 9, 0, 0], "the swap of both"
    without_swap = links_of((0, 2, 9.0), (0, 3, 4.0), (1, 3, 3.5))
    assert best_rivals(without_swap, np.array([2, 3, -1, -1]), np.array([9.0, 3.5, 0, 0])).tolist() == [0.5, 0, 0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_between_two_frames_of_three_objects_the_next_best_choice_is_found_or_nearly(seed):
    """All cycles of two links are considered; a cycle of three can be better still."""
    random = np.random.default_rng(seed)
    ratio = random.uniform(0.1, 10, (3, 3))
    best = max(permutations(range(3)), key=lambda order: sum(ratio[i, j] for i, j in enumerate(order)))
    links = links_of(*((i, 3 + j, ratio[i, j]) for i in range(3) for j in range(3)))
    own = np.array([ratio[i, j] for i, j in enumerate(best)])
    rivals = best_rivals(links, np.r_[3 + np.array(best), -1, -1, -1], np.r_[own, 0, 0, 0])[:3]
    for i, j in enumerate(best):
        others = [
            o for o in permutations(range(3)) if o[i] != j and sum(a != b for a, b in zip(o, best, strict=True)) == 2
        ]
        swap = max(sum(ratio[k, o[k]] for k in range(3)) for o in others) - own.sum() + own[i]
        assert rivals[i] >= swap - 1e-9
        assert rivals[i] <= own[i] + 1e-9, "the chosen links are the best ones"
