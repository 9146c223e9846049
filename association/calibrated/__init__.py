"""Association whose costs are estimated from the detections of the sequence itself."""

from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.online import OnlineLinker
from siamlink.association.calibrated.tracks import CalibratedResult, calibrated_links
from siamlink.association.calibrated.window import WindowLinker

__all__ = [
    "CalibratedResult",
    "Models",
    "OnlineLinker",
    "WindowLinker",
    "calibrated_links",
    "shipped_models",
]
