from pathlib import Path

import pytest
import torch
from torch import nn

from siamlink.association.appearance.siamese.checkpoint import below, read_checkpoint, restore, write_checkpoint
from siamlink.detectors.base.errors import ModelError


def train(steps: int, modules: dict[str, nn.Module], optimiser: torch.optim.Optimizer) -> None:
    for _ in range(steps):
        optimiser.zero_grad()
        sum(module(torch.ones(1, 3)).square().sum() for module in modules.values()).backward()
        optimiser.step()


def setting() -> tuple[dict[str, nn.Module], torch.optim.Optimizer]:
    torch.manual_seed(0)
    modules = {"network": nn.Linear(3, 4), "loss": nn.Linear(3, 2)}
    weights = [weight for module in modules.values() for weight in module.parameters()]
    return modules, torch.optim.AdamW(weights, 0.1)


def test_a_restored_training_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    modules, optimiser = setting()
    train(3, modules, optimiser)
    write_checkpoint(tmp_path / "c.safetensors", modules, optimiser, {"step": 3})
    train(3, modules, optimiser)
    tensors, description = read_checkpoint(tmp_path / "c.safetensors")
    assert description == {"step": 3}
    again, other = setting()
    restore(tensors, again, other)
    train(3, again, other)
    for name, module in modules.items():
        for key, value in module.state_dict().items():
            assert torch.equal(value, again[name].state_dict()[key])


def test_a_checkpoint_replaces_the_last_one_and_leaves_no_other_file(tmp_path: Path) -> None:
    modules, optimiser = setting()
    for step in (1, 2):
        write_checkpoint(tmp_path / "c.safetensors", modules, optimiser, {"step": step})
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]
    assert read_checkpoint(tmp_path / "c.safetensors")[1] == {"step": 2}


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08\0\0\0\0\0\0\0{}      "])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="is not a checkpoint, or is damaged"):
        read_checkpoint(tmp_path / "c.safetensors")


def test_tensors_below_a_prefix_lose_it() -> None:
    tensors = {"a.x": torch.zeros(1), "a.b.x": torch.ones(1), "ab.x": torch.ones(2)}
    assert sorted(below(tensors, "a.")) == ["b.x", "x"]
