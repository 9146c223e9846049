import pytest
import torch

from siamlink.association.training import precision
from siamlink.association.training.precision import trains_in_half

CPU = torch.device("cpu")


@pytest.mark.parametrize(("name", "half"), [("float32", False), ("bfloat16", True)])
def test_a_precision_that_is_named_is_taken(name: str, half: bool) -> None:
    assert trains_in_half(name, CPU) is half


@pytest.mark.parametrize(("seconds_in_half", "half"), [(0.01, True), (0.2, False)])
def test_bfloat16_is_chosen_where_it_is_faster(
    monkeypatch: pytest.MonkeyPatch, seconds_in_half: float, half: bool
) -> None:
    monkeypatch.setattr(precision, "_seconds", lambda _, half: seconds_in_half if half else 0.03)
    assert trains_in_half("auto", CPU) is half


def test_both_precisions_can_be_timed() -> None:
    assert 0 < precision._seconds(CPU, half=False) < 60
    assert 0 < precision._seconds(CPU, half=True) < 60
