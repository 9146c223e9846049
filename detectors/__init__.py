"""What is in a frame: frame sources, the MOT layout, `Detections`, and detectors by name, path or object."""

from siamlink.detectors.base.errors import (
    ConfigError,
    DetectorError,
    DownloadError,
    FormatError,
    InputError,
    ModelError,
    OutputError,
    SiamlinkError,
)
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, find_sequences, open_sequence

__all__ = [
    "ConfigError",
    "Detections",
    "DetectorError",
    "DownloadError",
    "FormatError",
    "InputError",
    "ModelError",
    "OutputError",
    "Sequence",
    "SiamlinkError",
    "find_sequences",
    "open_sequence",
]
