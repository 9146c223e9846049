"""Association whose costs are estimated from the detections of the sequence itself."""

from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.online import OnlineLinker
from siamlink.association.calibrated.tracks import CalibratedResult, calibrated_links

__all__ = [
    "CalibratedResult",
    "Models",
    "OnlineLinker",
    "calibrated_links",
    "shipped_models",
]
