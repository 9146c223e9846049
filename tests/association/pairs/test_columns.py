import re

import numpy as np
import pytest

from siamlink.association.matcher import DETECTION_FEATURES
from siamlink.association.pairs import columns as module
from siamlink.association.pairs.columns import column_array
from siamlink.association.pairs.features import PAIR_FEATURES
from siamlink.association.tracklets.features import TRACKLET_FEATURES
from siamlink.association.tracklets.pair_features import TRACKLET_PAIR_FEATURES

A, B = np.array([1.0, 2.0]), np.array([3, 4])


def test_columns_become_an_array_in_the_order_of_the_names() -> None:
    array = column_array({"a": A, "b": B}, ("a", "b"))
    assert array.dtype == np.float32
    assert array.tolist() == [[1, 3], [2, 4]]
    assert column_array({"a": A[:0]}, ["a"]).shape == (0, 1)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"b": B, "a": A}, "in another order"),
        ({"a": A}, "missing ['b'], unknown []"),
        ({"a": A, "b": B, "c": B}, "missing [], unknown ['c']"),
        ({"a": A, "x": B}, "missing ['b'], unknown ['x']"),
        ({"a": A, "b": B[:1]}, "the feature column b has the shape (1,), expected (2,)"),
        ({"a": A, "b": B[:, None]}, "the feature column b has the shape (2, 1), expected (2,)"),
    ],
)
def test_columns_that_do_not_match_the_names_are_refused(columns: dict, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        column_array(columns, ("a", "b"))


@pytest.mark.parametrize("names", [PAIR_FEATURES, DETECTION_FEATURES, TRACKLET_FEATURES, TRACKLET_PAIR_FEATURES])
def test_the_names_of_the_features_are_unique(names: tuple[str, ...]) -> None:
    assert len(set(names)) == len(names)
    assert module.column_array(dict.fromkeys(names, A), names).shape == (2, len(names))
    with pytest.raises(ValueError, match="in another order"):
        column_array(dict.fromkeys(reversed(names), A), names)
