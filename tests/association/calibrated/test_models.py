import shutil
from pathlib import Path

import numpy as np
import pytest

from siamlink.association.calibrated.models import CALIBRATED_FILES, LINKS_FILE, ONLINE_FILE, WEIGHTS, Models
from siamlink.association.calibrated.online_tracks import ONLINE_NAMES
from siamlink.detectors.base.errors import ModelError


def copied(folder: Path, *left_out: str) -> Path:
    for name in CALIBRATED_FILES:
        if name not in left_out:
            shutil.copy(WEIGHTS / name, folder)
    return folder


def test_without_a_model_of_links_nothing_is_corrected(tmp_path: Path) -> None:
    assert Models.load(copied(tmp_path, LINKS_FILE)).links is None


def test_without_a_model_for_mode_online_the_shipped_one_is_used(tmp_path: Path) -> None:
    features = np.random.default_rng(0).uniform(0, 1, (5, len(ONLINE_NAMES))).astype(np.float32)
    models = [Models.load(folder) for folder in (copied(tmp_path, ONLINE_FILE), WEIGHTS)]
    one, two = (each.online.probability(features).tolist() for each in models)
    assert one == two


def test_models_of_objects_are_needed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model at"):
        Models.load(copied(tmp_path, "alone.json"))
