import json

import numpy as np
import pytest

from siamlink.association.pairs.gap_prior import GapPrior
from siamlink.detectors.base.errors import InputError, ModelError


def test_every_video_counts_alike_and_rare_gaps_stay_possible():
    short = np.array([1] * 9 + [3])
    long = np.tile([1, 2], 1000)
    prior = GapPrior.estimate([short, long, np.zeros(0, np.int64)])
    expected = np.array([(0.9 + 0.5) / 2, 0.5 / 2, 0.1 / 2])
    np.testing.assert_allclose(prior.probability, expected)
    rare = GapPrior.estimate([np.array([1] * 99_999 + [3])]).probability
    assert rare[1] == rare[2] == pytest.approx(1e-3, rel=0.01)
    assert rare.sum() == pytest.approx(1)


def test_without_any_gap_nothing_can_be_counted():
    with pytest.raises(InputError, match="no pair holds consecutive detections"):
        GapPrior.estimate([np.zeros(0, np.int64)])


def test_a_link_costs_the_logarithm_of_the_probability_of_its_gap():
    prior = GapPrior(np.array([0.9, 0.08, 0.02]))
    np.testing.assert_allclose(prior.cost(np.array([1, 3, 2])), -np.log([0.9, 0.02, 0.08]))
    assert prior.cost(np.array([4, 100])).tolist() == [-np.log(0.02)] * 2, "as the longest one that was counted"
    assert len(prior.cost(np.zeros(0, np.int64))) == 0


def test_a_file_brings_back_the_same_prior(tmp_path):
    prior = GapPrior.estimate([np.array([1, 1, 2, 5])])
    prior.save(tmp_path / "gaps.json")
    assert GapPrior.load(tmp_path / "gaps.json").probability.tolist() == prior.probability.tolist()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"probability": []}',
        '{"probability": 1}',
        '{"probability": [0.5, 0]}',
        '{"probability": [1.5]}',
        '{"probability": [NaN]}',
        '{"probability": ["x"]}',
        json.dumps({"probability": [1e-3] * 20_000}),
        "[" * 50_000,
    ],
)
def test_damaged_files_are_refused(tmp_path, content):
    (tmp_path / "gaps.json").write_text(content)
    with pytest.raises(ModelError, match=r"gaps\.json does not hold the probabilities of gaps"):
        GapPrior.load(tmp_path / "gaps.json")
