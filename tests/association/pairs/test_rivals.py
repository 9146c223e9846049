"""Pairs of the same detection at the same gap compete, and tables of them grow with the pairs alone."""

import numpy as np
import pytest

from siamlink.association.pairs import features, rivals
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import past_motion
from siamlink.association.pairs.rivals import contests, rank_among_rivals
from siamlink.detectors.base import machine_code
from siamlink.detectors.detections import Detections

pytestmark = pytest.mark.usefixtures("compiled_at_once")

FAR = 1_000_000


@pytest.fixture(params=["compiled", "numpy"])
def way(request, monkeypatch):
    for module in (rivals, features) if request.param == "numpy" else ():
        monkeypatch.setattr(module, "compiled", lambda *_: None)
    return request.param


def test_a_few_pairs_of_many_detections_at_long_gaps_need_little_memory(way):
    assert way == "numpy" or machine_code.load("siamlink.association.pairs.loops") is not None
    owner, gap = np.array([0, 0, FAR, FAR, FAR]), np.array([1, FAR, FAR, FAR, 1])  # a table would have 8 TB
    compared = rank_among_rivals(np.array([0.5, 0.25, 0.75, 0.25, 0.5]), owner, gap)
    assert compared.tolist() == [[0, -1, 0], [0, -1, 0], [1, 0.5, 1], [0, -0.5, 1], [0, -1, 0]]


def test_motion_over_a_long_gap_needs_little_memory(way):
    frame = np.append(np.arange(1, 100_001), [200_000]).astype(np.int32)  # 10^5 detections, gaps up to 2 * 10^5
    box = np.tile(np.float32([0, 0, 10, 20]), (len(frame), 1))
    box[-1] += [2, 0, 2, 0]
    detections = Detections(frame, box, np.ones(len(frame), np.float32), np.zeros(len(frame), np.int16))
    motion = past_motion(detections, Pairs(np.array([0, 99_999, 0]), np.array([1, 100_000, 100_000])))
    assert motion.support[[0, 1, 100_000]].tolist() == [0, 1, 2]
    assert motion.velocity[1].tolist() == [0, 0]
    gaps = np.array([100_000, 199_999])
    assert motion.velocity[100_000] == pytest.approx([(2 * gaps).sum() / (gaps**2).sum(), 0])


def test_rivals_have_one_number():
    owner, gap = np.array([5, 5, 5, 0, FAR]), np.array([2, 2, 3, 2, FAR])
    number = contests(owner, gap)
    assert (number[0] == number[1], len(set(number.tolist()))) == (True, 4)
    assert number.max() < len(owner)
    assert contests(np.zeros(0, np.int64), np.zeros(0, np.int64)).tolist() == []
