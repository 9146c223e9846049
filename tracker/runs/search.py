"""The search for objects that the detector missed, at the end of a run."""

from dataclasses import replace

import numpy as np

from siamlink.association.search.network import SearchNetwork
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.runs.result import ClassCount, TrackingResult
from siamlink.tracker.searching.earlier import EarlierFound
from siamlink.tracker.searching.found_boxes import Searched, find_missed
from siamlink.tracker.tracks import Tracks


def search_network(parameters: TrackerParameters, source: TrackingInput) -> SearchNetwork | None:
    """The network that searches the images of a source.

    None if the settings do not ask for a search, or if the images cannot be read again.

    Raises:
        ModelError: the network of the settings cannot search.
    """
    return SearchNetwork(parameters.siamese_file) if can_search(parameters, source.frames) else None


def can_search(parameters: TrackerParameters, frames: FrameSource | None) -> bool:
    """Whether the settings allow a search and ask for it, and the frames, if there are any, can be read again."""
    return parameters.searches and frames is not None and not frames.single_pass


def search_missed(
    tracks: Tracks, network: SearchNetwork, source: TrackingInput, setup: TrackerSetup, progress: Progress
) -> Searched:
    """The tracks of a whole source with the boxes that a search found around their detections.

    Args:
        tracks: in frames as the tracker numbers them.
        network: searches.
        source: its images.
        setup: of the tracker.
        progress: called with the frames under the stage `search`.
    """
    assert source.frames is not None
    with setup.stopwatch.stage("search"):
        frames, rate = source.frames, setup.frame_rate
        return find_missed(tracks, network, frames.from_one, rate, source.last_frame, frames.size, progress)


def with_earlier_found(result: TrackingResult, earlier: EarlierFound) -> TrackingResult:
    """A result of a run without a search, with the boxes that the search of an earlier run over the video found."""
    tracks = earlier.added_to(result.tracks)
    boxes = dict(zip(*np.unique(tracks.label, return_counts=True), strict=True))
    counts = replace(
        result.counts,
        boxes=len(tracks),
        interpolated=int(tracks.interpolated.sum()),
        found=int(tracks.found.sum()),
        classes={label: ClassCount(each.tracks, int(boxes[label])) for label, each in result.counts.classes.items()},
    )
    return replace(result, tracks=tracks, counts=counts)
