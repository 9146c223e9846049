"""Association whose costs calibrate themselves to the sequence at hand."""

from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.noise import FAST, THOROUGH, Effort
from siamlink.association.calibrated.online import OnlineLinker
from siamlink.association.calibrated.tracks import CalibratedResult, calibrated_links

__all__ = [
    "FAST",
    "THOROUGH",
    "CalibratedResult",
    "Effort",
    "Models",
    "OnlineLinker",
    "calibrated_links",
    "shipped_models",
]
