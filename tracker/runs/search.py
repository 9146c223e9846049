"""The search for objects that the detector missed, at the end of a run."""

from siamlink.association.search.network import SearchNetwork
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tracker.linking.protocol import TrackerSetup
from siamlink.tracker.runs.inputs import TrackingInput
from siamlink.tracker.searching.found_boxes import find_missed
from siamlink.tracker.tracks import Tracks


def search_missed(tracks: Tracks, source: TrackingInput, setup: TrackerSetup, progress: Progress) -> Tracks:
    """The tracks of a whole source with the boxes that a search found around their detections.

    They are returned as they are if the settings do not ask for a search, or if the images cannot be read again.

    Args:
        tracks: in frames as the tracker numbers them.
        source: its images.
        setup: of the tracker.
        progress: called with the frames under the stage `search`.

    Raises:
        ModelError: the network of the settings cannot search.
    """
    parameters, frames = setup.parameters, source.frames
    if not parameters.searches or frames is None or frames.single_pass:
        return tracks
    network = SearchNetwork(parameters.siamese_file)
    with setup.stopwatch.stage("search"):
        return find_missed(tracks, network, frames.from_one, setup.frame_rate, source.last_frame, progress)
