"""Track objects in a video with `track`, or frame by frame with one of the trackers."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamlink.association.solvers.constraints import cannot_link, must_link
    from siamlink.tracker.configuration import load_parameters
    from siamlink.tracker.drawing.render import render
    from siamlink.tracker.linking.trackers import OfflineTracker, OnlineTracker, WindowedTracker
    from siamlink.tracker.parameters import TrackerParameters
    from siamlink.tracker.runs.corrections import Corrections
    from siamlink.tracker.runs.result import TrackingResult
    from siamlink.tracker.runs.track import track
    from siamlink.tracker.summary.geometry import Line, Zone
    from siamlink.tracker.summary.summary import Summary, summarise
    from siamlink.tracker.tracks import Tracks

__all__ = [
    "Corrections",
    "Line",
    "OfflineTracker",
    "OnlineTracker",
    "Summary",
    "TrackerParameters",
    "TrackingResult",
    "Tracks",
    "WindowedTracker",
    "Zone",
    "__version__",
    "cannot_link",
    "load_parameters",
    "must_link",
    "render",
    "summarise",
    "track",
]

_HOMES = {
    "Corrections": "tracker.runs.corrections",
    "Line": "tracker.summary.geometry",
    "OfflineTracker": "tracker.linking.trackers",
    "OnlineTracker": "tracker.linking.trackers",
    "Summary": "tracker.summary.summary",
    "TrackerParameters": "tracker.parameters",
    "TrackingResult": "tracker.runs.result",
    "Tracks": "tracker.tracks",
    "WindowedTracker": "tracker.linking.trackers",
    "Zone": "tracker.summary.geometry",
    "cannot_link": "association.solvers.constraints",
    "load_parameters": "tracker.configuration",
    "must_link": "association.solvers.constraints",
    "render": "tracker.drawing.render",
    "summarise": "tracker.summary.summary",
    "track": "tracker.runs.track",
}


def __dir__() -> list[str]:
    """The public names alone."""
    return list(__all__)


def __getattr__(name: str) -> Any:
    """Import a name when it is first used: solvers and boosters are heavy."""
    if name == "__version__":
        return version("siamlink")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"siamlink.{_HOMES[name]}"), name)
