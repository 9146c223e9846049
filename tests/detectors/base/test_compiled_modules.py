"""Compiled modules of SciPy without its packages."""

import subprocess
import sys

import numpy as np
import scipy.linalg.lapack
import scipy.optimize

from siamlink.detectors.base.compiled_modules import compiled_module


def test_it_gives_what_the_public_function_gives():
    random = np.random.default_rng(0)
    matrix = random.random((30, 40))
    module = compiled_module("scipy.optimize._lsap", "scipy.optimize")
    expected = scipy.optimize.linear_sum_assignment(matrix, maximize=True)
    assert np.array_equal(module.linear_sum_assignment(matrix, maximize=True), expected)
    banded, right = np.array([[4.0] * 9, [1.0] * 9]), random.random((9, 2))
    lapack = compiled_module("scipy.linalg._flapack", "scipy.linalg.lapack")
    solved, expected = (each.dpbsv(banded, right, lower=1)[1] for each in (lapack, scipy.linalg.lapack))
    assert np.array_equal(solved, expected)


def test_the_public_module_stands_in_for_one_that_is_not_there():
    assert compiled_module("scipy.nowhere._lsap", "scipy.optimize") is scipy.optimize
    assert compiled_module("scipy.optimize._renamed", "scipy.optimize") is scipy.optimize


def test_no_package_is_imported():
    code = (
        "import sys; from siamlink.detectors.base.compiled_modules import compiled_module\n"
        "compiled_module('scipy.linalg._flapack', 'scipy.linalg.lapack').dpbsv\n"
        "compiled_module('scipy.optimize._lsap', 'scipy.optimize').linear_sum_assignment\n"
        "assert not {'scipy.linalg', 'scipy.optimize'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
