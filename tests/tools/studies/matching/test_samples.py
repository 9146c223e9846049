"""What `siamlink study match` draws, describes and compares."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.association.appearance.loaded_appearance import LoadedAppearance
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.tools.studies.matching.evaluation import (
    measure,
    pooled_similarity,
    similarity,
)
from siamlink.tools.studies.matching.labelled_pairs import PairParameters
from siamlink.tools.studies.matching.samples import (
    Descriptions,
    MatchParameters,
    describe_samples,
    draw_samples,
    load_appearances,
)

Make = Callable[..., Path]
ASK = MatchParameters()


def quiet(*_: object) -> None:
    """Report nothing."""


def test_optical_flow_is_there_where_it_is_needed(walks: Make) -> None:
    samples = draw_samples(open_sequence(walks("A")), "det/det.txt", ASK)
    appearances = load_appearances(["model.py:Moving"])
    (described,) = describe_samples(samples, appearances, ASK.flow, quiet).described
    (result,) = measure(samples, Descriptions(np.ones(len(described)), (described,)), appearances, ASK, quiet)
    assert result.one_shot > 0.8
    known = samples.detections.frame > 1
    right = samples.detections.box[:, 1] < 60
    assert np.median(described[known & right, 0]) > 15
    assert np.median(described[known & ~right, 0]) < -15


def test_each_detection_of_a_person_is_described_once_and_others_never(walks: Make) -> None:
    folder = walks("A", "20,-1,60,50,14,15,1,-1,-1,-1")
    samples = draw_samples(open_sequence(folder), "det/det.txt", ASK)
    assert len(samples.rows) == len(samples.detections) == 36
    describe_samples(samples, load_appearances(["model.py:Recorder"]), ASK.flow, quiet)
    boxes = sys.modules["siamlink_plugin_model"].Recorder.boxes
    assert [len(each) for each in boxes] == [2] * 18
    assert np.array_equal(np.concatenate(boxes), samples.detections.box)


def test_near_pairs_are_those_a_walk_apart(walks: Make) -> None:
    sequence = open_sequence(walks("A"))
    every = draw_samples(sequence, "det/det.txt", ASK)
    near = draw_samples(sequence, "det/det.txt", MatchParameters(pairs=PairParameters(near=True)))
    assert (every.same.sum(), (~every.same).sum()) == (2, 2)
    assert (near.same.sum(), (~near.same).sum()) == (2, 0)
    assert len(near.gaps[0].pairs) < len(every.gaps[0].pairs)


def test_a_picture_is_as_sharp_as_it_has_detail_and_not_at_all_outside(walks: Make) -> None:
    folder = walks("A")
    lines = [
        f"{frame},{person},{left},5,12,30,1,-1,-1,-1\n"
        for frame in range(1, 25)
        for person, left in ((1, 4 * frame + 1), (2, 500), (3, 140))
    ]
    (folder / "gt" / "gt.txt").write_text("".join(lines))
    (folder / "det" / "found.txt").write_text("".join(lines))
    samples = draw_samples(open_sequence(folder), "det/found.txt", ASK)
    described = describe_samples(samples, load_appearances(["model.py:Blind"]), ASK.flow, quiet)
    walker, nothing, noise = described.sharpness.reshape(24, 3).T
    assert (nothing == 0).all()
    assert (walker > 0).all()
    assert (walker < noise).all()


def test_pairwise_appearances_compare_tracklets_by_the_mean_over_all_pairs_of_crops() -> None:
    class Difference:
        feature_names = ("difference", "other")

        def describe(self, image: Any, box: Any) -> Any: ...

        def compare(self, earlier: Any, later: Any) -> Any:
            return np.column_stack([earlier[:, 0] - 2 * later[:, 0], earlier[:, 0]])

    described = np.random.default_rng(0).normal(size=(9, 1))
    crops = [np.array([0, 4]), np.array([1, 2, 3]), np.array([8])]
    pairs = Pairs(np.array([0, 0, 1]), np.array([1, 2, 2]))
    part = LoadedAppearance("d", "d", Difference())
    wanted = [
        np.mean([described[a, 0] - 2 * described[b, 0] for a in crops[one] for b in crops[other]])
        for one, other in ((0, 1), (0, 2), (1, 2))
    ]
    assert pooled_similarity(part, described, crops, pairs) == pytest.approx(wanted, rel=1e-5)
    none = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert pooled_similarity(part, described, [], none).shape == similarity(part, described, none).shape == (0,)
