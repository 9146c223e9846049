"""Detections in frames: frame sources, MOT sequences, and detectors by name, file or object.

A detector of your own is any object with a method `detect(image)`; see `Detector`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamlink.detectors.base.errors import (
        ConfigError,
        ConstraintError,
        DetectorError,
        DownloadError,
        FormatError,
        InputError,
        ModelError,
        OutputError,
        SiamlinkError,
    )
    from siamlink.detectors.class_names import ClassNames
    from siamlink.detectors.detections import Detections
    from siamlink.detectors.detector import Detector, LoadedDetector
    from siamlink.detectors.detector_options import DetectorOptions
    from siamlink.detectors.models.onnx import OnnxDetector
    from siamlink.detectors.models.registry import DetectorInfo, available_detectors, load_detector
    from siamlink.detectors.mot.sequence import Sequence, find_sequences, open_sequence
    from siamlink.detectors.sources.frame_source import Frame, FrameSource
    from siamlink.detectors.sources.open import open_source

__all__ = [
    "ClassNames",
    "ConfigError",
    "ConstraintError",
    "Detections",
    "Detector",
    "DetectorError",
    "DetectorInfo",
    "DetectorOptions",
    "DownloadError",
    "FormatError",
    "Frame",
    "FrameSource",
    "InputError",
    "LoadedDetector",
    "ModelError",
    "OnnxDetector",
    "OutputError",
    "Sequence",
    "SiamlinkError",
    "available_detectors",
    "find_sequences",
    "load_detector",
    "open_sequence",
    "open_source",
]

_MODULES = {
    "base.errors": [name for name in __all__ if name.endswith("Error")],
    "class_names": ["ClassNames"],
    "detections": ["Detections"],
    "detector": ["Detector", "LoadedDetector"],
    "detector_options": ["DetectorOptions"],
    "models.onnx": ["OnnxDetector"],
    "models.registry": ["DetectorInfo", "available_detectors", "load_detector"],
    "mot.sequence": ["Sequence", "find_sequences", "open_sequence"],
    "sources.frame_source": ["Frame", "FrameSource"],
    "sources.open": ["open_source"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, because NumPy and video libraries take long to load."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
