"""What the shipped models were trained on."""

from importlib.resources import files

import pytest

from siamlink.tools.training.shipped_models import SHIPPED_LEARNED_FROM, is_known_to_shipped_models


def test_the_names_are_those_of_the_model_card() -> None:
    card = " ".join((files("siamlink.association") / "weights" / "MODEL_CARD.md").read_text("utf-8").split())
    assert "ADL-Rundle-6, ETH-Sunnyday, KITTI-17, PETS09-S2L1 and TUD-Campus" in card
    assert "MOT16-09 with DPM; MOT17-02, -04, -09 and -10" in card
    assert len(SHIPPED_LEARNED_FROM) == 5 + 2 * 4


@pytest.mark.parametrize("name", ["KITTI-17", "MOT16-09", "MOT17-09-FRCNN", "MOT17-02-SDP"])
def test_sequences_of_the_training_are_known(name: str) -> None:
    assert is_known_to_shipped_models(name)


@pytest.mark.parametrize("name", ["KITTI-13", "MOT17-05-FRCNN", "KITTI-171", "my-KITTI-17"])
def test_others_are_not(name: str) -> None:
    assert not is_known_to_shipped_models(name)
