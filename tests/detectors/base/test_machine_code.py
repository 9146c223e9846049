"""Where Numba is not installed or cannot keep what it compiles, there are no compiled functions."""

import subprocess
import sys

import pytest

from siamlink.detectors.base import machine_code


def test_there_is_none_without_numba(monkeypatch):
    monkeypatch.setattr(machine_code, "find_spec", lambda _: None)
    assert machine_code.compiled.__wrapped__("siamlink.detectors.box_loops") is None


@pytest.mark.parametrize("error", [ImportError("Numba needs NumPy 2.4 or less"), RuntimeError("cannot cache function")])
def test_there_is_none_where_it_cannot_be_compiled(error, monkeypatch):
    def fail(_):
        raise error

    monkeypatch.setattr(machine_code, "import_module", fail)
    assert machine_code.compiled.__wrapped__("siamlink.detectors.box_loops") is None


def test_numba_is_not_imported_before_it_is_used():
    code = "import sys, siamlink.tracker.linking.trackers, siamlink.tools.cli; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
