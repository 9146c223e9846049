"""The interruption of a run, with what came of it."""

from siamlink.tracker.tracks import Tracks


class Interrupted(KeyboardInterrupt):
    """Tracking was interrupted; its cause says by what.

    Attributes:
        tracks: of the frames that were final by then.
        final_frame: the last of these.
    """

    def __init__(self, tracks: Tracks, final_frame: int) -> None:
        super().__init__()
        self.tracks, self.final_frame = tracks, final_frame
