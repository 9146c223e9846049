"""The assignment of rows to columns of a matrix at minimum cost: the Hungarian method of SciPy."""

from typing import Any

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.compiled_modules import compiled_module


def linear_sum_assignment(matrix: FloatArray, maximize: bool = False) -> tuple[IntArray, IntArray]:
    """K = min(N, M) rows, ascending, and columns of a matrix (N, M) whose sum is the least, or the largest."""
    scipy: Any = compiled_module("scipy.optimize._lsap", "scipy.optimize")
    rows, columns = scipy.linear_sum_assignment(matrix, maximize=maximize)
    return rows, columns
