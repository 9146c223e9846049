"""The files of a training of the network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.appearance.loading import SIAMESE_FILE
from siamlink.association.appearance.patches import Patches
from siamlink.association.training.identity_crops import read_crops
from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG
from siamlink.detectors.base.errors import OutputError
from siamlink.tools.training.siamese_run import RUN_PICTURE, check_run, compare_retrieval, finish_run


def test_earlier_weights_are_refused_unless_a_checkpoint_shows_that_training_continues(tmp_path: Path) -> None:
    check_run(tmp_path, overwrite=False)
    (tmp_path / SIAMESE_FILE).write_bytes(b"mine")
    with pytest.raises(OutputError, match="--overwrite replaces it"):
        check_run(tmp_path, overwrite=False)
    (tmp_path / CHECKPOINT).write_bytes(b"half")
    check_run(tmp_path, overwrite=False)
    assert (tmp_path / CHECKPOINT).exists()


def test_overwriting_starts_again(tmp_path: Path) -> None:
    (tmp_path / SIAMESE_FILE).write_bytes(b"mine")
    (tmp_path / CHECKPOINT).write_bytes(b"half")
    check_run(tmp_path, overwrite=True)
    assert not (tmp_path / CHECKPOINT).exists()


def test_a_finished_run_has_a_picture_and_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / RUN_LOG).write_text("step,loss,fpr95,ap,seconds\n2,0.7,0.5,0.6,1\n4,0.6,0.4,0.7,1\n")
    (tmp_path / CHECKPOINT).write_bytes(b"half")
    finish_run(tmp_path)
    assert (tmp_path / RUN_PICTURE).read_bytes()[:4] == b"\x89PNG"
    assert not (tmp_path / CHECKPOINT).exists()


class Colours:
    """Describes patches by their mean colours, or all alike."""

    def __init__(self, alike: bool) -> None:
        self.alike = alike

    def describe_patches(self, patches: Patches) -> np.ndarray:
        mean = patches.image.mean(axis=(1, 2)) - 128
        return np.ones_like(mean) if self.alike else mean


def test_the_table_of_held_out_identities_names_both_networks(crops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped: Callable[..., Colours] = lambda _: Colours(alike=True)  # noqa: E731
    monkeypatch.setattr("siamlink.tools.training.siamese_run.Siamese.load", shipped)
    read = read_crops(crops, lambda *_: None)
    table = compare_retrieval([read[read.identity < 20]], Colours(alike=False))
    assert table.headings[-4:] == ("rank-1, shipped", "mAP, shipped", "rank-1, new", "mAP, new")
    ((name, identities, images, *figures),) = table.rows
    assert (name, identities, images) == ("crops", "20", "80")
    rank1, precision, new_rank1, new_precision = map(float, figures)
    assert rank1 < 0.1
    assert precision < 0.3
    assert 0.5 < new_rank1 <= 1
    assert 0.5 < new_precision <= 1
