"""The public trackers: offline, windowed and online, with the same methods."""

from typing import Any, Protocol, TypeVar, cast, overload

from siamlink.association.solvers.constraints import Constraint
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConstraintError
from siamlink.detectors.base.keywords import checks_keywords
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.make_tracker import check_constraints_possible
from siamlink.tracker.linking.open_frames import FrameAndRow, OpenFrames
from siamlink.tracker.linking.protocol import Constrainable, image_and_number
from siamlink.tracker.linking.public_tracker import PublicTracker
from siamlink.tracker.tracks import Tracks


class SupervisionDetections(Protocol):
    """`supervision.Detections`, or an object with the same columns."""

    xyxy: Any
    confidence: Any
    class_id: Any


AnySupervision = TypeVar("AnySupervision", bound=SupervisionDetections)


class _DelayedTracker(PublicTracker):
    @checks_keywords
    def update(
        self,
        detections: Any,
        image: Image | None = None,
        frame_number: int | None = None,
        *,
        timestamp: float | None = None,
        frame: Any = None,
    ) -> Tracks:
        """Take in the detections of the next frame and return the tracks of the frames that are final with it.

        Args:
            detections: of a single frame: `Detections`, a `supervision.Detections`, Ultralytics `Results`, dicts of
                torchvision or Hugging Face, or an array of rows `x1 y1 x2 y2 score [label]`; see `to_detections`.
                None: the detector did not process this frame; an empty array: it found nothing.
            image: (H, W, 3) uint8 BGR, for the appearance; other arrays are converted where their meaning is plain,
                see `PictureConverter`. None: geometry alone decides about this frame.
            frame_number: must be greater than that of the previous call; None: the next frame. Skipped frames were not
                processed by the detector.
            timestamp: time of the frame in seconds, for a variable frame rate; all frames have one, or none has.
            frame: deprecated; use `image` or `frame_number`.

        Returns:
            `Tracks` of the frames that became final with this call; empty if none did.

        Raises:
            InputError: the frame number or the time stamp does not grow, the detections are of several frames or none
                of these types, or the image is of another size or none of these types.
            ConstraintError: constraints demand one track for two detections of this frame.
        """
        return self._update(detections, *image_and_number(image, frame_number, frame), timestamp)


class OfflineTracker(_DelayedTracker):
    """Links all detections of a video at once, in `finish`; no track is final before."""

    _mode = "offline"


class WindowedTracker(_DelayedTracker):
    """Links the detections of the last seconds again and again; tracks are final after `latency_seconds`.

    Until then, `must` and `cannot` say what a detection shows. It is named by its frame and its row in it, from 0.
    """

    _mode = "windowed"

    def must(self, detection: FrameAndRow, other: FrameAndRow | int) -> None:
        """Let a detection be in one track with another one, or in a track that has final boxes, by its id.

        Raises:
            ConfigError: the settings allow no constraints.
            ConstraintError: there is no such detection or track, its frame is final, or it contradicts other
                constraints; then nothing changes.
        """
        self._constrain(detection, other, together=True)

    def cannot(self, detection: FrameAndRow, other: FrameAndRow | int) -> None:
        """Keep a detection out of the track of another one, or out of a track that has final boxes, by its id.

        Raises:
            ConfigError: the settings allow no constraints.
            ConstraintError: as for `must`.
        """
        self._constrain(detection, other, together=False)

    def _constrain(self, detection: FrameAndRow, other: FrameAndRow | int, together: bool) -> None:
        check_constraints_possible(self.parameters)
        a, b = (self._open.row(each) for each in (detection, other))
        origin = f"{'must' if together else 'cannot'}({detection}, {other})"
        if a == b:
            raise ConstraintError(f"{origin}: both are the same")
        cast("Constrainable", self._tracker).constraints.constrain(Constraint(a, b, together, origin))

    def _begin(self) -> None:
        super()._begin()
        self._open = OpenFrames()

    def _update(self, detections: Any, image: Any, frame_number: int | None, timestamp: Any) -> Tracks:
        tracks = super()._update(detections, image, frame_number, timestamp)
        self._open.add(self.frame, len(self.last_ids), self.final_frame, int(tracks.track_id.max(initial=0)))
        return tracks


class OnlineTracker(PublicTracker):
    """Gives the tracks of each frame at once; they are final. A new track is reported after a few frames.

    With solver `lp`, the linear program links the detections of the last seconds anew in every frame. With solver
    `hungarian`, each track has a Kalman filter: many times faster, and less accurate.
    """

    _mode = "online"

    @overload
    def update(
        self,
        detections: Detections | None,
        image: Image | None = None,
        frame_number: int | None = None,
        *,
        timestamp: float | None = None,
        frame: Any = None,
    ) -> Tracks: ...

    @overload
    def update(
        self,
        detections: AnySupervision,
        image: Image | None = None,
        frame_number: int | None = None,
        *,
        timestamp: float | None = None,
        frame: Any = None,
    ) -> AnySupervision: ...

    @overload
    def update(
        self,
        detections: Any,
        image: Image | None = None,
        frame_number: int | None = None,
        *,
        timestamp: float | None = None,
        frame: Any = None,
    ) -> Tracks: ...

    @checks_keywords
    def update(
        self,
        detections: Any,
        image: Image | None = None,
        frame_number: int | None = None,
        *,
        timestamp: float | None = None,
        frame: Any = None,
    ) -> Any:
        """Take in the detections of the next frame and return the tracks of this frame.

        Args:
            detections: of a single frame: `Detections`, a `supervision.Detections`, Ultralytics `Results`, dicts of
                torchvision or Hugging Face, or an array of rows `x1 y1 x2 y2 score [label]`; see `to_detections`.
                None: the detector did not process this frame; an empty array: it found nothing.
            image: (H, W, 3) uint8 BGR, for the appearance; other arrays are converted where their meaning is plain,
                see `PictureConverter`. None: geometry alone decides about this frame.
            frame_number: must be greater than that of the previous call; None: the next frame. Skipped frames were not
                processed by the detector.
            timestamp: time of the frame in seconds, for a variable frame rate; all frames have one, or none has.
            frame: deprecated; use `image` or `frame_number`.

        Returns:
            `Tracks` of this frame; extrapolated boxes are marked interpolated. For a `supervision.Detections`, those of
            its rows that belong to a track, with `tracker_id`.

        Raises:
            InputError: the frame number or the time stamp does not grow, the detections are of several frames or none
                of these types, or the image is of another size or none of these types.
        """
        tracks = self._update(detections, *image_and_number(image, frame_number, frame), timestamp)
        tracks = tracks[tracks.frame == self.frame]
        if not (hasattr(detections, "xyxy") and hasattr(detections, "class_id")):
            return tracks
        if not hasattr(detections, "__getitem__"):
            return tracks[~tracks.interpolated].to_supervision()
        in_track = self.last_ids > 0
        tracked = detections[in_track]  # with masks and data
        tracked.tracker_id = self.last_ids[in_track].astype(int)
        return tracked
