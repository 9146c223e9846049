"""Types of arrays, one name for each in the whole project. Their shapes stand where they are used."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

Image = NDArray[np.uint8]
"""(H, W, 3) pixels, blue green red."""
Box = NDArray[np.float32]
"""(N, 4) corners `x1 y1 x2 y2` in pixels, the column `box` of `Detections`."""
Boxes = NDArray[np.float32] | NDArray[np.float64]
"""(N, 4) corners `x1 y1 x2 y2` in pixels, in single or double precision."""
