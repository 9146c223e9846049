"""The device that a network runs on: one that cannot be had is an error that says what to install."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from siamlink.detectors.base.errors import DetectorError, ModelError
from siamlink.detectors.models.session import CPU, CUDA, device_of, open_session


@pytest.fixture
def path(constant_network: Callable[..., Path]) -> Path:
    return constant_network([np.zeros((1, 2), np.float32)])


def pretend_cuda(monkeypatch: pytest.MonkeyPatch, works: bool) -> list[list[str]]:
    """Pretend that onnxruntime was built with CUDA; returns the providers that sessions are opened with."""
    opened: list[list[str]] = []

    class Session:
        def __init__(self, path: Path, options: Any, providers: list[str]) -> None:
            opened.append(providers)

        def get_providers(self) -> list[str]:
            return opened[-1] if works else [CPU]

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None, raising=False)
    return opened


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_the_processor_is_used_where_there_is_no_cuda(path: Path, device: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    assert device_of(open_session(path, 1, device=device)) == "cpu"


def test_cuda_that_is_not_installed_is_an_error_that_says_what_to_install(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    with pytest.raises(
        DetectorError, match=r"device cuda cannot be used: .*pip install 'onnxruntime-gpu\[cuda,cudnn\]'"
    ):
        open_session(path, 1, device="cuda")


def test_cuda_that_does_not_start_is_an_error_on_request_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = pretend_cuda(monkeypatch, works=False)
    with pytest.raises(DetectorError, match="onnxruntime did not start on it; it needs a driver of NVIDIA"):
        open_session(path, 1, device="cuda")
    assert device_of(open_session(path, 1, device="auto")) == "cpu"
    assert opened == [[CUDA, CPU]] * 2


@pytest.mark.parametrize(("device", "expected"), [("auto", "cuda"), ("cuda", "cuda"), ("cpu", "cpu")])
def test_cuda_is_used_where_it_works(path: Path, device: Any, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_cuda(monkeypatch, works=True)
    assert device_of(open_session(path, 1, device=device)) == expected


def test_a_missing_file_is_an_error_of_the_class_that_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no file .*none\.onnx"):
        open_session(tmp_path / "none.onnx", 1, ModelError)
