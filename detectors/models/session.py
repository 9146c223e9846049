"""ONNX files opened by onnxruntime, on the CPU or on a graphics card."""

from pathlib import Path
from typing import Literal

import onnxruntime

from siamlink.detectors.base.errors import DetectorError, SiamlinkError, explain
from siamlink.detectors.detector_options import Device

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
INSTALL_CUDA = "pip uninstall onnxruntime, then pip install 'onnxruntime-gpu[cuda,cudnn]'"


def open_session(
    path: Path, threads: int, error_type: type[SiamlinkError] = DetectorError, device: Device = "cpu"
) -> onnxruntime.InferenceSession:
    """Load an ONNX file.

    Args:
        path: the file.
        threads: of the CPU.
        error_type: the class of the errors.
        device: cpu; cuda: a graphics card of NVIDIA; auto: cuda if onnxruntime can use one, else cpu.

    Raises:
        SiamlinkError: the file is missing or cannot be run, or the device cannot be used.
    """
    if not path.is_file():
        raise error_type(f"there is no file {path}; give an ONNX file as onnx:FILE")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    # Waiting threads sleep instead of spinning: decoding and tracking need the cores between two images.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = _providers(device, error_type)
    try:
        session = onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:
        raise error_type(f"{path} is not an ONNX file that can be run: {explain(error)}") from error
    if device == "cuda" and device_of(session) != "cuda":
        raise error_type(
            f"device cuda cannot be used: onnxruntime did not start on it; it needs a driver of NVIDIA, CUDA and cuDNN "
            f"({INSTALL_CUDA})"
        )
    return session


def device_of(session: onnxruntime.InferenceSession) -> Literal["cpu", "cuda"]:
    """The device that a session runs on."""
    return "cuda" if CUDA in session.get_providers() else "cpu"


def _providers(device: Device, error_type: type[SiamlinkError]) -> list[str]:
    has_cuda = device != "cpu" and CUDA in onnxruntime.get_available_providers()
    if device == "cuda" and not has_cuda:
        raise error_type(
            f"device cuda cannot be used: onnxruntime {onnxruntime.__version__} was built without it; {INSTALL_CUDA}"
        )
    if has_cuda and hasattr(onnxruntime, "preload_dlls"):
        onnxruntime.preload_dlls()  # finds the CUDA libraries that pip installed
    return [CUDA, CPU] if has_cuda else [CPU]
