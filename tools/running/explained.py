"""Why the links of results were chosen, by linking once more."""

from dataclasses import dataclass
from pathlib import Path

from siamlink.detectors.base.errors import SiamlinkError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.results.read import Results
from siamlink.tools.running.rerun import CannotRerun, opened_rerun, same_tracks
from siamlink.tracker.linking.explained import why_unexplained
from siamlink.tracker.runs.explanations import Explanations
from siamlink.tracker.tracks import Tracks


@dataclass(frozen=True)
class ExplainedTracks:
    """Tracks with the reasons for their links.

    Attributes:
        tracks: the tracks.
        explanations: why their links were chosen; None where that is not known.
        note: why it is not known; empty where it is.
    """

    tracks: Tracks
    explanations: Explanations | None
    note: str = ""


def explained_tracks(results: Results, source: Path | None, cache: Path | None, progress: Progress) -> ExplainedTracks:
    """Link once more by the record of a run, if it says all that is needed and the tracks come out the same.

    Args:
        results: the tracks with their record.
        source: the source of the run; None where it was not found.
        cache: the folder in which the run has kept detections and descriptors.
        progress: called with the steps.
    """
    try:
        with opened_rerun(results, source, cache) as rerun:
            if reason := why_unexplained(rerun.parameters):
                return _unexplained(results, reason)
            again = rerun.link(progress, explain=True)
    except (CannotRerun, SiamlinkError) as error:
        return _unexplained(results, str(error))
    if not same_tracks(results, again):
        return _unexplained(results, "linking again gave other tracks, as files, models or this program have changed")
    return ExplainedTracks(again.tracks, again.explanations)


def _unexplained(results: Results, reason: str) -> ExplainedTracks:
    return ExplainedTracks(results.tracks, None, f"the links are not explained: {reason}")
