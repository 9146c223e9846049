"""The public trackers: offline, windowed and online, with the same methods."""

from typing import Any, Literal, Protocol, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from siamlink.association.matcher import Matcher
from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import ConfigError
from siamlink.detectors.base.pictures import PictureConverter
from siamlink.detectors.base.stopwatch import Stopwatch
from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.class_numbers import ClassNumbers
from siamlink.detectors.detections import Detections
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.make_tracker import described_in_passing, make_tracker
from siamlink.tracker.linking.protocol import (
    TrackerSetup,
    check_frame_number,
    image_and_number,
    read_frame,
)
from siamlink.tracker.linking.timeline import Timeline
from siamlink.tracker.parameters import TrackerParameters, given_parameters
from siamlink.tracker.tracks import Tracks

Mode = Literal["offline", "windowed", "online"]


class SupervisionDetections(Protocol):
    """`supervision.Detections`, or an object with the same columns."""

    xyxy: Any
    confidence: Any
    class_id: Any


AnySupervision = TypeVar("AnySupervision", bound=SupervisionDetections)


class _PublicTracker:
    _mode: Mode

    def __init__(
        self,
        frame_rate: float,
        parameters: TrackerParameters | None = None,
        matcher: Matcher | None = None,
        *,
        image_size: tuple[int, int] | None = None,
        constraints: Constraints = (),
        describer: FrameDescriber | None = None,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        """Make a tracker of one video.

        Args:
            frame_rate: frames per second.
            parameters: settings; a `mode` that is not set is the one of this tracker.
            matcher: the models of matching learned, with their appearance; None: those that the parameters name.
            image_size: width and height in pixels, if known.
            constraints: by `must_link` and `cannot_link`, on rows of the detections, counted from 0 over all frames.
            describer: describes detections, shared with other trackers of these frames; None: one of its own.
            stopwatch: counts the stages.

        Raises:
            ConfigError: the frame rate is not a number above 0, or the parameters are for another mode or allow no
                constraints.
            ConstraintError: constraints contradict each other.
            ModelError: no matcher is given, and the one that `parameters` name cannot be loaded.
        """
        self.parameters = _of_mode(given_parameters(parameters), self._mode, type(self).__name__)
        if matcher is not None and self.parameters.fixed_matching is None:
            self.parameters = self.parameters.learned()
        matcher = matcher or self.parameters.load_matcher()
        self._setup = TrackerSetup(frame_rate, self.parameters, matcher, image_size, stopwatch or Stopwatch())
        self._describer, self._constraints = describer, tuple(constraints)
        self._begin()

    def reset(self) -> None:
        """Forget all frames, for another video with the same settings: frames and ids count from 1 again."""
        if self._describer:
            self._describer.reset()
        self._begin()

    def _begin(self) -> None:
        appearance = described_in_passing(self._setup, self._describer)
        self._tracker = make_tracker(self._setup, appearance, self._constraints)
        self._timeline = Timeline(self._setup.frame_rate)
        self._pictures, self._classes = PictureConverter(self._setup.image_size), ClassNumbers()

    def _update(self, detections: Any, image: Any, frame_number: int | None, timestamp: Any) -> Tracks:
        """Check and convert the arguments of `update`, for all trackers here, and track."""
        check_frame_number(frame_number)
        moment = self._timeline.next(frame_number, timestamp)
        number = moment.steady if moment else frame_number
        pixels = None if image is None else self._pictures.converted(image)
        number, new, pixels = read_frame(detections, pixels, number, self._tracker.frame, self._classes)
        tracks = self._tracker.update(None if detections is None else new, pixels, number)
        self._timeline.add(moment)
        return self._timeline.given(tracks, self._tracker.final_frame)

    def finish(self) -> Tracks:
        """The tracks of the frames that are not final yet.

        Raises:
            ConstraintError: constraints name rows that never came.
        """
        return self._timeline.given(self._tracker.finish(), self._tracker.final_frame)

    @property
    def frame(self) -> int:
        """The number of the present frame; 0 before the first."""
        return self._timeline.number(self._tracker.frame)

    @property
    def final_frame(self) -> int:
        """The last frame whose tracks are final."""
        return self._timeline.number(self._tracker.final_frame)

    @property
    def last_ids(self) -> NDArray[np.int32]:
        """(N,) the track of each detection of the present frame; 0 for none, or none as yet."""
        return self._tracker.last_ids

    @property
    def class_names(self) -> ClassNames | None:
        """The names of classes by number, as far as detections have come with names; None if there are none."""
        return self._classes.names

    @property
    def open_count(self) -> int:
        """Number of candidate pairs that geometry leaves undecided; with two levels, of detections to describe."""
        return self._tracker.open_count

    @property
    def compared_count(self) -> int:
        """How many of `open_count` have been compared or described by the appearance model."""
        return self._tracker.compared_count


class _DelayedTracker(_PublicTracker):
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
    """Links the detections of the last seconds again and again; tracks are final after `latency_seconds`."""

    _mode = "windowed"


class OnlineTracker(_PublicTracker):
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


def _of_mode(parameters: TrackerParameters, mode: Mode, tracker: str) -> TrackerParameters:
    """The parameters with this mode.

    Raises:
        ConfigError: they are set to another one.
    """
    if parameters.mode == mode:
        return parameters
    if "mode" in parameters.model_fields_set:
        raise ConfigError(f"{tracker} tracks in mode {mode}, but the parameters say mode={parameters.mode}")
    return parameters.model_copy(update={"mode": mode})
