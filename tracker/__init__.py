"""Video in, tracks out: `track` for one call, `OnlineTracker` and `WindowedTracker` for one frame at a time."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamlink.association.solvers.constraints import cannot_link, must_link
    from siamlink.tracker.linking.online import OnlineTracker
    from siamlink.tracker.linking.windowed import WindowedTracker
    from siamlink.tracker.parameters import TrackerParameters, load_parameters
    from siamlink.tracker.runs.track import TrackingResult, track
    from siamlink.tracker.tracks import Tracks

__all__ = [
    "OnlineTracker",
    "TrackerParameters",
    "TrackingResult",
    "Tracks",
    "WindowedTracker",
    "cannot_link",
    "load_parameters",
    "must_link",
    "track",
]

_HOMES = {
    "OnlineTracker": "tracker.linking.online",
    "TrackerParameters": "tracker.parameters",
    "TrackingResult": "tracker.runs.track",
    "Tracks": "tracker.tracks",
    "WindowedTracker": "tracker.linking.windowed",
    "cannot_link": "association.solvers.constraints",
    "load_parameters": "tracker.parameters",
    "must_link": "association.solvers.constraints",
    "track": "tracker.runs.track",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: solvers and boosters are heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"siamlink.{_HOMES[name]}"), name)
