"""Tracking without delay: the tracks of each frame as soon as it is there."""

from typing import Any

from siamlink.association.matcher import Matcher
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.sources.frame_source import Frame, Image
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.kalman_tracker import KalmanTracker
from siamlink.tracker.linking.protocol import read_frame
from siamlink.tracker.linking.windowed import WindowedTracker
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.tracks import Tracks


class OnlineTracker:
    """Says who is who in each frame at once.

    With solver `lp` it is the windowed tracker without delay: in every frame, the linear program links the detections
    of the latest seconds anew, and what was given out is held. With solver `hungarian` it is `KalmanTracker`: many
    times faster, and more often mistaken. An id is never used again.

    Args:
        frame_rate: frames a second.
        parameters: settings of the tracker.
        matcher: the models with their appearance; None: those that the parameters name.
        stopwatch: counts the stages.
        image_size: width and height in pixels, if known.
        describer: describes detections; None: one of its own, by the appearance of the matcher.

    Raises:
        ConfigError: the frame rate is not above 0.
        ModelError: no matcher is given, and the one that `parameters` name cannot be loaded.
    """

    def __init__(
        self,
        frame_rate: float,
        parameters: TrackerParameters | None = None,
        matcher: Matcher | None = None,
        stopwatch: Stopwatch | None = None,
        image_size: tuple[int, int] | None = None,
        describer: FrameDescriber | None = None,
    ) -> None:
        self.parameters = parameters or TrackerParameters(mode="online")
        self._tracker: KalmanTracker | WindowedTracker
        if self.parameters.solver == "hungarian":
            self._tracker = KalmanTracker(frame_rate, self.parameters, matcher, stopwatch, describer)
        else:
            self._tracker = WindowedTracker(frame_rate, self.parameters, matcher, stopwatch, image_size, describer)

    def update(self, detections: Any, frame: Frame | Image | int | None = None) -> Any:
        """Take in the detections of the next frame and return the tracks of this frame.

        Args:
            detections: our `Detections` of a single frame, a `supervision.Detections`, or an array of rows
                `x1 y1 x2 y2 score [label]`.
            frame: the frame as a `Frame`, or its number, above the last one's; its image alone or None means the next
                frame. The image is looked at if there is an appearance; without an image, geometry alone decides.

        Returns:
            `Tracks` of this frame, those marked interpolated that were not detected in it; or, if that is what came in,
            the `supervision.Detections` that belong to a track, with `tracker_id`.

        Raises:
            InputError: the frame number does not grow, or the detections are of several frames or none of these types.
        """
        number, new, image = read_frame(detections, frame, self.frame)
        tracks = self._tracker.update(new, number if image is None else Frame(number, 0.0, image))
        tracks = tracks[tracks.frame == number]
        if not hasattr(detections, "xyxy"):
            return tracks
        if not hasattr(detections, "__getitem__"):
            return tracks[~tracks.interpolated].to_supervision()
        ids = self._tracker.last_ids
        followed = detections[ids > 0]  # with the masks and the data that came along
        followed.tracker_id = ids[ids > 0].astype(int)
        return followed

    def finish(self) -> Tracks:
        """Nothing: the tracks of every frame have been given."""
        return Tracks.empty()

    @property
    def frame(self) -> int:
        """The number of the present frame."""
        return self._tracker.frame

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks have been given: the present one."""
        return self._tracker.frame

    @property
    def open_count(self) -> int:
        """How many pairs, or detections with two levels, were to be looked at."""
        return self._tracker.open_count

    @property
    def compared_count(self) -> int:
        """How many of these were."""
        return self._tracker.compared_count
