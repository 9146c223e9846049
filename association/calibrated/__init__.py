"""Association whose costs calibrate themselves to the sequence at hand."""

from siamlink.association.calibrated.models import Models, shipped_models
from siamlink.association.calibrated.tracks import CalibratedResult, calibrated_links

__all__ = ["CalibratedResult", "Models", "calibrated_links", "shipped_models"]
