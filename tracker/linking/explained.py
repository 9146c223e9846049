"""What a tracker keeps to explain its links: the detections, their tracks, and the programs that have linked them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamlink.association.explanation.program import Program
from siamlink.detectors.base.arrays import Float32Array
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.detections import Detections
from siamlink.tracker.parameters import TrackerParameters


@dataclass(frozen=True)
class Explained:
    """What explains the links of N detections.

    Attributes:
        detections: those that were linked.
        row_in_frame: (N,) their rows among all of their frames.
        track_id: (N,) their tracks, 0 for none.
        link_probability: (N,) of the link from each to the next one of its track; NaN where it is not known.
        stride: frames from one frame that the detector processed to the next.
        programs: that have chosen the links, in order; a link is explained by the last one that has chosen it.
    """

    detections: Detections
    row_in_frame: NDArray[np.int32]
    track_id: NDArray[np.int32]
    link_probability: Float32Array
    stride: int
    programs: tuple[Program, ...]


def why_unexplained(parameters: TrackerParameters) -> str:
    """Why links cannot be explained under these settings; empty if they can."""
    if parameters.solver != "lp":
        return f"this needs solver lp, not {parameters.solver}"
    return "" if parameters.mode == "offline" else f"this needs mode offline, not {parameters.mode}"


def check_explanation_possible(parameters: TrackerParameters) -> None:
    """Check that links can be explained under these settings.

    Raises:
        ConfigError: they cannot.
    """
    if reason := why_unexplained(parameters):
        raise ConfigError(f"links cannot be explained: {reason}; leave out explain")
