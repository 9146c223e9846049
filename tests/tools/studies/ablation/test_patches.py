"""Patches of annotated videos, and how networks compare the pairs among them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from siamlink.association.appearance.patches import Patches
from siamlink.association.pairs.candidates import Pairs
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import open_sequence
from siamlink.tools.studies.ablation import rows as ablation_run
from siamlink.tools.studies.ablation.comparison import Comparison, score_pairs
from siamlink.tools.studies.ablation.networks import Training, recipe_of_loss, recipe_of_topology
from siamlink.tools.studies.ablation.patches import PairSample, SequencePatches, cut_patches, sample_pairs


def test_patches_are_cut_out_once_and_found_by_their_boxes(sequence: Callable[..., Path]) -> None:
    walk, folder = open_sequence(sequence("A")), Path("out")
    folder.mkdir()
    seen = cut_patches(walk, folder, lambda *_: None)
    assert seen.image.shape == (48, 121, 53, 3)
    rows = np.array([40, 3, 7])
    assert np.array_equal(seen.rows(seen.detections[rows]), rows)
    (walk.frames or folder).unlink()
    assert np.array_equal(cut_patches(walk, folder, lambda *_: None).image, seen.image)
    assert seen.patches(np.array([1])).flow.shape == (1, 121, 53, 2)


class Brightness:
    """Compares by the brightness of the middle; its descriptors are long or short."""

    feature_names = ("similarity", "later")

    def __init__(self, size: int) -> None:
        self.size, self.described = size, 0

    def describe_patches(self, patches: Patches) -> Any:
        self.described += len(patches)
        return np.repeat(patches.image[:, 60, 26, :1], self.size, axis=1).astype(np.float32)

    def compare(self, earlier: Any, later: Any) -> Any:
        return np.column_stack([-abs(earlier - later)[:, 0], later[:, -1]])


def painted(count: int) -> SequencePatches:
    image = np.zeros((count, 121, 53, 3), np.uint8)
    image += np.arange(count, dtype=np.uint8)[:, None, None, None]
    box = np.tile(np.array([[0, 0, 10, 20]]), (count, 1)) + np.arange(count)[:, None]
    detections = Detections(np.arange(1, count + 1), box, np.ones(count), np.zeros(count))  # type: ignore[arg-type]
    return SequencePatches(detections, image)


@pytest.mark.parametrize("size", [3, 5000])
def test_long_descriptors_are_compared_by_blocks(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siamlink.tools.studies.ablation.comparison.BLOCK", 7)
    monkeypatch.setattr("siamlink.tools.studies.ablation.comparison.GATHERED", 3)
    earlier, later = np.random.default_rng(0).integers(0, 50, (2, 40))
    comparison = Comparison(Brightness(size), painted(50).patches(slice(None)))
    features = comparison.compare(Pairs(earlier, later))
    assert np.array_equal(features, np.column_stack([-abs(earlier - later), later]))
    assert comparison.compare(Pairs(earlier[:0], later[:0])).shape == (0, 2)


def test_the_similarity_of_tracklets_is_the_mean_over_their_crops() -> None:
    crops = Pairs(np.array([0, 0, 5, 9]), np.array([1, 3, 9, 9]))
    same, owner = np.array([True, False, True]), np.array([0, 0, 1, 2])
    sample = PairSample("A", crops[:2], same[:2], crops, owner, same)
    comparisons = {"A": Comparison(Brightness(1), painted(10).patches(slice(None)))}
    measures = score_pairs(comparisons, [sample])
    assert measures["AP"] == {"A": 1.0, "all": 1.0}
    assert measures["tracklet AP"] == {"A": 1.0, "all": 1.0}  # -2 and 0 against -4
    assert list(measures) == ["AP", "FPR95", "tracklet AP", "tracklet FPR95"]


def test_sampled_pairs_point_to_the_right_identities(sequence: Callable[..., Path]) -> None:
    """The walkers are lost in frames 9 to 14, so that each makes two tracklets apart in time."""
    folder = sequence("A")
    file = folder / "det" / "det.txt"
    lines = [line for line in file.read_text().splitlines() if not 9 <= int(line.split(",")[0]) <= 14]
    file.write_text("\n".join(["1,-1,60,50,14,15,1,-1,-1,-1", *lines]) + "\n")
    walk = open_sequence(folder)
    Path("out").mkdir()
    patches = cut_patches(walk, Path("out"), lambda *_: None)
    sample = sample_pairs(walk, patches)
    frame, right = patches.detections.frame, patches.detections.box[:, 1] < 30
    assert (frame[sample.pairs.later] - frame[sample.pairs.earlier]).min() >= 4
    assert np.array_equal(sample.same, right[sample.pairs.earlier] == right[sample.pairs.later])
    assert (sample.same_tracklet.sum(), len(sample.same_tracklet)) == (2, 4)
    assert np.bincount(sample.owner).tolist() == [16, 16, 16, 16]
    assert frame[sample.crops.earlier].max() <= 8
    assert frame[sample.crops.later].min() >= 15
    alike = right[sample.crops.earlier] == right[sample.crops.later]
    assert np.array_equal(alike, sample.same_tracklet[sample.owner])


def test_slow_networks_compare_some_pairs_and_whole_tracklets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation_run, "SLOW_PAIRS", 3)
    monkeypatch.setattr(ablation_run, "SLOW_TRACKLETS", 2)
    number = np.arange(6)
    pairs, same_tracklet = Pairs(number, number), np.array([True, False, True])
    whole = PairSample("A", pairs, number < 2, pairs, number // 2, same_tracklet)
    some = ablation_run.subsample(whole)
    assert len(some.pairs) == len(some.same) == 3
    assert np.array_equal(some.same, some.pairs.earlier < 2)
    assert some.owner.tolist() == [0, 0, 1, 1]
    assert np.array_equal(some.same_tracklet[some.owner], whole.same_tracklet[some.crops.later // 2])


def test_recipes_fit_losses_and_topologies() -> None:
    assert recipe_of_topology("two-stream", Training(5)).name == "two-stream-compact-softmax"
    assert recipe_of_topology("pseudo-siamese", Training(5)).name == "pseudo-siamese-compact-leal-taixe"
    assert recipe_of_loss("zagoruyko", Training(5)).name == "joint-compact-zagoruyko"
    assert recipe_of_loss("norouzi", Training(5, "residual")).name == "cost-function-residual-norouzi"
    parameters = recipe_of_topology("joint", Training(20, "paper")).parameters
    assert (parameters.check_every, parameters.network.flow, parameters.network.size) == (20, False, "paper")
    assert (parameters.sampling.identities, parameters.pairing.pairs) == (16, 64)
    small = recipe_of_loss("wang", Training(3000, "residual", 32)).parameters
    assert (small.sampling.identities, small.pairing.pairs, small.check_every) == (8, 32, 500)
