"""In which precision a network is trained."""

import time

import torch
from torch.nn import functional

SMALL = (8, 32, 32, 16)
"""Patches, maps, height and width of the convolution that is timed."""


def trains_in_half(precision: str, device: torch.device) -> bool:
    """Whether the activations are bfloat16.

    Args:
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 where the device computes it faster than float32. A
            processor without instructions for bfloat16 emulates it, which is several times slower than float32.
        device: to train on.
    """
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    _seconds(device, half=False)  # the first convolution of a process sets up the library
    return _seconds(device, half=True) < _seconds(device, half=False)


def _seconds(device: torch.device, half: bool) -> float:
    """Processor time of the forward and backward pass of one convolution."""
    patches = torch.ones(SMALL, device=device).contiguous(memory_format=torch.channels_last).requires_grad_()
    weights = torch.ones(SMALL[1], SMALL[1], 3, 3, device=device, requires_grad=True)
    started = time.process_time()
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        mean = functional.conv2d(patches, weights, padding=1).float().mean()
    mean.backward()  # type: ignore[no-untyped-call]
    return time.process_time() - started
