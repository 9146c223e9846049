"""The files of a training of the network."""

from pathlib import Path

import pytest

from siamlink.association.appearance.loading import SIAMESE_FILE
from siamlink.association.training.siamese_trainer import CHECKPOINT, RUN_LOG
from siamlink.detectors.base.errors import OutputError
from siamlink.tools.training.siamese_run import RUN_PICTURE, check_run, finish_run


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
