"""Video in, tracks out: `track` for one call, `OnlineTracker` for one frame at a time."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from siamlink.tracker.online import OnlineTracker
    from siamlink.tracker.parameters import TrackerParameters, load_parameters
    from siamlink.tracker.pipeline import TrackingResult, track
    from siamlink.tracker.tracks import Tracks

__all__ = ["OnlineTracker", "TrackerParameters", "TrackingResult", "Tracks", "load_parameters", "track"]

_HOMES = {
    "OnlineTracker": "online",
    "TrackerParameters": "parameters",
    "TrackingResult": "pipeline",
    "Tracks": "tracks",
    "load_parameters": "parameters",
    "track": "pipeline",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: solvers and boosters are heavy."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
