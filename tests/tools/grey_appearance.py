"""An appearance of grey values; tests use it as their own `model.py`."""

from pathlib import Path

import numpy as np


class Grey:
    """The grey in the middle of each box; writes down what it was shown."""

    def describe(self, image, box):
        with Path("seen.txt").open("a") as seen:
            seen.writelines(f"{image[0, 0, 0]} {image[0, 1, 0]} {each.tolist()}\n".replace(", ", ",") for each in box)
        x, y = ((box[:, axis] + box[:, axis + 2]) / 2 for axis in (0, 1))
        rows, columns = np.clip(y.astype(int), 0, image.shape[0] - 1), np.clip(x.astype(int), 0, image.shape[1] - 1)
        grey = image[rows, columns, 0] / 40
        return np.column_stack([np.cos(grey), np.sin(grey)])
