"""Named columns and the array that a model takes: the one place where names and positions meet."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def column_array(columns: Mapping[str, NDArray[Any]], names: Sequence[str]) -> NDArray[np.float32]:
    """The columns as one array (P, F) of float32.

    Args:
        columns: name to values (P,), in the order of `names`.
        names: of the F features that the model was trained on, in its order.

    Raises:
        ValueError: a column is missing, unknown or in another place than its name, or has another shape than (P,).
    """
    if tuple(columns) != tuple(names):
        missing, unknown = set(names) - set(columns), set(columns) - set(names)
        fault = f"missing {sorted(missing)}, unknown {sorted(unknown)}" if missing or unknown else "in another order"
        raise ValueError(f"the feature columns do not match their names: {fault}")
    count = len(next(iter(columns.values()), ()))
    array = np.empty((count, len(names)), np.float32)
    for place, (name, values) in enumerate(columns.items()):
        if values.shape != (count,):
            raise ValueError(f"the feature column {name} has the shape {values.shape}, expected ({count},)")
        array[:, place] = values
    return array
